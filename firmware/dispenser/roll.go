package dispenser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"jiaohao/firmware/escpos"
)

const rollName = "roll.json"

// Limits of what is known of the roll of paper.
const (
	// rollSaveEvery is how many papers are printed between two writes to the disk: a memory card
	// wears, and a forecast that is some slips off is no harm.
	rollSaveEvery = 25
	// slipsUsual is how many papers tell their usual length and make a business day that counts.
	slipsUsual = 20
	// slipUsualMM is a slip's length before any was printed.
	slipUsualMM = 90
	// rollSureMM is how much is printed without sight of the end before a roll whose end was seen is taken for
	// changed though nobody was seen to change it: the sensor wavers at the edge.
	rollSureMM = 2000
	// daysKept is how many business days the usual number of papers a day comes from: two weeks and a weekend.
	daysKept = 12
	// rollLearnMin and rollLearnMax bound, in percent of the configured length, what a roll that was used up
	// may say of the next: outside of it somebody changed it while nobody looked.
	rollLearnMin = 40
	rollLearnMax = 250
)

// roll is what is known of the paper: how much is left, and for how long. It learns a roll's real
// length from rolls that are used up, and what is left when the sensor first sees the end.
//
// A roll belongs to one goroutine.
type roll struct {
	path   string
	usual  int  // configured length of a new roll in mm
	unkept int  // papers since the last write
	opened bool // somebody may have changed it since its end was seen
	lowMM  int  // used when its end was seen last

	RollMM  int    `json:"roll_mm,omitempty"`   // learned length, 0 before one was used up
	EndMM   int    `json:"end_mm,omitempty"`    // learned rest at the first sight of the end
	UsedMM  int    `json:"used_mm"`             // of this roll
	EndAtMM int    `json:"end_at_mm,omitempty"` // of this roll, used when its end was first seen
	Ending  bool   `json:"ending,omitempty"`    // its end was seen
	Out     bool   `json:"out,omitempty"`       // it is used up
	SlipUM  int    `json:"slip_um,omitempty"`   // mean length of a paper in thousandths of a mm
	Day     string `json:"day,omitempty"`       // business day that Today counts
	Today   int    `json:"today,omitempty"`     // papers
	Days    []int  `json:"days,omitempty"`      // papers of the days before, oldest first
}

// openRoll reads what is known of the roll. Before the first start it is taken for new, and so it is
// when the file cannot be read, which is told.
func openRoll(dir string, usualMM int) (*roll, error) {
	r := &roll{path: filepath.Join(dir, rollName), usual: usualMM, opened: true}
	raw, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, r)
	}
	if err != nil {
		return &roll{path: r.path, usual: usualMM}, fmt.Errorf("dispenser: paper roll: %w", err)
	}
	return r, nil
}

// printed counts a paper of that length, printed on that business day.
func (r *roll) printed(mm int, day string) error {
	if mm <= 0 {
		return nil
	}
	r.UsedMM += mm
	if r.SlipUM == 0 {
		r.SlipUM = mm * 1000
	}
	r.SlipUM += (mm*1000 - r.SlipUM) / slipsUsual
	if day != r.Day {
		if r.Today >= slipsUsual {
			r.Days = append(r.Days, r.Today)
			r.Days = r.Days[max(0, len(r.Days)-daysKept):]
		}
		r.Day, r.Today = day, 0
	}
	r.Today++
	if r.unkept++; r.unkept < rollSaveEvery {
		return nil
	}
	return r.keep()
}

// see takes what the printer says of its paper. An open cover says nothing: many sensors see no paper then.
func (r *roll) see(s escpos.Status) error {
	if !s.Answered || s.CoverOpen {
		r.opened = true
		return nil
	}
	was := [2]bool{r.Ending, r.Out}
	switch s.Paper {
	case escpos.PaperOK:
		if fresh := r.UsedMM - r.lowMM; r.Out || r.Ending && r.opened {
			r.change()
		} else if r.Ending && fresh >= rollSureMM {
			r.change()
			r.UsedMM = fresh
		}
	case escpos.PaperLow:
		if r.Out {
			r.change()
		}
		if !r.Ending {
			r.Ending, r.EndAtMM = true, r.UsedMM
		}
		r.lowMM, r.opened = r.UsedMM, false
	case escpos.PaperOut:
		r.Out = true
	}
	if was == [2]bool{r.Ending, r.Out} {
		return nil
	}
	return r.keep()
}

// change begins a new roll, and learns from the old one if it was used up.
func (r *roll) change() {
	if r.Out && r.UsedMM*100 >= r.usual*rollLearnMin && r.UsedMM*100 <= r.usual*rollLearnMax {
		r.RollMM = mean(r.RollMM, r.UsedMM)
		if r.EndAtMM > 0 {
			r.EndMM = mean(r.EndMM, r.UsedMM-r.EndAtMM)
		}
	}
	r.UsedMM, r.EndAtMM, r.Ending, r.Out = 0, 0, false, false
}

// mean returns the middle of what was known and what is new.
func mean(known, fresh int) int {
	if known == 0 {
		return fresh
	}
	return (known + fresh) / 2
}

// left returns how many papers and, at the usual number a day, how many days the roll is good for, rounded
// so that it changes seldom. known is false when the roll has lasted longer than any should;
// days is 0 before there was a usual day.
func (r *roll) left() (slips, days int, known bool) {
	const coarse, fine = 50, 10
	mm := r.usual
	if r.RollMM > 0 {
		mm = r.RollMM
	}
	mm -= r.UsedMM
	if r.Ending && r.EndMM > 0 {
		mm = r.EndMM - (r.UsedMM - r.EndAtMM)
	}
	if r.Out || mm <= 0 {
		return 0, 0, r.Out
	}
	slip := r.SlipUM
	if slip == 0 {
		slip = slipUsualMM * 1000
	}
	slips = int(int64(mm) * 1000 / int64(slip))
	step := coarse
	if slips < 2*coarse {
		step = fine
	}
	if day := r.usualDay(); day > 0 {
		days = max(1, (slips+day/2)/day)
	}
	return max(1, slips/step*step), days, true
}

// usualDay returns the usual number of papers of a business day, or 0.
func (r *roll) usualDay() int {
	sum := 0
	for _, n := range r.Days {
		sum += n
	}
	return sum / max(1, len(r.Days))
}

// keep writes the roll down.
func (r *roll) keep() error {
	r.unkept = 0
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("dispenser: keep paper roll: %w", err)
	}
	if err := replaceFile(r.path, raw); err != nil {
		return fmt.Errorf("dispenser: keep paper roll: %w", err)
	}
	return nil
}
