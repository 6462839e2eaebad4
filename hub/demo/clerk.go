package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

const (
	noShowShare = 0.08 // of called citizens who have left
	holdShare   = 0.06 // of citizens who must fetch a paper first
	askShare    = 0.6  // of citizens whom the clerk asks to rate, where there is an evaluator
	noticeShare = 0.2  // of citizens who get a notice of what is missing, where there is a printer

	firstPause = 35 * time.Second // the first clerk to leave the post, so that cover shows soon
	pauseEvery = 6 * time.Minute  // mean between two pauses of one clerk afterwards
	pauseFor   = 80 * time.Second // longer than a pair waits before it covers
	heldFor    = 20 * time.Second // to fetch a paper
	againAfter = 4 * time.Second  // a press that came to nothing is tried again
)

// restless is the window whose clerk is the first to pause.
const restless = 3

// clerk is the person at one window.
type clerk struct {
	device *device
	n      int // of the window, from 1
	dice   *rand.Rand

	seen string // the moment for which next was decided
	next *terminal.Press
	due  time.Time

	started time.Time // by the autopilot
	pauseAt time.Time
	gone    protocol.TicketID // the ticket whose citizen has left
	extras  protocol.TicketID // the ticket for which paper and rating were thought of
	noting  protocol.TicketID // the ticket whose notice is being ticked
	asked   protocol.TicketID // the ticket whose citizen was asked to rate
}

func newClerk(d *device, n int, dice *rand.Rand) *clerk { return &clerk{device: d, n: n, dice: dice} }

func (c *clerk) id() protocol.ClerkID { return protocol.ClerkID(fmt.Sprintf("c%02d", c.n)) }

// forget drops what was decided: a person has been at the window since.
func (c *clerk) forget() { c.seen, c.next, c.noting = "", nil, "" }

// step decides what to press when the screen shows something new, and presses it
// when it is due.
func (c *clerk) step(ctx context.Context, now time.Time, pace float64) {
	if c.started.IsZero() {
		c.started = now
		c.pauseAt = now.Add(after(c.dice, pauseEvery, pace))
		if c.n == restless {
			c.pauseAt = now.Add(time.Duration(float64(firstPause) / pace))
		}
	}
	s := c.device.terminal.Screen()
	if s.Busy != nil {
		return
	}
	if moment := c.moment(&s, now); moment != c.seen {
		c.seen = moment
		press, wait := c.decide(&s, now, pace)
		c.next, c.due = press, now.Add(time.Duration(float64(wait)/pace))
	}
	if c.next == nil || now.Before(c.due) {
		return
	}
	press := *c.next
	press.ID = link.NewRequestID()
	if s.Current != nil && press.Key == terminal.KeyRate {
		c.asked = s.Current.Ticket
	}
	// A refusal stands on the screen; the clerk tries again in a while.
	_ = c.device.terminal.Press(ctx, press)
	c.due = now.Add(againAfter)
}

// moment is what a clerk's next step depends on, and nothing else: a step that is
// decided stays so however people come and go meanwhile.
func (c *clerk) moment(s *terminal.Screen, now time.Time) string {
	what := []any{s.Stage, ticks(s.Menu)}
	switch {
	case s.Stage == terminal.StageIdle:
		what = append(what, s.Next != nil, c.wantsPause(now), c.held(s) != "", c.partnerWorks(s))
	case s.Current != nil:
		what = append(what, s.Current.Ticket, s.Current.Calls, c.asked == s.Current.Ticket, s.Paper != nil)
	}
	return fmt.Sprint(what...)
}

// ticks counts what is ticked in an open menu; -1 is none open.
func ticks(m *terminal.Menu) (n int) {
	if m == nil {
		return -1
	}
	for _, o := range m.Options {
		if o.On {
			n++
		}
	}
	return n
}

// menu ticks the first paper of the clerk's own notice and prints it. Any other menu is closed.
func (c *clerk) menu(s *terminal.Screen) *terminal.Press {
	switch own := s.Current != nil && c.noting == s.Current.Ticket && s.Menu.Multi; {
	case own && ticks(s.Menu) == 0:
		return &terminal.Press{Key: terminal.KeyPrint, Choice: "tick:1"}
	case own:
		c.noting = ""
		return &terminal.Press{Key: terminal.KeyPrint, Choice: "go"}
	}
	return &terminal.Press{Key: terminal.KeyBack}
}

func (c *clerk) wantsPause(now time.Time) bool { return now.After(c.pauseAt) }

// decide returns what to press at this moment and after how long.
func (c *clerk) decide(s *terminal.Screen, now time.Time, pace float64) (*terminal.Press, time.Duration) {
	seconds := func(low, high float64) time.Duration {
		return time.Duration((low + c.dice.Float64()*(high-low)) * float64(time.Second))
	}
	if s.Menu != nil {
		return c.menu(s), seconds(0.7, 1.5)
	}
	switch s.Stage {
	case terminal.StageSignedOff:
		return &terminal.Press{Key: terminal.KeySignOn, Clerk: c.id(), PIN: clerkPIN}, seconds(0.5, 3)
	case terminal.StageIdle:
		return c.idle(s, now, seconds)
	case terminal.StageCalled:
		return c.called(s, seconds)
	case terminal.StageServing:
		return c.serving(s, now, seconds)
	case terminal.StagePaused:
		c.pauseAt = now.Add(time.Duration(float64(pauseFor+pauseEvery) * (0.7 + c.dice.Float64()) / pace))
		return &terminal.Press{Key: terminal.KeyBig}, pauseFor
	}
	return nil, 0
}

func (c *clerk) idle(s *terminal.Screen, now time.Time, seconds func(low, high float64) time.Duration) (*terminal.Press, time.Duration) {
	switch held := c.held(s); {
	case held != "":
		return &terminal.Press{Key: terminal.KeyResume, Choice: string(held)}, seconds(1, 3)
	case c.wantsPause(now) && c.partnerWorks(s):
		return &terminal.Press{Key: terminal.KeyPause, Choice: "1"}, seconds(1, 2)
	case s.Next != nil:
		return &terminal.Press{Key: terminal.KeyBig}, seconds(1.5, 4)
	}
	return nil, 0
}

// partnerWorks reports whether the pair's other post is there: both are never away.
func (c *clerk) partnerWorks(s *terminal.Screen) bool {
	return s.Partner == nil || s.Partner.Status == protocol.Open
}

// held returns a ticket whose citizen has come back with the paper.
func (c *clerk) held(s *terminal.Screen) protocol.TicketID {
	if s.Stage != terminal.StageIdle {
		return ""
	}
	for _, h := range s.Held {
		if h.ForMS+s.AgeMS >= heldFor.Milliseconds() {
			return h.Ticket
		}
	}
	return ""
}

// called waits for the citizen to walk up; some have left.
func (c *clerk) called(s *terminal.Screen, seconds func(low, high float64) time.Duration) (*terminal.Press, time.Duration) {
	if s.Current.Calls <= 1 && c.dice.Float64() < noShowShare {
		c.gone = s.Current.Ticket
	}
	switch {
	case c.gone != s.Current.Ticket:
		return &terminal.Press{Key: terminal.KeyBig}, seconds(3, 8)
	case s.Current.Calls < s.Current.CallsMax:
		return &terminal.Press{Key: terminal.KeyRecall}, seconds(7, 10)
	}
	return &terminal.Press{Key: terminal.KeyNoShow}, seconds(7, 10)
}

// serving ends a service: for good, or until a paper is there.
func (c *clerk) serving(s *terminal.Screen, now time.Time, seconds func(low, high float64) time.Duration) (*terminal.Press, time.Duration) {
	wait := seconds(10, 20) + time.Duration(min(c.dice.ExpFloat64(), 3)*float64(14*time.Second))
	if c.wantsPause(now) {
		wait = seconds(4, 9)
	}
	if press := c.extra(s); press != nil {
		return press, seconds(6, 12)
	}
	if c.asked == s.Current.Ticket {
		wait = seconds(4, 9) // the citizen answers, and is done
	}
	roll := c.dice.Float64()
	switch {
	case roll < holdShare:
		return &terminal.Press{Key: terminal.KeyHold, Choice: "1"}, seconds(8, 15)
	case c.wantsPause(now), roll < 0.5, s.Next == nil:
		results := []protocol.Result{protocol.Done, protocol.Immediate, protocol.Immediate, protocol.Promised, protocol.Consultation, protocol.Supplement}
		return &terminal.Press{Key: terminal.KeyFinish, Choice: string(results[c.dice.IntN(len(results))])}, wait
	}
	return &terminal.Press{Key: terminal.KeyBig}, wait
}

// extra is what a clerk does for some citizens besides: a notice of what is missing, or the question how it was.
func (c *clerk) extra(s *terminal.Screen) *terminal.Press {
	can := func(id terminal.KeyID) bool {
		return slices.ContainsFunc(s.Keys, func(k terminal.Key) bool { return k.ID == id && k.Live })
	}
	if c.extras == s.Current.Ticket {
		return nil
	}
	c.extras = s.Current.Ticket
	switch roll := c.dice.Float64(); {
	case roll < noticeShare && can(terminal.KeyPrint):
		c.noting = s.Current.Ticket
		return &terminal.Press{Key: terminal.KeyPrint, Choice: "notice"}
	case roll < noticeShare+askShare && can(terminal.KeyRate):
		return &terminal.Press{Key: terminal.KeyRate}
	}
	return nil
}
