package dispenser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"jiaohao/firmware/escpos"
)

// mustRoll returns the roll of that folder, configured with 50 m.
func mustRoll(t *testing.T, dir string) *roll {
	t.Helper()
	r, err := openRoll(dir, 50_000)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// use prints papers of 100 mm on a day.
func use(t *testing.T, r *roll, papers int, day string) {
	t.Helper()
	for range papers {
		if err := r.printed(100, day); err != nil {
			t.Fatal(err)
		}
	}
}

func see(t *testing.T, r *roll, states ...escpos.Status) {
	t.Helper()
	for _, s := range states {
		if err := r.see(s); err != nil {
			t.Fatal(err)
		}
	}
}

func paper(p escpos.PaperState) escpos.Status {
	return escpos.Status{Answered: true, Online: p != escpos.PaperOut, Paper: p}
}

// forecast is what the roll says, such as "60 slips, 1 days".
func forecast(r *roll) string {
	slips, days, known := r.left()
	if !known {
		return "unknown"
	}
	return fmt.Sprintf("%d slips, %d days", slips, days)
}

func TestPaperIsForecastFromTheRollAndTheUsualDay(t *testing.T) {
	r := mustRoll(t, t.TempDir())
	if got := forecast(r); got != "550 slips, 0 days" {
		t.Errorf("a new roll of 50 m: %s", got)
	}
	use(t, r, 100, "2026-11-23")
	use(t, r, 140, "2026-11-24")
	if got := forecast(r); got != "250 slips, 3 days" {
		t.Errorf("after 240 slips of 100 mm, 100 on the one day that is over: %s", got)
	}
	use(t, r, 5, "2026-11-25")
	use(t, r, 200, "2026-11-26") // the 5 of an afternoon's test are no usual day
	if got := forecast(r); got != "50 slips, 1 days" {
		t.Errorf("after 445 slips: %s", got)
	}
	use(t, r, 80, "2026-11-26")
	if got := forecast(r); got != "unknown" {
		t.Errorf("the roll lasts longer than it can: %s", got)
	}
}

func TestRollThatIsUsedUpTeachesItsLengthAndTheSensorsPlace(t *testing.T) {
	r := mustRoll(t, t.TempDir())
	use(t, r, 350, "2026-11-23")
	see(t, r, paper(escpos.PaperLow))
	use(t, r, 50, "2026-11-23")
	see(t, r, paper(escpos.PaperOut), escpos.Status{Answered: true, CoverOpen: true, Paper: escpos.PaperOut}, paper(escpos.PaperOK))
	if got := forecast(r); got != "400 slips, 0 days" {
		t.Errorf("the next roll: %s, want what the last one gave", got)
	}
	use(t, r, 390, "2026-11-23")
	see(t, r, paper(escpos.PaperLow))
	if got := forecast(r); got != "50 slips, 0 days" {
		t.Errorf("when the sensor sees the end: %s, want the 50 that were left then", got)
	}
	use(t, r, 20, "2026-11-23")
	if got := forecast(r); got != "30 slips, 0 days" {
		t.Errorf("20 slips later: %s", got)
	}
}

func TestSensorThatWaversAtTheEndIsNoNewRoll(t *testing.T) {
	r := mustRoll(t, t.TempDir())
	use(t, r, 400, "2026-11-23")
	for range 5 {
		see(t, r, paper(escpos.PaperLow))
		use(t, r, 2, "2026-11-23")
		see(t, r, paper(escpos.PaperOK))
	}
	if r.UsedMM != 41_000 {
		t.Errorf("%d mm are used, want 41000", r.UsedMM)
	}
	see(t, r, escpos.Status{Answered: true, CoverOpen: true, Paper: escpos.PaperOut}, paper(escpos.PaperOK))
	if r.UsedMM != 0 {
		t.Errorf("%d mm are used of the roll that was put in before the end", r.UsedMM)
	}
	if r.RollMM != 0 {
		t.Errorf("a roll that was taken out early taught a length of %d mm", r.RollMM)
	}
}

func TestRollChangedWithoutAnyCoverIsNoticedByWhatIsPrinted(t *testing.T) {
	r := mustRoll(t, t.TempDir())
	use(t, r, 400, "2026-11-23")
	see(t, r, paper(escpos.PaperLow), paper(escpos.PaperOK))
	use(t, r, 25, "2026-11-23")
	see(t, r, paper(escpos.PaperOK))
	if r.UsedMM != 2500 {
		t.Errorf("%d mm are used, want the 2500 since the end was seen last", r.UsedMM)
	}
}

func TestOpenCoverIsNoRollChange(t *testing.T) {
	r := mustRoll(t, t.TempDir())
	use(t, r, 100, "2026-11-23")
	see(t, r, paper(escpos.PaperOK), escpos.Status{Answered: true, CoverOpen: true, Paper: escpos.PaperOut}, paper(escpos.PaperOK))
	if r.UsedMM != 10_000 {
		t.Errorf("%d mm are used after somebody looked inside, want 10000", r.UsedMM)
	}
}

func TestForecastLastsThroughAPowerCutAndWritesSeldom(t *testing.T) {
	dir := t.TempDir()
	r := mustRoll(t, dir)
	writes, last := 0, ""
	for range 200 {
		use(t, r, 1, "2026-11-23")
		raw, _ := os.ReadFile(filepath.Join(dir, rollName))
		if string(raw) != last {
			writes, last = writes+1, string(raw)
		}
	}
	if writes != 200/rollSaveEvery {
		t.Errorf("%d writes for 200 slips, want %d: the memory card wears", writes, 200/rollSaveEvery)
	}
	use(t, r, 10, "2026-11-23") // not on the disk yet
	again := mustRoll(t, dir)
	if again.UsedMM != 20_000 || again.Today != 200 {
		t.Errorf("after a power cut %d mm and %d slips are known, want those of the last write", again.UsedMM, again.Today)
	}
}

func TestBrokenRollFileIsANewRollAndIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, rollName), []byte("{\"used_mm\": 12"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := openRoll(dir, 50_000)
	if err == nil || r == nil || r.UsedMM != 0 {
		t.Errorf("%+v, %v; want a new roll and an error", r, err)
	}
}
