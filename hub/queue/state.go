package queue

import (
	"time"

	"jiaohao/protocol"
)

// State is a hall at one moment: the fold of its journal. Only [State.Apply]
// changes it. It is a tree of plain values, so that JSON is its snapshot.
type State struct {
	Plan  Plan      `json:"plan"`
	Seq   uint64    `json:"seq"` // of the last event applied
	At    time.Time `json:"at"`  // and its time
	Epoch uint64    `json:"epoch"`

	Day      string    `json:"day,omitempty"` // open business day, "" when none
	OpenedAt time.Time `json:"opened_at,omitzero"`

	Tickets map[protocol.TicketID]*Ticket              `json:"tickets"` // of the day
	Lines   map[protocol.ServiceID][]protocol.TicketID `json:"lines"`   // waiting, in order of place
	Posts   map[protocol.WindowID]*Post                `json:"posts"`   // one for each window of the plan
	Covers  []Cover                                    `json:"covers,omitempty"`
	Issued  map[string]int                             `json:"issued"`            // last number given, by prefix or letter
	Learned map[protocol.ServiceID]Learned             `json:"learned"`           // service times of the day
	Skills  map[protocol.ServiceID]Skill               `json:"skills,omitempty"`  // and of all days
	Figures *Figures                                   `json:"figures,omitempty"` // what the days before have taught
	Honest  Honesty                                    `json:"honest,omitzero"`   // what came of promises
	Alarms  map[protocol.ServiceID]Alarm               `json:"alarms,omitempty"`  // lines that will break their promise
	Lost    map[protocol.DeviceID]time.Time            `json:"lost,omitempty"`    // devices away, since when
	Recent  []protocol.TicketID                        `json:"recent,omitempty"`  // last called, newest first
	Answers map[string]Outcome                         `json:"answers"`           // by "device/request": the day's answers
	Left    map[string]*protocol.Refusal               `json:"left,omitempty"`    // spooled tickets that are settled and not of today, by "device/id as labelled": why they could not join
	Spooled map[string]protocol.TicketID               `json:"spooled,omitempty"` // spooled tickets that were merged, by "device/id as labelled": the id that each has for ever

	loc  *time.Location // of the plan's zone
	ways *ways          // of the plan
	pen  float64        // learned penalty of cover, from Skills; 0 before the first plan
	ord  Order          // calling order in force, of both; without a rule before the first plan

	foreseen *Foreseen // what the last forecast says; no fact
}

// Ticket is one visit, from its issue to its end.
type Ticket struct {
	ID        protocol.TicketID  `json:"id"`
	Number    string             `json:"number"`
	Service   protocol.ServiceID `json:"service"`
	Class     protocol.Class     `json:"class"`
	GrantedBy string             `json:"granted_by,omitempty"`
	Device    protocol.DeviceID  `json:"device,omitempty"` // that issued it
	Offline   bool               `json:"offline,omitempty"`

	Stage protocol.Stage `json:"stage"`
	Since time.Time      `json:"since"` // of the stage
	Last  uint64         `json:"last"`  // sequence of the last event that touched it
	Place Place          `json:"place"` // in line

	Window protocol.WindowID `json:"window,omitempty"` // called, serving, held, or last
	Clerk  protocol.ClerkID  `json:"clerk,omitempty"`
	For    protocol.WindowID `json:"for,omitempty"`    // on behalf of
	Only   protocol.WindowID `json:"only,omitempty"`   // transferred to this window: no other may call it
	Why    *Why              `json:"why,omitempty"`    // of the last call
	Call   uint64            `json:"call,omitempty"`   // sequence of the last call or recall
	Calls  int               `json:"calls,omitempty"`  // in this visit to a window
	Misses int               `json:"misses,omitempty"` // no-shows so far
	Skips  int               `json:"skips,omitempty"`  // how often one of another service, who came later, was called where this could have been

	IssuedAt   time.Time `json:"issued_at"`
	CalledAt   time.Time `json:"called_at,omitzero"`   // first call: end of the waiting time
	RecalledAt time.Time `json:"recalled_at,omitzero"` // last call or recall
	ArrivedAt  time.Time `json:"arrived_at,omitzero"`  // first arrival: end of the way time
	ServeFrom  time.Time `json:"serve_from,omitzero"`  // start of the present piece of service
	FinishedAt time.Time `json:"finished_at,omitzero"`
	Served     Duration  `json:"served,omitempty"` // service time of the pieces before holds and transfers

	Ahead   int                   `json:"ahead"` // as promised at issue
	Wait    protocol.Range        `json:"wait"`  // as promised at issue
	Promise *Promise              `json:"promise,omitempty"`
	Print   *protocol.PrintReport `json:"print,omitempty"` // last report
	Reason  string                `json:"reason,omitempty"`
	Result  protocol.Result       `json:"result,omitempty"`
	Rating  int                   `json:"rating,omitempty"`
	Unrated bool                  `json:"unrated,omitempty"` // asked at the window, and not answered
	Request protocol.RequestID    `json:"request,omitempty"` // that issued it
}

// Place orders the tickets of a line: by time, then by sequence of issue, then
// by sequence of coming back, for those that were put behind another.
type Place struct {
	At    time.Time `json:"at"`
	Seq   uint64    `json:"seq,omitempty"`
	Again uint64    `json:"again,omitempty"`
}

// Before reports whether p is nearer to the window than o.
func (p Place) Before(o Place) bool {
	if !p.At.Equal(o.At) {
		return p.At.Before(o.At)
	}
	if p.Seq != o.Seq {
		return p.Seq < o.Seq
	}
	return p.Again < o.Again
}

// Post is a window at work.
type Post struct {
	Window protocol.WindowID `json:"window"`
	Status protocol.Status   `json:"status"`
	Since  time.Time         `json:"since"`
	Clerk  protocol.ClerkID  `json:"clerk,omitempty"`
	Reason string            `json:"reason,omitempty"` // of a pause
	Ticket protocol.TicketID `json:"ticket,omitempty"` // called or serving here
	Last   protocol.TicketID `json:"last,omitempty"`   // finished here last: its evaluator may rate it
	Greens int               `json:"greens,omitempty"` // green calls in a row by call-next
	Served int               `json:"served,omitempty"` // finished here today
	Help   bool              `json:"help,omitempty"`
	Hours  []time.Time       `json:"hours,omitempty"` // of the day: when somebody came to work, left, came, …
	Undo   *UndoStep         `json:"undo,omitempty"`
}

// UndoStep is the last step at a window and what it replaced.
type UndoStep struct {
	Do     protocol.Action `json:"do"`
	At     time.Time       `json:"at"`
	Seq    uint64          `json:"seq"`    // of the event; undo is refused when the ticket has moved on
	Ticket Ticket          `json:"ticket"` // as it was before
	Post   Post            `json:"post"`   // as it was before, without its own undo

	Request protocol.RequestID `json:"request,omitempty"` // of a finish: whose it was
	Then    *UndoStep          `json:"then,omitempty"`    // the finish by the same call-next, taken back next

	Passed []protocol.TicketID `json:"passed,omitempty"` // who was passed over by a call
}

// Cover is a post covering for another.
type Cover struct {
	Window protocol.WindowID `json:"window"`
	For    protocol.WindowID `json:"for"`
	Cause  CoverCause        `json:"cause"`
	Since  time.Time         `json:"since"`
}

// Learned is what the day has taught about a service.
type Learned struct {
	N     int      `json:"n"`     // services finished
	Total Duration `json:"total"` // their service time
}

// Why are the facts of one call, from which both languages are written.
type Why struct {
	Rule     string               `json:"rule"`                // longest, green, aged, ratio, chosen, weight, budget, green_first
	WaitMS   int64                `json:"wait_ms"`             // since arrival
	CreditMS int64                `json:"credit_ms,omitempty"` // an appointment's place counts so much more than WaitMS, or less when it came early
	Among    []protocol.ServiceID `json:"among,omitempty"`     // services that had tickets to choose from
	Count    int                  `json:"count,omitempty"`     // tickets to choose from
	Green    int                  `json:"green,omitempty"`     // this is the n-th green call in a row
	GreenOf  int                  `json:"green_of,omitempty"`  // of at most so many
	For      protocol.WindowID    `json:"for,omitempty"`
	Cause    CoverCause           `json:"cause,omitempty"`
	Since    time.Time            `json:"since,omitzero"`   // of the cover
	Reason   string               `json:"reason,omitempty"` // of a chosen call
	By       protocol.ClerkID     `json:"by,omitempty"`

	Weighed *Weighed `json:"weighed,omitempty"` // of a choice by the rule apq
	Passed  *Weighed `json:"passed,omitempty"`  // who of another service came first and was not called
	Skips   int      `json:"skips,omitempty"`   // how often the called one was passed over, when that decided
	Behind  string   `json:"behind,omitempty"`  // or who was, behind the called one in its line
}

// Weighed is a ticket as the rule apq weighs it: see [Order.Value].
type Weighed struct {
	Number   string  `json:"number"`
	WaitMS   int64   `json:"wait_ms"`           // by its place
	Counted  bool    `json:"counted,omitempty"` // an appointment's: the place is not its arrival
	LimitMS  int64   `json:"limit_ms"`
	Weight   float64 `json:"weight"`              // of the service's length
	Factor   float64 `json:"factor"`              // 1, or less for a partner's ticket
	BeyondMS int64   `json:"beyond_ms,omitempty"` // of the wait: counts by itself, without weight and factor
}

// Score is the weighted wait: the larger goes first.
func (w *Weighed) Score() float64 {
	within := float64(w.WaitMS-w.BeyondMS) / float64(w.LimitMS) * w.Weight * w.Factor
	return within + float64(w.BeyondMS)/1000/apqBeyond
}
