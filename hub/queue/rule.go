package queue

import (
	"math"
	"strings"
	"time"

	"jiaohao/protocol"
)

// The calling orders that a plan can name. The package's doc describes each.
const (
	RuleFIFO     = "fifo-class-ratio" // the rule of a plan that names none
	RuleAPQ      = "apq"
	RuleLongest  = "longest"
	RulePriority = "priority"
	RuleOwnFirst = "own_first"
)

// ruleNames lists the legal rules of a plan.
func ruleNames() []string {
	return []string{RuleFIFO, RuleAPQ, RuleLongest, RulePriority, RuleOwnFirst}
}

// Reference values of the rule "apq", found by search on simulated halls. The
// optimum is flat: 30 % more or less of any changes the waits by less than 1 %.
const (
	apqSkips   = 20               // K: how often a ticket may be passed over
	apqGreen   = 10               // a green ticket's priority grows so many times as fast
	apqPenalty = 1.15             // a service takes so much longer at a post that covers, until the hall has its own
	apqOn      = 0.8              // times penalty²: helping pays only when it saves more than it costs
	apqDisc    = 0.6              // times penalty^-3.5: what a partner's ticket counts beside one's own
	apqRefer   = 600.0            // s of service at which a service's length gives weight 1
	apqClamp   = 2.0              // the weight of a length is within 1/2 and 2
	apqLimit   = 20 * time.Minute // the limit of a service that promises none

	penaltyMin, penaltyMax = 1.0, 1.8 // beyond, a learned penalty is noise
)

// APQ are the parameters of the rule "apq". Zero values are the defaults.
type APQ struct {
	MuExponent *float64 `json:"mu_exponent,omitempty" yaml:"mu_exponent,omitempty"` // 0 to 1: from equal by promise to the shortest mean wait; not given means 1
	Strict     bool     `json:"strict,omitempty" yaml:"strict,omitempty"`           // a post helps only a partner who is away
	Skips      int      `json:"skips,omitempty" yaml:"skips,omitempty"`             // how often a ticket may be passed over; 0 means 20
	Green      float64  `json:"green,omitempty" yaml:"green,omitempty"`             // how much faster green priority grows; 0 means 10
	Credit     Duration `json:"credit,omitempty" yaml:"credit,omitempty"`           // head start of green over a ticket that was passed over too often; 0 means 30m
	On         float64  `json:"on,omitempty" yaml:"on,omitempty"`                   // pressure at which cover starts; 0 means 0.8 × penalty²
	Off        float64  `json:"off,omitempty" yaml:"off,omitempty"`                 // pressure below which it ends; 0 means half of on
	Discount   float64  `json:"discount,omitempty" yaml:"discount,omitempty"`       // what a partner's ticket counts; 0 means 0.6 × penalty^-3.5
}

// rule returns the name of the plan's calling order.
func (p *Plan) rule() string { return or(p.Rule, RuleFIFO) }

func (p *Plan) checkRule() *PlanError {
	if name := p.rule(); !contains(ruleNames(), name) {
		return mistake("rule", "%q is unknown, legal are %s", name, strings.Join(ruleNames(), ", "))
	}
	a := &p.APQ
	if m := a.MuExponent; m != nil && !(*m >= 0 && *m <= 1) {
		return mistake("apq.mu_exponent", "%v must be 0 to 1", *m)
	}
	if a.Skips < 0 || a.Skips > 1000 {
		return mistake("apq.skips", "%d must be 0 to 1000", a.Skips)
	}
	for _, f := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"apq.green", a.Green, 1, 1000}, {"apq.on", a.On, 0.01, 100}, {"apq.off", a.Off, 0.001, 100}, {"apq.discount", a.Discount, 0.01, 1},
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
	MuExponent float64
	Strict     bool
	Skips      int
	Green      float64
	GreenInRow int
	Credit     float64 // s
	Aging      float64 // s, of the rule fifo-class-ratio
	On, Off    float64 // pressure
	Discount   float64
}

// Order returns the calling order in force, with the cover penalty learned so far.
func (s *State) Order() Order { return s.Plan.order(s.penalty()) }

func (p *Plan) order(penalty float64) Order {
	a := &p.APQ
	o := Order{
		Rule: p.rule(), MuExponent: 1, Strict: a.Strict,
		Skips: or(a.Skips, apqSkips), Green: or(a.Green, apqGreen), GreenInRow: p.Classes.greenInRow(),
		Credit:   time.Duration(or(a.Credit, Duration(30*time.Minute))).Seconds(),
		Aging:    p.Classes.aging().Seconds(),
		On:       or(a.On, apqOn*penalty*penalty),
		Discount: or(a.Discount, apqDisc*math.Pow(penalty, -3.5)),
	}
	if a.MuExponent != nil {
		o.MuExponent = *a.MuExponent
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
	return math.Pow(min(max(apqRefer/mean, 1/apqClamp), apqClamp), o.MuExponent)
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
// from a partner's line that is pressed. Help goes one way at a time: two posts that
// are both late would only pay the penalty of cover to each other.
func (o *Order) Helps(pressure, own float64, on bool) bool {
	return o.Pressed(pressure, on) && pressure >= own
}

// BackupFactor returns what a ticket of a covered service counts beside the
// window's own, and false when the window must not call it. away says that nobody
// works at a window whose own the service is, ownWaits that the window has people
// of its own waiting.
func (o *Order) BackupFactor(away, pressed, ownWaits bool) (float64, bool) {
	switch {
	case o.Rule == RuleFIFO: // as far as it can be told without the pair: its thresholds are not looked at
		return 1, away || !ownWaits
	case o.Rule != RuleAPQ:
		return 1, true
	case away:
		return 1, true
	case o.Strict:
		return 0, false
	case pressed || !ownWaits:
		return o.Discount, true
	}
	return 0, false
}

func isGreen(t *Ticket) bool { return t.Class == protocol.Green }
