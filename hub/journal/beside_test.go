package journal

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMetaValueSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	if v, ok, err := j.Meta("epoch"); ok || err != nil {
		t.Errorf("a new journal has the epoch %q (%v), want none", v, err)
	}
	for _, epoch := range []string{"1", "2"} {
		if err := j.SetMeta("epoch", epoch); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if v, ok, err := mustOpen(t, dir).Meta("epoch"); v != "2" || !ok || err != nil {
		t.Errorf("the epoch is %q (%v, %v), want 2", v, ok, err)
	}
}

func TestMetaRefusesWhatIsOutOfRange(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	if err := j.SetMeta("", "x"); err == nil || !strings.Contains(err.Error(), "the key is empty") {
		t.Errorf("an empty key gave %v", err)
	}
	if err := j.SetMeta("k", strings.Repeat("x", MaxText+1)); err == nil || !strings.Contains(err.Error(), "4097 bytes") {
		t.Errorf("a long value gave %v", err)
	}
}

func TestPersonalDataBelongsToItsTicket(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	given := [][3]string{
		{"t1", "phone", "13800138000"}, {"t1", "name", "王小明"}, {"t1", "phone", "13900139000"}, {"t2", "name", "李雷"},
	}
	for _, p := range given {
		if err := j.PutPersonal(p[0], p[1], p[2], morning); err != nil {
			t.Fatal(err)
		}
	}
	got, err := j.Personal("t1")
	if want := map[string]string{"phone": "13900139000", "name": "王小明"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("ticket t1 has %v (%v), want %v", got, err, want)
	}
	if got, err := j.Personal("t3"); err != nil || len(got) != 0 {
		t.Errorf("ticket t3 has %v (%v), want nothing", got, err)
	}
}

func TestPersonalDataIsNeverInAnError(t *testing.T) {
	j := mustOpen(t, t.TempDir())
	err := j.PutPersonal("t1", "name", strings.Repeat("王小明", MaxText), morning)
	if err == nil || strings.Contains(err.Error(), "王") {
		t.Errorf("a long name gave %v, want an error without it", err)
	}
}

func TestErasedPersonalDataIsGoneFromTheDiskAndTheChainHolds(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir)
	mustAppend(t, j, 20)
	day := 24 * time.Hour
	for i := range 300 {
		for _, value := range []string{"1380013", "1390013"} { // the second replaces the first
			err := j.PutPersonal(fmt.Sprintf("t%d", i), "phone", fmt.Sprintf("%s%04d", value, i), morning.Add(time.Duration(i)*day))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	n, err := j.ErasePersonal(morning.Add(299 * day))
	if err != nil || n != 299 {
		t.Fatalf("%d fields were erased (%v), want 299", n, err)
	}
	if got, err := j.Personal("t299"); err != nil || got["phone"] != "13900130299" {
		t.Errorf("the youngest is %v (%v), want it kept", got, err)
	}
	if got, err := j.Personal("t298"); err != nil || len(got) != 0 {
		t.Errorf("the next is %v (%v), want it erased", got, err)
	}
	wantErased(t, dir) // while the journal is open
	mustAppend(t, j, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	wantErased(t, dir)
	if s, err := Verify(t.Context(), dir); err != nil || s.Events != 21 {
		t.Errorf("Verify says %v, %v, want 21 whole events", s, err)
	}
}

// showFiles prints the files of a journal. It is a process of its own because opening them by hand would
// drop the locks of the process that has the journal open.
func showFiles(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(content); err != nil {
			return err
		}
	}
	return nil
}

// wantErased looks for all phone numbers but the youngest in the bytes on the disk.
func wantErased(t *testing.T, dir string) {
	t.Helper()
	content, err := child(t.Context(), "show files", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1380013", "139001300", "139001301"} {
		if n := bytes.Count(content, []byte(text)); n > 0 {
			t.Errorf("%s is still %d times on the disk", text, n)
		}
	}
	if !bytes.Contains(content, []byte("13900130299")) {
		t.Error("the youngest number is not on the disk: the search finds nothing")
	}
}
