//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/protocol"
)

// begin puts a hall to work that enroll made, with the hub or without.
func begin(t *test, withHub bool) *place {
	p := &place{test: t}
	var err error
	p.printer, err = openPrinter(t)
	t.need("printer", err)
	p.button, err = findLine(0)
	t.need("button", err)
	if withHub {
		p.hubProgram = t.hub()
		t.need("hub", t.hubUp())
	}
	p.kioskProg = t.dispenser()
	if withHub {
		t.need("dispenser", t.kioskOnline())
		return p
	}
	t.need("dispenser", t.kioskAway())
	return p
}

// take presses and waits for the slip.
func (p *place) take() slip {
	p.need("press", p.press())
	s, err := p.printer.next(p.test, slipMax)
	p.need("slip", err)
	return s
}

// askCut asks the host for the power cut and waits for it.
func (p *place) askCut() {
	say("CUT")
	time.Sleep(runMax)
}

// day enrols, opens the day and issues one ticket each way.
func day(t *test) {
	t.enroll()
	p := begin(t, true)
	t.check("a day begins", func() (string, error) { return "slip " + p.take().Number, nil })
	p.need("hub ends", p.hubProgram.stop(t))
	p.need("dispenser ends", p.kioskProg.stop(t))
	syscall.Sync()
}

// cutHalf cuts the power when a slip has its number and no end.
func cutHalf(t *test) {
	p := begin(t, true)
	p.take()
	p.printer.set(func(q *printer) { q.middle = p.askCut })
	p.take()
}

// cutSlip cuts the power when a slip is out and nobody has been told.
func cutSlip(t *test) {
	p := begin(t, true)
	p.take()
	p.printer.set(func(q *printer) { q.after = p.askCut })
	p.take()
}

// cutOffline does so without the hub.
func cutOffline(t *test) {
	p := begin(t, false)
	p.take()
	p.printer.set(func(q *printer) { q.after = p.askCut })
	p.take()
}

// account issues once more and calls everybody. The host compares.
func account(t *test) {
	p := begin(t, true)
	p.take()
	p.clerk = t.signOn()
	t.check("everybody is called", func() (string, error) {
		called, err := p.callAll()
		return fmt.Sprint(called), err
	})
	p.need("hub ends", p.hubProgram.stop(t))
	t.check("journal after the power cuts", verify)
}

// clock is the boot of a machine whose clock is lost, in a hall that has worked before.
func clock(t *test) {
	t.check("clock: 1970 at boot", isOld)
	p := begin1970(t)
	t.check("clock: a press is a slip in 1970, the day open", p.issues1970)
	t.check("clock: set, the open day goes on", p.setClock)
}

// clockNew is the same with a hub that has no day yet, on a new disk.
func clockNew(t *test) {
	t.need("new journal", os.Mkdir("/data/old", 0o700))
	files, err := filepath.Glob(hubDir + "/hub.db*")
	t.need("new journal", err)
	for _, f := range files {
		t.need("new journal", os.Rename(f, "/data/old/"+filepath.Base(f)))
	}
	t.check("clock: 1970 at boot", isOld)
	p := begin1970(t)
	t.check("clock: no day opens in 1970", func() (string, error) {
		p.pause(quietTime)
		var board protocol.Board
		err := get(t.ctx, http.DefaultClient, "http://"+pagesAt+"/api/v1/board", &board)
		if err == nil && board.Open {
			err = errors.New("the hub's board says that the hall is open")
		}
		return "the board says closed", err
	})
	t.check("clock: a press is a slip while there is no day", p.issues1970)
	t.check("clock: set, the day opens", p.setClock)
}

func isOld() (string, error) {
	now := time.Now().UTC()
	if now.Year() != 1970 {
		return "", fmt.Errorf("the machine's clock shows %s", now.Format(time.DateTime))
	}
	return now.Format(time.DateTime), nil
}

// begin1970 puts everything to work and does not expect that it is well.
func begin1970(t *test) *place {
	p := &place{test: t}
	var err error
	p.printer, err = openPrinter(t)
	t.need("printer", err)
	p.button, err = findLine(0)
	t.need("button", err)
	p.hubProgram = t.hub()
	t.need("hub", t.hubUp())
	p.kioskProg = t.dispenser()
	t.need("dispenser", t.awaitKiosk(upMax, func(v dispenser.View) error {
		if !v.Ready || v.Away {
			return fmt.Errorf("the kiosk: ready %v, away %v", v.Ready, v.Away)
		}
		return nil
	}))
	return p
}

// issues1970 presses and wants paper, whoever gave the number.
func (p *place) issues1970() (string, error) {
	if err := p.press(); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err != nil {
		v, other := p.kiosk()
		return "", errors.Join(fmt.Errorf("%w; the kiosk shows %+v", err, v.Result), other)
	}
	p.papers = append(p.papers, s.Number)
	for _, text := range s.Lines {
		if strings.Contains(text, "1970") {
			return "", fmt.Errorf("slip %s says %q", s.Number, text)
		}
	}
	return fmt.Sprintf("slip %s, which does not say 1970: %q", s.Number, s.Lines), nil
}

// setClock does what network time does, and then everything must be well, and
// everybody with paper be called.
func (p *place) setClock() (string, error) {
	right := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	now := syscall.NsecToTimeval(right.UnixNano())
	if err := syscall.Settimeofday(&now); err != nil {
		return "", err
	}
	start := time.Now()
	if err := p.kioskOnline(); err != nil {
		return "", err
	}
	open := time.Since(start)
	if _, err := p.issues1970(); err != nil {
		return "", err
	}
	p.clerk = p.signOn()
	called, err := p.callAll()
	for _, n := range p.papers {
		if err == nil && !slices.Contains(called, n) {
			err = fmt.Errorf("%s was never called; called: %v", n, called)
		}
	}
	return fmt.Sprintf("open after %d s; slips %v, called %v", int(open.Seconds()), p.papers, called), err
}
