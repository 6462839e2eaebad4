package terminal

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"jiaohao/firmware/button"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/lamp"
	"jiaohao/protocol"
)

// printerEvery is how often the printer is asked how it is while nothing is printed.
const printerEvery = 30 * time.Second

// Lights are the lamp and the buzzer at a keypad; *lamp.Dev is one.
type Lights interface {
	Run(ctx context.Context) error
	Tell(s lamp.Signal) // returns at once
}

// Printer puts papers on paper; *escpos.Dev is one. Each method returns within some seconds; they are
// called one at a time.
type Printer interface {
	Print(escpos.Doc) error
	Status() (escpos.Status, error)  // now
	Confirm() (escpos.Status, error) // when all that was sent is on paper
}

// dark are lights where there are none.
type dark struct{}

func (dark) Run(context.Context) error { return nil }
func (dark) Tell(lamp.Signal)          {}

// startDevices starts what the terminal has, until ctx ends.
func (t *Terminal) startDevices(ctx context.Context) {
	t.wg.Go(func() { _ = t.opts.Lights.Run(ctx) }) // ends with ctx only
	t.wg.Go(func() { _ = t.opts.EvaluatorLights.Run(ctx) })
	if t.opts.Keypad != nil {
		t.wg.Go(func() { t.watchKeys(ctx, "keypad", t.opts.Keypad, t.pressPad) })
	}
	if t.opts.Evaluator != nil {
		t.wg.Go(func() { t.watchKeys(ctx, "evaluator", t.opts.Evaluator, t.pressEvaluator) })
	}
	if t.opts.Printer != nil {
		t.wg.Go(func() { t.watchPrinter(ctx) })
	}
	if t.opts.Hand != nil {
		t.wg.Go(func() { t.watchHand(ctx) })
	}
}

// watchKeys tells the keys of a pad, and what is wrong with it.
func (t *Terminal) watchKeys(ctx context.Context, part string, keys Keypad, press func(key string)) {
	state := func(err error) {
		if errors.Is(err, button.ErrStuck) {
			t.fault(part, "gone", nil)
			t.fault(part, "stuck", err)
			return
		}
		t.fault(part, "stuck", nil)
		t.fault(part, "gone", err)
	}
	if err := keys.Run(ctx, press, state); ctx.Err() == nil && err != nil {
		state(err)
	}
}

func (t *Terminal) pressPad(key string) {
	id := protocol.RequestID(rand.Text())
	t.opts.Lights.Tell(lamp.Click)
	t.call(func() {
		p, refusal := t.desk.keyOf(key, &t.keys, time.Now())
		p.ID = id
		switch {
		case refusal != nil:
			t.desk.tellKey(p, refusal, time.Now())
		case p.Key != "":
			refusal = t.press(p) // it is on the screen already
		}
		if refusal != nil {
			t.opts.Lights.Tell(lamp.Refused)
		}
	})
}

func (t *Terminal) pressEvaluator(key string) {
	t.call(func() {
		number := ""
		if t.desk.asking != nil {
			number = t.desk.asking.number
		}
		if req := t.desk.grade(key, time.Now()); req != nil {
			t.rate(*req, number)
		}
	})
}

// rate sends a rating beside whatever the clerk asks for. It is called by Run's goroutine.
func (t *Terminal) rate(req protocol.Request, number string) {
	req.Version, req.ID = protocol.Version, protocol.RequestID(rand.Text())
	t.wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.work, answerMax)
		defer cancel()
		reply, err := t.opts.Link.Request(ctx, req)
		refusal := reply.Refused
		if err != nil && !errors.As(err, &refusal) {
			t.log.Warn("rating has no answer", "ticket", req.Ticket, "req", req.ID, "err", err)
			refusal = protocol.Refuse(protocol.Unavailable, "主机没有应答", "the hub did not answer")
		}
		if refusal != nil && req.Rating > 0 {
			t.call(func() { t.desk.notRated(number, refusal.Text, time.Now()) })
		}
	})
}

// signal tells lamps what has changed since the last look. It is called by Run's goroutine.
func (t *Terminal) signal(s *Screen) {
	ready := lamp.Wait
	if s.Big.Live && s.Busy == nil {
		ready = lamp.Ready
	}
	if ready != t.lit {
		t.lit = ready
		t.opts.Lights.Tell(ready)
	}
	if s.Note != nil && s.Note.ID != t.blinked {
		t.blinked = s.Note.ID
		if s.Note.ID == t.sent { // the hub's no; that of the terminal itself has blinked at the press
			t.opts.Lights.Tell(lamp.Refused)
		}
	}
	ask := ""
	if s.Rate != nil {
		ask = s.Rate.Number + s.Rate.State
	}
	if ask == t.asked {
		return
	}
	t.asked = ask
	switch {
	case s.Rate == nil:
	case s.Rate.State == "asking":
		t.opts.EvaluatorLights.Tell(lamp.Ask)
	case s.Rate.State == "thanks":
		t.opts.EvaluatorLights.Tell(lamp.Thanks)
	default:
		t.opts.EvaluatorLights.Tell(lamp.Wait)
	}
}

// watchPrinter prints, and looks how the printer is.
func (t *Terminal) watchPrinter(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	t.dropPaper() // of before a power cut
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			t.lookAtPrinter()
			timer.Reset(printerEvery)
		case j := <-t.jobs:
			why := t.printJob(j)
			t.call(func() { t.desk.printed(why, time.Now()) })
			timer.Reset(printerEvery)
		}
	}
}

// lookAtPrinter tells of a problem and returns it in words; nil is well. A printer that
// cannot answer is well.
func (t *Terminal) lookAtPrinter() protocol.Text {
	if !t.opts.Profile.Answers() {
		return nil
	}
	status, err := t.opts.Printer.Status()
	return t.printerProblem(status, err)
}

func (t *Terminal) printerProblem(status escpos.Status, err error) protocol.Text {
	problem := status.Problem()
	switch {
	case err != nil && !status.Answered:
		problem = escpos.ProblemNoAnswer
	case problem == escpos.ProblemPaperLow, problem == escpos.ProblemNoAnswer && !t.opts.Profile.Answers():
		problem = escpos.ProblemNone
	}
	if problem == escpos.ProblemNone {
		t.setFault("printer", nil)
		return nil
	}
	f := protocol.NewFault("printer", string(problem), nil)
	t.setFault("printer", &f)
	return f.Text
}

// printJob prints and returns why the paper did not come out, or nil.
func (t *Terminal) printJob(j job) protocol.Text {
	if why := t.lookAtPrinter(); why != nil {
		return why
	}
	if err := t.opts.Printer.Print(j.doc); err != nil {
		t.log.Error("print", "err", err)
		t.dropPaper()
		return t.printerProblem(escpos.Status{}, err)
	}
	if !t.opts.Profile.Answers() {
		return nil
	}
	status, err := t.opts.Printer.Confirm()
	why := t.printerProblem(status, err)
	if why != nil {
		t.dropPaper()
	}
	return why
}

// dropPaper has the printer, or the queue before it, drop what it still holds, so that no
// old paper comes out after a refill.
func (t *Terminal) dropPaper() {
	if p, can := t.opts.Printer.(interface{ Discard() error }); can {
		if err := p.Discard(); err != nil {
			t.log.Debug("discard", "err", err)
		}
	}
}

// fault tells of a part that fails, or that it works again when err is nil.
func (t *Terminal) fault(part, code string, err error) {
	if err == nil {
		t.clearFault(part, code)
		return
	}
	f := protocol.NewFault(part, code, nil)
	t.log.Warn("part", "part", part, "code", code, "err", err)
	t.setFault(part, &f)
}

func (t *Terminal) clearFault(part, code string) {
	t.call(func() {
		if f, on := t.faults[part]; on && f.Code == code {
			t.changeFault(part, nil)
		}
	})
}

func (t *Terminal) setFault(part string, f *protocol.Fault) {
	t.call(func() { t.changeFault(part, f) })
}

// changeFault runs on Run's goroutine.
func (t *Terminal) changeFault(part string, f *protocol.Fault) {
	if f == nil {
		delete(t.faults, part)
		delete(t.desk.broken, part)
	} else {
		t.faults[part] = *f
		t.desk.broken[part] = f.Text
	}
	var list []protocol.Fault
	for _, f := range t.faults {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b protocol.Fault) int { return cmp.Compare(a.Part, b.Part) })
	t.opts.Link.Health(protocol.Health{Faults: list})
}
