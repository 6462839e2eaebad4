package queue

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/protocol"
)

func anyHeads(t *rapid.T) []Head {
	heads := make([]Head, rapid.IntRange(1, 8).Draw(t, "heads"))
	at := 0.0
	for i := range heads {
		at += rapid.Float64Range(0, 900).Draw(t, "later")
		limit := rapid.SampledFrom([]float64{300, 900, 1200, 3600}).Draw(t, "limit")
		heads[i] = Head{
			At: at, Limit: limit, Weight: rapid.Float64Range(0.1, 3).Draw(t, "weight"),
			Skips: rapid.IntRange(0, 3).Draw(t, "skips"), Green: rapid.Bool().Draw(t, "green"), Backup: rapid.Bool().Draw(t, "backup"),
		}
	}
	return heads
}

// TestChosenHasTheLargestValueOfItsTier looks at every choice against all others.
func TestChosenHasTheLargestValueOfItsTier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heads, greens := anyHeads(t), rapid.IntRange(0, 3).Draw(t, "greens")
		o := Order{Rule: RuleAPQ, Skips: 3, Patience: 2, GreenInRow: 2, Credit: 1800}
		value := func(h *Head, now float64) float64 { return o.Value(now-h.At, h.Limit, h.Weight) }
		now := heads[len(heads)-1].At + rapid.Float64Range(0, 900).Draw(t, "now")
		i, tier := o.Pick(heads, now, greens)
		pick := &heads[i]
		for j := range heads {
			h := &heads[j]
			spent := !h.Green && h.Skips >= o.Skips
			switch {
			case spent && tier != TierBudget && (tier != TierGreen || pick.At-o.Credit > h.At):
				t.Fatalf("%+v was passed over to the limit and %+v is called by %s", h, pick, tier)
			case spent && tier == TierBudget && h.At < pick.At:
				t.Fatalf("%+v is older than %+v", h, pick)
			case tier == TierGreen && !pick.Green || tier != TierGreen && pick.Green:
				t.Fatalf("%s chose %+v", tier, pick)
			case h.Green && tier == TierWeight:
				t.Fatalf("%+v waits and %+v is called by its weight", h, pick)
			case h.Green == pick.Green && tier == TierWeight && value(h, now) > value(pick, now):
				t.Fatalf("%+v weighs more than %+v", h, pick)
			case !h.Green && tier == TierRatio && (now-h.At)/h.Limit > (now-pick.At)/pick.Limit:
				t.Fatalf("%+v is nearer to its limit than %+v", h, pick)
			case !h.Green && pick.Green && greens >= o.GreenInRow:
				t.Fatalf("%d green in a row, %+v waits, and %+v is called", greens, h, pick)
			}
		}
	})
}

// TestNobodyIsPassedByOneMuchYounger: of two of a window's own lines, one of age x is
// never passed by one younger than x / (9 × the limits' ratio) until both are beyond
// patience, and from then on never by one more than so many limits younger.
func TestNobodyIsPassedByOneMuchYounger(t *testing.T) {
	o := (&Plan{Rule: RuleAPQ}).order(apqPenalty)
	for _, mean := range []float64{1, 60, 300, 600, 1200, 36000} {
		if w := o.Weight(mean); w < 1/apqClamp || w > apqClamp {
			t.Errorf("a service of %v s weighs %v, legal are 1/3 to 3", mean, w)
		}
	}
	short, long := o.Weight(60), o.Weight(36000)
	if r := short / long; r > 9.001 {
		t.Errorf("the weights of two services differ %v times, at most 9", r)
	}
	for _, old := range []float64{600, 1800, 3600, 7200} {
		if o.Value(old/18.1, 900, short) > o.Value(old, 1800, long) {
			t.Errorf("a long service that waits %v s is passed by a short one that waits %v s", old, old/18.1)
		}
	}
	if o.Value(3*3600-6600, 900, short) > o.Value(3*3600, 1800, long) {
		t.Error("after three hours a long service is passed by a short one that came 110 min later")
	}
}

// TestDialLeadsFromEqualByPromiseToTheShortest: at 0 a length does not matter, and the
// further it is turned the more a short service counts.
func TestDialLeadsFromEqualByPromiseToTheShortest(t *testing.T) {
	before := 0.0
	for _, dial := range []float64{0, 0.5, 1, 1.5, DialMax} {
		o := (&Plan{Rule: RuleAPQ, APQ: APQ{Dial: &dial}}).order(apqPenalty)
		ratio := o.Weight(200) / o.Weight(1200)
		if dial == 0 && ratio != 1 || ratio <= before {
			t.Errorf("at %v a service of 200 s counts %v times as much as one of 1200 s, before %v", dial, ratio, before)
		}
		before = ratio
	}
}

// TestPeersRulesChooseAsTheirDocsSay: one table of heads, and whom each rule calls.
func TestPeersRulesChooseAsTheirDocsSay(t *testing.T) {
	heads := []Head{
		{At: 0, Backup: true, Limit: 900, Weight: 0.5},
		{At: 10, Limit: 900, Weight: 1},
		{At: 20, Backup: true, Green: true, Limit: 900, Weight: 1},
		{At: 30, Green: true, Limit: 900, Weight: 1},
	}
	for rule, want := range map[string]int{RuleLongest: 0, RulePriority: 2, RuleOwnFirst: 3, RuleAPQ: 2} {
		o := (&Plan{Rule: rule}).order(apqPenalty)
		if i, tier := o.Pick(heads, 100, 0); i != want {
			t.Errorf("%s calls head %d by %s, want %d", rule, i, tier, want)
		}
	}
	own := (&Plan{Rule: RuleOwnFirst}).order(apqPenalty)
	if i, _ := own.Pick(heads[:3], 100, 0); i != 1 {
		t.Errorf("own first calls head %d, want its own one, 1", i)
	}
}

func TestCoverStartsAndEndsWithTwoThresholds(t *testing.T) {
	o := (&Plan{Rule: RuleAPQ}).order(1.15)
	if o.On < 1.18 || o.On > 1.20 || o.Off != o.On/2 || o.Discount < 0.52 || o.Discount > 0.53 {
		t.Errorf("at a penalty of 1.15 on is %v, off %v, discount %v", o.On, o.Off, o.Discount)
	}
	for _, c := range []struct {
		pressure float64
		on, want bool
	}{{o.On, false, true}, {o.On * 0.99, false, false}, {o.On * 0.99, true, true}, {o.Off, true, true}, {o.Off * 0.99, true, false}} {
		if got := o.Pressed(c.pressure, c.on); got != c.want {
			t.Errorf("at pressure %v help that was %v is %v", c.pressure, c.on, got)
		}
	}
	o.Strict = true
	if _, may := o.BackupFactor(false, o.Pressed(100, true), false); may {
		t.Error("a strict hall helps a partner who is there")
	}
	if f, may := o.BackupFactor(true, false, true); !may || f != o.Discount {
		t.Error("a strict hall does not cover for who is away")
	}
}

// TestCoverPenaltyIsLearned: services that take 1.5 times as long at a backup teach so.
func TestCoverPenaltyIsLearned(t *testing.T) {
	s := New()
	s.Plan = readPlan(t, "hall.yaml")
	own := &Ticket{Service: "social", Served: Duration(4 * time.Minute)}
	covered := &Ticket{Service: "social", Served: Duration(6 * time.Minute), For: "1"}
	if p := s.penalty(); p < 1.149 || p > 1.151 {
		t.Errorf("a new hall expects a penalty of %v, want 1.15", p)
	}
	for range 300 {
		s.learn(own, 1)
		s.learn(covered, 1)
	}
	if p := s.penalty(); p < 1.4 || p > 1.5 {
		t.Errorf("the penalty learned is %v, want near 1.5", p)
	}
	if mean := s.Expected("social"); mean < 239 || mean > 245 {
		t.Errorf("the mean learned is %v s, want near 240", mean)
	}
	for range 300 {
		s.learn(own, -1)
		s.learn(covered, -1)
	}
	if len(s.Skills) != 0 {
		t.Errorf("taken back, there is still %+v", s.Skills)
	}
}

func TestRuleOfAPlanIsChecked(t *testing.T) {
	three := 3.0
	for _, c := range []struct {
		change func(*Plan)
		path   string
	}{
		{func(p *Plan) { p.Rule = "lottery" }, "rule"},
		{func(p *Plan) { p.APQ.Dial = &three }, "apq.dial"},
		{func(p *Plan) { p.APQ.Skips = -1 }, "apq.skips"},
		{func(p *Plan) { p.APQ.Patience = 0.1 }, "apq.patience"},
		{func(p *Plan) { p.APQ.On, p.APQ.Off = 1, 2 }, "apq.off"},
		{func(p *Plan) { p.APQ.Discount = 3 }, "apq.discount"},
	} {
		p := readPlan(t, "hall.yaml")
		c.change(&p)
		var wrong *PlanError
		if err := p.Check(); !errors.As(err, &wrong) || wrong.Path != c.path {
			t.Errorf("a wrong %s gives %v", c.path, err)
		}
	}
	p, err := ParsePlan([]byte(strings.Replace(planText(t), "classes:", "rule: apq\napq: {dial: 0, strict: true, skips: 10}\nclasses:", 1)))
	if err != nil || p.Rule != RuleAPQ || *p.APQ.Dial != 0 || !p.APQ.Strict || p.APQ.Skips != 10 {
		t.Errorf("the rule of a file is %q %+v, %v", p.Rule, p.APQ, err)
	}
}

func planText(t *testing.T) string {
	t.Helper()
	p := readPlan(t, "hall.yaml")
	b, err := FormatPlan(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var sums = regexp.MustCompile(`waited (\d+):(\d\d), limit (\d+):(\d\d), (?:short|long) service × ([\d.]+)(?:, covered × ([\d.]+))?(?:, the last (\d+):(\d\d) count \+ ([\d.]+) instead)? = ([\d.]+)`)

// TestSentenceOfAChoiceCanBeComputedAgain plays a seeded hall and does the sums of
// every sentence as a citizen would, with nothing but the sentence.
func TestSentenceOfAChoiceCanBeComputedAgain(t *testing.T) {
	var records []Record
	var plan Plan
	for seed := range uint64(3) {
		d := newSeededDayOf(t, 7+seed, "plans/weighed.yaml")
		d.run()
		records, plan = append(records, d.records...), d.s.Plan
	}
	told, passed, beyond := 0, 0, 0
	for _, r := range records {
		e, ok := r.Event.(*Called)
		if !ok || e.Why.Rule != string(TierWeight) {
			continue
		}
		text := e.Why.Text(&plan).In(protocol.English)
		if e.Why.Passed == nil { // who waited longest needs no sum
			if want := "longest wait (" + clock(e.Why.WaitMS) + ")"; e.Why.CreditMS == 0 && !strings.HasPrefix(text, want) {
				t.Errorf("%q, want %q", text, want)
			}
			continue
		}
		all := sums.FindAllStringSubmatch(text, -1)
		if len(all) == 0 {
			t.Fatalf("no sum in %q", text)
		}
		for _, m := range all {
			if wrong := recompute(m[1:]); wrong != "" {
				t.Errorf("%s: %s", text, wrong)
			}
			if m[7] != "" {
				beyond++
			}
		}
		told++
		if len(all) == 2 {
			passed++
			mine, _ := strconv.ParseFloat(all[0][10], 64)
			other, _ := strconv.ParseFloat(all[1][10], 64)
			if mine < other {
				t.Errorf("%s: the smaller is called", text)
			}
		}
	}
	if told < 50 || passed == 0 || beyond == 0 {
		t.Errorf("only %d choices were told, %d with one passed over, %d beyond patience", told, passed, beyond)
	}
}

func recompute(m []string) string {
	v := make([]float64, len(m))
	for i, s := range m {
		v[i], _ = strconv.ParseFloat(s, 64)
	}
	if m[5] == "" {
		v[5] = 1
	}
	late := v[6]*60 + v[7]
	want := (v[0]*60+v[1]-late)/(v[2]*60+v[3])*v[4]*v[5] + late/(10*60)
	if diff := v[9] - want; diff < -0.03-want/50 || diff > 0.03+want/50 {
		return fmt.Sprintf("comes to %.3f", want)
	}
	return ""
}

// TestFIFOOnHeadsIsTheEnginesOwn: the rule that forecasts use and the one that calls
// agree in any hall, but for what heads cannot tell.
func TestFIFOOnHeadsIsTheEnginesOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, steps/2).Draw(t, "steps") {
			m.act()
			if m.s.Plan.rule() != RuleFIFO || m.s.Day == "" {
				continue
			}
			o := m.s.Order()
			for i := range m.s.Plan.Windows {
				m.sameByHeads(&o, m.s.Plan.Windows[i].ID)
			}
		}
	})
}

func (m *machine) sameByHeads(o *Order, w protocol.WindowID) {
	var offers []offered
	for _, l := range m.s.callable(w, m.now) {
		offers = m.s.offers(offers, o, m.s.Lines[l.key], l)
	}
	slices.SortFunc(offers, func(a, b offered) int {
		if a.ticket.Place.Before(b.ticket.Place) {
			return -1
		}
		return 1
	})
	heads := make([]Head, len(offers))
	for i := range offers {
		heads[i] = offers[i].head
	}
	want, _, ok := m.s.Next(w, m.now)
	i, tier := o.Pick(heads, seconds(m.now, m.s.OpenedAt), m.s.Posts[w].Greens)
	if ok != (i >= 0) || ok && offers[i].ticket != want {
		m.t.Fatalf("window %s would call %v, and by its heads %d (%s)", w, want, i, tier)
	}
}
