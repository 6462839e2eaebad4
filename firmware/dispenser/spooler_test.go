package dispenser_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
)

// spooler is a print queue in which an old slip waits for paper, with a server that is not there at first.
type spooler struct {
	mu    sync.Mutex
	away  int // questions that it does not answer
	waits int // slips in it
}

func (s *spooler) Write(p []byte) (int, error) { return len(p), nil }
func (s *spooler) Read([]byte) (int, error)    { return 0, os.ErrDeadlineExceeded }

func (s *spooler) Reasons() ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away--; s.away >= 0 {
		return nil, errors.New("the print server still starts")
	}
	return []string{"media-empty-error"}, nil
}

func (s *spooler) Discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away >= 0 {
		return errors.New("the print server still starts")
	}
	s.waits = 0
	return nil
}

func TestStartOfTheDispenserCancelsTheOldSlipInThePrintQueueThoughThereIsNoPaper(t *testing.T) {
	for _, away := range []int{0, 1} {
		s := &spooler{away: away, waits: 1}
		profile, err := escpos.ProfileByName("gbk-80")
		if err != nil {
			t.Fatal(err)
		}
		dev, err := escpos.New(s, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
		if err != nil {
			t.Fatal(err)
		}
		atHub(t, dev, dev.Profile())
		until(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.waits == 0 })
	}
}
