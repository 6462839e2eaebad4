package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

// desk is a window's terminal and the clerk in front of it.
type desk struct {
	s      *site
	id     string
	window protocol.WindowID
	clerk  protocol.ClerkID

	r *rand.Rand // of the clerk

	mu      sync.Mutex // guards what follows: the power may go while the clerk looks
	program *terminal.Terminal
	off     func(orderly bool)

	lunch, lunchFor time.Duration // after the opening
	lunched         bool
	gone            atomic.Bool // the day is over, whatever the screen says
}

func (t *desk) on() error {
	l, err := t.s.newLink(t.id, protocol.KindTerminal, "")
	if err != nil {
		return err
	}
	p, err := terminal.New(terminal.Options{Hall: hallID, Device: protocol.DeviceID(t.id), Link: l, Window: t.window})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	t.s.watch(l, t.id, protocol.WindowTopic(hallID, t.window), protocol.HallTopic(hallID, protocol.KindBoard))
	off := t.s.power(t.id, l, p.Run)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.program, t.off = p, off
	return nil
}

func (t *desk) powerOff(orderly bool) {
	t.mu.Lock()
	off := t.off
	t.program, t.off = nil, nil
	t.mu.Unlock()
	if off != nil {
		off(orderly)
	}
}

func (t *desk) terminal() *terminal.Terminal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.program
}

// work is a clerk's day; it ends when the hall is closing and nobody waits.
func (t *desk) work(ctx context.Context) {
	for !t.gone.Load() {
		p := t.terminal()
		wait := 3 * time.Second
		if p != nil {
			wait = t.step(ctx, p)
		}
		if wait < 0 || !pause(ctx, wait+time.Duration(t.r.IntN(400))*time.Millisecond) {
			return
		}
	}
}

// step does what the screen suggests and returns how long until the next look; less
// than zero is home time.
func (t *desk) step(ctx context.Context, p *terminal.Terminal) time.Duration {
	screen := p.Screen()
	closing := t.s.isClosing()
	if screen.Busy != nil {
		return time.Second
	}
	if t.r.Float64() < 0.004 && screen.Stage != terminal.StageConnecting {
		t.press(ctx, p, terminal.Press{Key: terminal.KeyHelp, Choice: "1"})
	}
	switch screen.Stage {
	case terminal.StageSignedOff:
		if closing && t.s.isEmpty() {
			return -1
		}
		if closing {
			return 20 * time.Second
		}
		t.press(ctx, p, terminal.Press{Key: terminal.KeySignOn, Clerk: t.clerk, PIN: pin})
	case terminal.StageIdle:
		return t.idle(ctx, p, screen, closing)
	case terminal.StageCalled:
		return t.called(ctx, p)
	case terminal.StageServing:
		return t.serving(ctx, p, screen)
	case terminal.StagePaused:
		if at := time.Since(t.s.opened); closing || at > t.lunch+t.lunchFor {
			t.press(ctx, p, terminal.Press{Key: terminal.KeyBig})
			return time.Second
		}
		return 20 * time.Second
	}
	return 2 * time.Second
}

func (t *desk) idle(ctx context.Context, p *terminal.Terminal, screen terminal.Screen, closing bool) time.Duration {
	at := time.Since(t.s.opened)
	switch {
	case !t.lunched && at > t.lunch && !closing:
		if t.press(ctx, p, terminal.Press{Key: terminal.KeyPause, Choice: "2"}) {
			t.lunched = true
		} else {
			t.press(ctx, p, terminal.Press{Key: terminal.KeyBack})
			t.lunch += 3 * time.Minute // both may not be away
		}
	case len(screen.Held) > 0 && (closing || t.r.Float64() < 0.4):
		t.press(ctx, p, terminal.Press{Key: terminal.KeyResume, Choice: string(screen.Held[0].Ticket)})
	case screen.Next != nil:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyBig})
	case screen.Undo != nil && t.r.Float64() < 0.02:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyUndo})
	case closing && t.s.isEmpty():
		t.press(ctx, p, terminal.Press{Key: terminal.KeySignOff, Choice: "yes"})
	default:
		return 4 * time.Second
	}
	return 500 * time.Millisecond
}

func (t *desk) called(ctx context.Context, p *terminal.Terminal) time.Duration {
	if !pause(ctx, 4*time.Second+time.Duration(t.r.ExpFloat64()*float64(9*time.Second))) {
		return 0
	}
	switch x := t.r.Float64(); {
	case x < 0.09:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyRecall})
	case x < 0.16:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyNoShow})
	case x < 0.18:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyTransfer, Choice: "service:tax"})
	case x < 0.20:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyUndo})
	default:
		t.press(ctx, p, terminal.Press{Key: terminal.KeyArrived})
	}
	return 500 * time.Millisecond
}

func (t *desk) serving(ctx context.Context, p *terminal.Terminal, screen terminal.Screen) time.Duration {
	if c := screen.Current; c != nil && c.ForMS < 5000 {
		mean := float64(150 * time.Second)
		if !pause(ctx, 20*time.Second+time.Duration(min(t.r.ExpFloat64(), 5)*mean)) {
			return 0
		}
	}
	press := terminal.Press{Key: terminal.KeyBig}
	switch x := t.r.Float64(); {
	case x < 0.04:
		press = terminal.Press{Key: terminal.KeyHold, Choice: "1"}
	case x < 0.06:
		press = terminal.Press{Key: terminal.KeyTransfer, Choice: "service:company"}
	case x < 0.08:
		to := fmt.Sprint(1 + t.r.IntN(windows))
		press = terminal.Press{Key: terminal.KeyTransfer, Choice: "window:" + to}
	case x < 0.40:
		results := protocol.Results()
		press = terminal.Press{Key: terminal.KeyFinish, Choice: string(results[t.r.IntN(len(results))]), Reason: "缺材料"}
	case x < 0.41:
		press = terminal.Press{Key: terminal.KeyUndo}
	}
	t.press(ctx, p, press)
	return 500 * time.Millisecond
}

// press presses a key, now and then twice, waits for the answer, and reports whether
// the hub did what it stands for.
func (t *desk) press(ctx context.Context, p *terminal.Terminal, press terminal.Press) bool {
	press.ID = link.NewRequestID()
	if err := p.Press(ctx, press); err != nil {
		return false
	}
	if t.r.Float64() < 0.1 { // the same finger, the page's repetition
		_ = p.Press(ctx, press)
		again := press
		again.ID = link.NewRequestID()
		// Refused, or taken as a press of its own: both are the terminal's to decide.
		_ = p.Press(ctx, again)
	}
	for range 800 {
		screen := p.Screen()
		if screen.Busy == nil {
			return screen.Note == nil || screen.Note.ID != press.ID
		}
		if t.terminal() != p || !pause(ctx, 200*time.Millisecond) {
			return false
		}
	}
	t.s.breaks("answer at the window", "%s waited 160 s for %s", t.id, press.Key)
	return false
}
