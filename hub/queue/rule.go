package queue

import (
	"math"
	"strings"
	"time"

	"jiaohao/protocol"
)

// The calling orders that a plan can name. The package's doc describes each.
const (
	RuleFIFO     = "fifo-class-ratio"
	RuleAPQ      = "apq" // the rule of a plan that names none
	RuleLongest  = "longest"
	RulePriority = "priority"
	RuleOwnFirst = "own_first"
)

// ruleNames lists the legal rules of a plan.
func ruleNames() []string {
	return []string{RuleAPQ, RuleFIFO, RuleLongest, RulePriority, RuleOwnFirst}
}

// Reference values of the rule "apq", found by search on simulated halls and tried on
// others. The optimum is flat: 30 % more or less of any changes no ratio by more than
// 2 %.
const (
	apqSkips    = 20               // K: how often a ticket may be passed over
	apqPatience = 2.0              // limits after which every line's minutes count the same
	apqPenalty  = 1.15             // a service takes so much longer at a post that covers, until the hall has its own
	apqOn       = 0.9              // times penalty²: helping pays only when it saves more than it costs
	apqOthers   = 0.85             // a partner's ticket counts so much beside one's own where cover costs nothing
	apqDisc     = -3.5             // and so much less where it does: the penalty to this power
	apqLead     = 1.5              // a post helps a line that is so much more pressed than its own
	apqRefer    = 600.0            // s of service at which a service's length gives weight 1
	apqClamp    = 3.0              // the weight of a length is within 1/3 and 3 at a dial of 1
	apqBeyond   = 600.0            // s of wait beyond patience that count 1, in any line
	apqLimit    = 20 * time.Minute // the limit of a service that promises none

	penaltyMin, penaltyMax = 1.0, 1.8 // beyond, a learned penalty is noise
)

// DialMax is the largest [APQ].Dial: beyond, the mean wait falls no further.
const DialMax = 2.0

// APQ are the parameters of the rule "apq". Zero values are the defaults.
type APQ struct {
	Dial     *float64 `json:"dial,omitempty" yaml:"dial,omitempty"`         // 0 to 2: from equal by promise to the shortest mean wait; not given means 1
	Strict   bool     `json:"strict,omitempty" yaml:"strict,omitempty"`     // a post helps only a partner who is away
	Skips    int      `json:"skips,omitempty" yaml:"skips,omitempty"`       // how often a ticket may be passed over; 0 means 20
	Patience float64  `json:"patience,omitempty" yaml:"patience,omitempty"` // limits after which a wait counts the same in every line; 0 means 2
	Credit   Duration `json:"credit,omitempty" yaml:"credit,omitempty"`     // head start of green over a ticket that was passed over too often; 0 means 30m
	On       float64  `json:"on,omitempty" yaml:"on,omitempty"`             // pressure at which cover starts; 0 means 0.9 × penalty²
	Off      float64  `json:"off,omitempty" yaml:"off,omitempty"`           // pressure below which it ends; 0 means half of on
	Discount float64  `json:"discount,omitempty" yaml:"discount,omitempty"` // what a partner's ticket counts; 0 means 0.85 × penalty^-3.5
}

// rule returns the name of the plan's calling order.
func (p *Plan) rule() string { return or(p.Rule, RuleAPQ) }

func (p *Plan) checkRule() *PlanError {
	if name := p.rule(); !contains(ruleNames(), name) {
		return mistake("rule", "%q is unknown, legal are %s", name, strings.Join(ruleNames(), ", "))
	}
	a := &p.APQ
	if d := a.Dial; d != nil && !(*d >= 0 && *d <= DialMax) {
		return mistake("apq.dial", "%v must be 0 to %v", *d, DialMax)
	}
	if a.Skips < 0 || a.Skips > 1000 {
		return mistake("apq.skips", "%d must be 0 to 1000", a.Skips)
	}
	for _, f := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"apq.patience", a.Patience, 0.5, 1000}, {"apq.on", a.On, 0.01, 100}, {"apq.off", a.Off, 0.001, 100}, {"apq.discount", a.Discount, 0.01, 1},
	} {
		if f.value != 0 && !(f.value >= f.low && f.value <= f.high) {
			return mistake(f.name, "%v must be %v to %v, or 0 for the default", f.value, f.low, f.high)
		}
	}
	if a.On != 0 && a.Off > a.On {
		return mistake("apq.off", "%v is above on %v", a.Off, a.On)
	}
	return nil
}

func contains(all []string, name string) bool {
	for _, s := range all {
		if s == name {
			return true
		}
	}
	return false
}

// Order is a calling order with its parameters resolved for one moment. The
// engine and the forecast choose with the same one.
type Order struct {
	Rule       string
	Dial       float64
	Strict     bool
	Skips      int
	Patience   float64 // limits
	GreenInRow int
	Credit     float64 // s
	Aging      float64 // s, of the rule fifo-class-ratio
	On, Off    float64 // pressure
	Discount   float64
}

// Order returns the calling order in force, with the cover penalty learned so far.
func (s *State) Order() Order {
	if s.ord.Rule == "" {
		return s.Plan.order(s.penalty())
	}
	return s.ord
}

func (p *Plan) order(penalty float64) Order {
	a := &p.APQ
	o := Order{
		Rule: p.rule(), Dial: 1, Strict: a.Strict,
		Skips: or(a.Skips, apqSkips), Patience: or(a.Patience, apqPatience), GreenInRow: p.Classes.greenInRow(),
		Credit:   time.Duration(or(a.Credit, Duration(30*time.Minute))).Seconds(),
		Aging:    p.Classes.aging().Seconds(),
		On:       or(a.On, apqOn*penalty*penalty),
		Discount: or(a.Discount, apqOthers*math.Pow(penalty, apqDisc)),
	}
	if a.Dial != nil {
		o.Dial = *a.Dial
	}
	o.Off = min(or(a.Off, o.On/2), o.On)
	return o
}

// Weight returns how much faster than by its limit alone the priority of a service
// grows whose mean is so many seconds: short services count more, within bounds.
func (o *Order) Weight(mean float64) float64 {
	if !(mean > 0) {
		return 1
	}
	weight := min(max(apqRefer/mean, 1/apqClamp), apqClamp)
	if o.Dial == 1 { // nearly always, and a power is dear
		return weight
	}
	return math.Pow(weight, o.Dial)
}

// Limit returns the longest wait in s that the hall promises for the service, or
// 20 minutes when it promises none.
func (s *Service) Limit() float64 {
	return time.Duration(or(s.Promise, Duration(apqLimit))).Seconds()
}

// Pressure returns how near a line is to breaking its promise: 1 is at the limit.
// It is the larger of the first one's wait and the time that the windows at work
// (share, in windows) need for all who wait, over the limit. Times are in s.
func Pressure(wait float64, waiting int, mean, share, limit float64) float64 {
	p := wait / limit
	if share > 0 {
		p = max(p, float64(waiting)*mean/share/limit)
	}
	return p
}

// Pressed reports whether a line of that pressure is to be helped, given whether it
// was until now: on at On, off below Off, so that cover does not flutter.
func (o *Order) Pressed(pressure float64, on bool) bool {
	if o.Strict {
		return false
	}
	if on {
		return pressure >= o.Off
	}
	return pressure >= o.On
}

// Helps reports whether a window whose most pressed own line has pressure own may call
// from a partner's line that is pressed. Help goes one way at a time, and to one who is
// clearly worse off: two posts that are both late would only pay the penalty of cover
// to each other.
func (o *Order) Helps(pressure, own float64, on bool) bool {
	return o.Pressed(pressure, on) && pressure >= apqLead*own
}

// Value returns how urgent a wait of so many s is under the rule "apq". The weight is
// that of the service's length times the factor of cover. What goes beyond Patience
// limits counts without a weight, so that no line is left behind for being long.
func (o *Order) Value(wait, limit, weight float64) float64 {
	patience := o.Patience * limit
	return min(wait, patience)/limit*weight + max(0, wait-patience)/apqBeyond
}

// BackupFactor returns what a ticket of a covered service counts beside the
// window's own, and false when the window must not call it. away says that nobody
// works at a window whose own it is, pressed that its line is to be helped, ownWaits that
// the window has people of its own waiting, or helps nobody when it has not.
func (o *Order) BackupFactor(away, pressed, ownWaits bool) (float64, bool) {
	switch {
	case o.Rule == RuleFIFO:
		return 1, away || pressed || !ownWaits
	case o.Rule != RuleAPQ:
		return 1, true
	case away || !o.Strict && (pressed || !ownWaits):
		return o.Discount, true
	}
	return 0, false
}

func isGreen(t *Ticket) bool { return t.Class == protocol.Green }
