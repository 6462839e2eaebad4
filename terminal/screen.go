package terminal

import (
	"strings"
	"time"

	"jiaohao/firmware/pad"
	"jiaohao/protocol"
)

// Stage is what a clerk is at.
type Stage string

// The stages.
const (
	StageConnecting Stage = "connecting" // the hub has not said anything yet
	StageUnassigned Stage = "unassigned" // the hall's plan gives this terminal no window
	StageSignedOff  Stage = "signed_off"
	StageIdle       Stage = "idle"    // open, no ticket at the window
	StageCalled     Stage = "called"  // a number was called, nobody has come yet
	StageServing    Stage = "serving" // somebody is at the window
	StagePaused     Stage = "paused"
)

// Screen is all that a clerk sees at one moment, as JSON. Its durations are those
// of the moment at which it was made, AgeMS ago; faces let them run on.
type Screen struct {
	madeAt time.Time
	hand   pad.View // the same for the small display

	AgeMS   int64         `json:"age_ms"`
	Stage   Stage         `json:"stage"`
	Hall    protocol.Text `json:"hall,omitempty"`
	Device  string        `json:"device"`
	Label   string        `json:"label"` // of the window
	Window  protocol.Text `json:"window,omitempty"`
	Clerk   protocol.Text `json:"clerk,omitempty"`
	Served  int           `json:"served"`   // finished here today
	ClockMS int64         `json:"clock_ms"` // the hub's time of day, ms from midnight; -1 when unknown
	Banners []Banner      `json:"banners"`

	Big     Key             `json:"big"`
	Keys    []Key           `json:"keys"`
	Current *CurrentView    `json:"current,omitempty"`
	Next    *NextView       `json:"next,omitempty"`
	Pause   *PauseView      `json:"pause,omitempty"`
	Queues  []QueueView     `json:"queues"`
	Waiting int             `json:"waiting"`
	Held    []HeldView      `json:"held"`
	Partner *PartnerView    `json:"partner,omitempty"`
	Undo    *UndoView       `json:"undo,omitempty"`
	SignOn  *SignOnView     `json:"sign_on,omitempty"`
	Menu    *Menu           `json:"menu,omitempty"`
	Busy    *BusyView       `json:"busy,omitempty"`
	Note    *Note           `json:"note,omitempty"`
	Chord   string          `json:"chord,omitempty"` // the first of two keys on the keypad
	Taps    int             `json:"taps"`            // keys of the keypad so far
	Rate    *RateView       `json:"rate,omitempty"`
	Paper   *PaperView      `json:"paper,omitempty"`
	Done    string          `json:"done,omitempty"` // request id of the last answered press
	Langs   []protocol.Lang `json:"langs"`
}

// Banner is a line across the top.
type Banner struct {
	Kind string        `json:"kind"` // away, waiting, lost, taken, help, keypad, evaluator, printer, pad
	Bad  bool          `json:"bad"`  // something does not work; else good to know
	Text protocol.Text `json:"text"`
}

// CurrentView is the ticket at the window.
type CurrentView struct {
	Number   string            `json:"number"`
	Service  protocol.Text     `json:"service"`
	Class    protocol.Text     `json:"class,omitempty"` // empty for a regular ticket
	Ticket   protocol.TicketID `json:"ticket"`
	Calls    int               `json:"calls"`
	CallsMax int               `json:"calls_max"`
	ForMS    int64             `json:"for_ms"`  // since the call or, serving, the service time so far
	WaitMS   int64             `json:"wait_ms"` // from issue to first call
	Why      protocol.Text     `json:"why,omitempty"`
	For      string            `json:"for,omitempty"` // label of the window for which this one stands in
}

// NextView is who would be called now.
type NextView struct {
	Number  string        `json:"number"`
	Service protocol.Text `json:"service"`
	Class   protocol.Text `json:"class,omitempty"`
	WaitMS  int64         `json:"wait_ms"`
	Why     protocol.Text `json:"why,omitempty"`
}

// PauseView is a pause.
type PauseView struct {
	Reason string `json:"reason"`
	ForMS  int64  `json:"for_ms"`
}

// QueueView is one line of people.
type QueueView struct {
	Name    protocol.Text `json:"name"`
	Waiting int           `json:"waiting"`
	Cover   bool          `json:"cover"` // the partner's service, covered now
}

// HeldView is a ticket that is held here.
type HeldView struct {
	Ticket protocol.TicketID `json:"ticket"`
	Number string            `json:"number"`
	Reason string            `json:"reason,omitempty"`
	ForMS  int64             `json:"for_ms"`
}

// PartnerView is the other post of the A/B pair.
type PartnerView struct {
	Name    protocol.Text   `json:"name"`
	Status  protocol.Status `json:"status"`
	Word    protocol.Text   `json:"word"` // the status in words
	Number  string          `json:"number,omitempty"`
	Waiting int             `json:"waiting"`
	Cover   protocol.Text   `json:"cover,omitempty"` // who covers whom now
}

// UndoView is the step that can be taken back.
type UndoView struct {
	What   protocol.Text `json:"what"`
	LeftMS int64         `json:"left_ms"`
}

// SignOnView is the way in.
type SignOnView struct {
	Clerks []ClerkView   `json:"clerks"`          // empty: the clerk's id is typed
	Typed  string        `json:"typed,omitempty"` // on the keypad, of the clerk's number
	Clerk  protocol.Text `json:"clerk,omitempty"` // chosen on the keypad
	Stars  int           `json:"stars,omitempty"` // digits of the PIN typed on the keypad
}

// ClerkView is a clerk who may sign on.
type ClerkView struct {
	Clerk protocol.ClerkID `json:"clerk"`
	No    string           `json:"no"` // to be typed on the keypad
	Name  protocol.Text    `json:"name"`
}

// BusyView is a request that waits for its answer.
type BusyView struct {
	ID   protocol.RequestID `json:"id"`
	Key  KeyID              `json:"key"`
	What protocol.Text      `json:"what"`
	Long bool               `json:"long"` // longer than usual
}

// Note is why the last press came to nothing. It stands beside its key.
type Note struct {
	ID   protocol.RequestID `json:"id"`
	Key  KeyID              `json:"key"`
	What protocol.Text      `json:"what"`
	Code protocol.Code      `json:"code"`
	Text protocol.Text      `json:"text"`
}

// RateView is the question to the citizen, or how it ended.
type RateView struct {
	Number string        `json:"number"`
	State  string        `json:"state"`   // asking, thanks, none, failed
	LeftMS int64         `json:"left_ms"` // while asking
	Text   protocol.Text `json:"text"`
}

// PaperView is a paper that is printed, or was.
type PaperView struct {
	State string        `json:"state"` // coming, printed, failed
	Text  protocol.Text `json:"text"`
}

// screen folds all that the desk knows at now.
func (d *desk) screen(now time.Time) Screen {
	s := Screen{
		Stage: d.stage(), Device: string(d.device), ClockMS: -1, Banners: d.banners(now),
		Queues: []QueueView{}, Held: []HeldView{}, Done: string(d.done),
		Langs: []protocol.Lang{protocol.Chinese, protocol.English},
		Big:   d.bigKey(), Keys: d.keys(now), Menu: d.menuView(), Note: d.noteAt(now),
		Chord: d.chord.key, Taps: d.taps, Rate: d.rateView(now), Paper: d.paperView(),
	}
	if d.busy != nil {
		s.Busy = &BusyView{ID: d.busy.id, Key: d.busy.key, What: actionName(d.busy.do), Long: now.Sub(d.busy.since) >= waitingAfter}
	}
	s.Hall = d.plan().HallName
	if !d.clock.base.IsZero() {
		at := d.local(now)
		s.ClockMS = int64(at.Hour()*3600+at.Minute()*60+at.Second()) * 1000
	}
	if s.Stage == StageSignedOff {
		s.SignOn = d.signOnView()
	}
	if d.window != nil {
		d.showWindow(&s, now)
	}
	s.hand = d.handView(&s)
	return s
}

func (d *desk) showWindow(s *Screen, now time.Time) {
	w := d.window
	s.Label, s.Window, s.Clerk, s.Served, s.Waiting = w.Label, w.Name, w.ClerkName, w.Served, w.Waiting
	if w.Clerk != "" && len(s.Clerk) == 0 {
		s.Clerk = protocol.Say(string(w.Clerk), string(w.Clerk))
	}
	for _, q := range w.Queues {
		s.Queues = append(s.Queues, QueueView{Name: q.Name, Waiting: q.Waiting, Cover: q.Cover})
	}
	for _, h := range w.HeldHere {
		s.Held = append(s.Held, HeldView{Ticket: h.Ticket, Number: h.Number, Reason: h.Reason, ForMS: d.since(h.Since, now)})
	}
	s.Partner = partnerView(w)
	if n := w.Next; n != nil {
		s.Next = &NextView{Number: n.Number, Service: n.ServiceName, Class: classText(n.Class), WaitMS: d.since(n.IssuedAt, now), Why: untimed(n.Why)}
	}
	if c := w.Current; c != nil {
		s.Current = d.currentView(c, now)
	}
	if s.Stage == StagePaused {
		s.Pause = &PauseView{Reason: w.Reason, ForMS: d.since(w.Since, now)}
	}
	if u := w.Undo; u != nil && d.clock.now(now).Before(u.Until) {
		what := actionName(u.Do)
		s.Undo = &UndoView{
			What:   protocol.Say(what.In(protocol.Chinese)+" "+u.Number, what.In(protocol.English)+" "+u.Number),
			LeftMS: u.Until.Sub(d.clock.now(now)).Milliseconds(),
		}
	}
}

func (d *desk) currentView(c *protocol.Current, now time.Time) *CurrentView {
	v := &CurrentView{
		Number: c.Number, Service: c.ServiceName, Class: classText(c.Class), Ticket: c.Ticket,
		Calls: c.Calls, CallsMax: c.CallsMax, WaitMS: c.WaitMS, Why: c.Why, ForMS: d.since(c.Since, now),
	}
	if c.Stage == protocol.Serving {
		v.ForMS += c.ServedMS
	}
	if c.For != "" {
		v.For = d.labelOf(c.For)
	}
	return v
}

// labelOf is the short name of a window, as far as it is known here.
func (d *desk) labelOf(id protocol.WindowID) string {
	if p := d.window.Partner; p != nil && p.Window == id {
		return p.Label
	}
	if d.board != nil {
		for _, w := range d.board.Windows {
			if w.Window == id {
				return w.Label
			}
		}
	}
	return string(id)
}

func partnerView(w *protocol.WindowState) *PartnerView {
	p := w.Partner
	if p == nil {
		return nil
	}
	v := &PartnerView{Name: p.Name, Status: p.Status, Word: statusText(p.Status), Number: p.Number, Waiting: p.Waiting}
	switch {
	case p.Covered:
		v.Cover = protocol.Say("本窗口正在为"+p.Label+"号窗口顶岗", "This window covers for window "+p.Label)
	case p.Covers:
		v.Cover = protocol.Say(p.Label+"号窗口正在为本窗口顶岗", "Window "+p.Label+" covers for this window")
	}
	return v
}

// waitSoFar is how the hub's reasons tell the wait of the ticket that they choose: what stands
// before and behind minutes and seconds.
func waitSoFar() [][2]string {
	return [][2]string{{" (", ")"}, {"（", "）"}, {", waited ", ""}, {"，已等候 ", ""}}
}

// without is s without its first time, such as 70:30, between the two texts.
func without(s string, around [2]string) string {
	begin := 0
	for {
		i := strings.Index(s[begin:], around[0])
		if i < 0 {
			return s
		}
		i += begin
		begin = i + len(around[0])
		rest := strings.TrimLeft(s[begin:], "0123456789")
		if rest == s[begin:] || len(rest) < 3 || rest[0] != ':' || strings.Trim(rest[1:3], "0123456789") != "" {
			continue
		}
		if tail, ok := strings.CutPrefix(rest[3:], around[1]); ok {
			return s[:i] + tail
		}
	}
}

// untimed is a reason without the wait, which was true when the hub wrote it. The
// wait of who is next runs on beside it.
func untimed(why protocol.Text) protocol.Text {
	if len(why) == 0 {
		return why
	}
	t := protocol.Text{}
	for lang, s := range why {
		for _, around := range waitSoFar() {
			s = without(s, around)
		}
		t[lang] = s
	}
	return t
}

func statusText(s protocol.Status) protocol.Text {
	switch s {
	case protocol.Open:
		return protocol.Say("在岗", "Open")
	case protocol.Paused:
		return protocol.Say("暂停", "Paused")
	case protocol.Away:
		return protocol.Say("终端离线", "Terminal lost")
	}
	return protocol.Say("未签到", "Closed")
}

func classText(c protocol.Class) protocol.Text {
	switch c {
	case protocol.Green:
		return protocol.Say("绿色通道", "Green channel")
	case protocol.Appointment:
		return protocol.Say("预约号", "Appointment")
	}
	return nil
}

// since is how long ago a moment of the hub's clock was, in ms, never negative.
func (d *desk) since(at, now time.Time) int64 {
	return max(0, d.clock.now(now).Sub(at).Milliseconds())
}
