package learn

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func plan() *queue.Plan {
	return &queue.Plan{
		Zone: "Asia/Shanghai",
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Typical: queue.Duration(6 * time.Minute)},
			{ID: "tax", Prefix: "B", Typical: queue.Duration(12 * time.Minute)},
			{ID: "permit", Prefix: "C"},
		},
		Windows: []queue.Window{{ID: "1", Primary: []protocol.ServiceID{"social", "tax", "permit"}}},
		Clerks:  []queue.Clerk{{ID: "lin"}, {ID: "wang"}, {ID: "zhou"}},
	}
}

// hall is a hall as it truly is, from which days are drawn.
type hall struct {
	mean  map[protocol.ServiceID]float64 // s
	speed map[protocol.ClerkID]float64   // times as long
	cover float64
	sd    float64
}

func trueHall() hall {
	return hall{
		mean:  map[protocol.ServiceID]float64{"social": 240, "tax": 900, "permit": 500},
		speed: map[protocol.ClerkID]float64{"lin": 0.8, "wang": 1.0, "zhou": 1.25},
		cover: 1.3, sd: 0.6,
	}
}

// day draws n tickets, of which a fifth are covered and one in ten does not come.
func (h *hall) day(r *rand.Rand, n int) []Line {
	services, clerks := []protocol.ServiceID{"social", "tax", "permit"}, []protocol.ClerkID{"lin", "wang", "zhou"}
	var lines []Line
	for range n {
		l := Line{Service: services[r.IntN(3)], Clerk: clerks[r.IntN(3)], Slot: 18 + r.IntN(8), Green: r.IntN(10) == 0, Covered: r.IntN(5) == 0}
		if r.IntN(10) == 0 {
			l.Misses, l.GaveUp = 1, 90*time.Second
			lines = append(lines, l)
			continue
		}
		l.Arrived = true
		s := h.mean[l.Service] * h.speed[l.Clerk] * math.Exp(h.sd*r.NormFloat64()-h.sd*h.sd/2)
		if l.Covered {
			s *= h.cover
		}
		l.Served = time.Duration(s * float64(time.Second))
		lines = append(lines, l)
	}
	return lines
}

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got/want-1) > share {
		t.Errorf("%s is %.3f, truth is %.3f", what, got, want)
	}
}

func TestThreeWeeksOfAHallTeachWhatIsTrueOfIt(t *testing.T) {
	h, p, r := trueHall(), plan(), rand.New(rand.NewPCG(1, 2))
	var f *queue.Figures
	for range 15 {
		next := From(h.day(r, 600), f, p, "2026-11-23")
		f = &next
	}
	b := Of(f, p)
	if b.Version() != 15 {
		t.Errorf("15 nights made version %d", b.Version())
	}
	for id, mean := range h.mean {
		near(t, string(id), b.Mean(id), mean, 0.05)
	}
	for id, speed := range h.speed {
		near(t, string(id), math.Exp(b.Clerk(id)), speed, 0.05)
	}
	near(t, "cover", math.Exp(b.Cover()), h.cover, 0.05)
	_, sd := b.Service("tax")
	near(t, "spread", sd, h.sd, 0.1)
	share, cost := b.NoShow()
	near(t, "no-shows", share, 0.1, 0.15)
	near(t, "the time of a no-show", cost, 90, 0.02)
	near(t, "green", b.Green(), 0.1, 0.15)
	perSlot, days := b.Arrivals("social")
	total := 0.0
	for _, n := range perSlot {
		total += n
	}
	near(t, "tickets a day", total, 200, 0.05)
	near(t, "days", days, (1-math.Pow(0.94, 15))/0.06, 0.05)
	if perSlot[17] != 0 || perSlot[26] != 0 || perSlot[18] < 15 {
		t.Errorf("arrivals by half hour are %v, want them from 9:00 to 13:00", perSlot)
	}
}

func TestHallThatChangesIsFollowedWithinAMonth(t *testing.T) {
	h, p, r := trueHall(), plan(), rand.New(rand.NewPCG(3, 4))
	f := From(h.day(r, 600), nil, p, "2026-11-23")
	for range 30 {
		f = From(h.day(r, 600), &f, p, "2026-11-24")
	}
	h.mean["social"] = 480
	for range 20 {
		f = From(h.day(r, 600), &f, p, "2026-12-24")
	}
	near(t, "social", Of(&f, p).Mean("social"), 480, 0.25)
}

func TestBeforeTheFirstNightEverythingIsItsPrior(t *testing.T) {
	b := Of(nil, plan())
	for _, f := range b.List() {
		if f.Count != 0 || math.Abs(f.Value-f.Prior) > 1e-9*(1+f.Prior) || f.Since != "" {
			t.Errorf("%s is %v of %v observations since %q, want its prior %v", f.Key, f.Value, f.Count, f.Since, f.Prior)
		}
	}
	if perSlot, days := b.Arrivals("social"); perSlot != nil || days != 0 {
		t.Errorf("arrivals are %v of %v days before any", perSlot, days)
	}
}

func TestForgottenKeyDoesNotMoveAService(t *testing.T) {
	h, p, r := trueHall(), plan(), rand.New(rand.NewPCG(5, 6))
	lines := h.day(r, 300)
	f := From(lines, nil, p, "2026-11-23")
	wild := slices.Clone(lines)
	wild = append(wild, Line{Service: "tax", Clerk: "lin", Arrived: true, Served: 20 * time.Hour}, Line{Service: "tax", Clerk: "lin", Arrived: true, Served: time.Second})
	g := From(wild, nil, p, "2026-11-23")
	near(t, "tax after a forgotten key", Of(&g, p).Mean("tax"), Of(&f, p).Mean("tax"), 0.05)
	if got := Of(&g, p).figures.Services["tax"].Time.N - Of(&f, p).figures.Services["tax"].Time.N; got != 1000 {
		t.Errorf("two keys counted as %d thousandths of a service, want one: a second is no service", got)
	}
}

func TestWhoIsNoMoreInThePlanIsForgotten(t *testing.T) {
	h, p, r := trueHall(), plan(), rand.New(rand.NewPCG(7, 8))
	f := From(h.day(r, 300), nil, p, "2026-11-23")
	p.Clerks, p.Services = p.Clerks[1:], p.Services[1:]
	f = From(nil, &f, p, "2026-11-24")
	if _, there := f.Clerks["lin"]; there {
		t.Error("a clerk who left is still in the figures")
	}
	if _, there := f.Services["social"]; there {
		t.Error("a service that ended is still in the figures")
	}
	for n := range 200 {
		f = From(nil, &f, p, "2027-01-01")
		if len(f.Clerks) == 0 {
			return
		}
		if n == 199 {
			t.Errorf("after 200 nights without work there are still %v", f.Clerks)
		}
	}
}

// drawLines draws a day of any kind.
func drawLines(t *rapid.T) []Line {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Line {
		return Line{
			Service: protocol.ServiceID(rapid.SampledFrom([]string{"social", "tax", "permit", "gone"}).Draw(t, "service")),
			Clerk:   protocol.ClerkID(rapid.SampledFrom([]string{"lin", "wang", "zhou", "left", ""}).Draw(t, "clerk")),
			Slot:    rapid.IntRange(-1, 60).Draw(t, "slot"), Green: rapid.Bool().Draw(t, "green"), Covered: rapid.Bool().Draw(t, "covered"),
			Served: time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "served")), Arrived: rapid.Bool().Draw(t, "arrived"),
			Misses: rapid.IntRange(0, 3).Draw(t, "misses"), GaveUp: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "gave up")),
		}
	}), 0, 40).Draw(t, "lines")
}

func TestOrderOfTheTicketsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plan()
		first := From(drawLines(t), nil, p, "2026-11-23")
		lines := drawLines(t)
		shuffled := rapid.Permutation(lines).Draw(t, "shuffled")
		a, b := From(lines, &first, p, "2026-11-24"), From(shuffled, &first, p, "2026-11-24")
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("the same tickets in another order taught\n%+v\nand\n%+v", a, b)
		}
	})
}

func TestWhateverADayBringsFiguresStayReasonable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plan()
		var f *queue.Figures
		for range rapid.IntRange(1, 4).Draw(t, "days") {
			before, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			next := From(drawLines(t), f, p, "2026-11-23")
			if after, _ := json.Marshal(f); string(before) != string(after) {
				t.Fatal("learning changed the figures of the days before")
			}
			f = &next
		}
		for _, g := range Of(f, p).List() {
			if math.IsNaN(g.Value) || g.Value < 0 || g.Unit == Share && g.Value > 1 || g.Unit == Times && (g.Value < 0.02 || g.Value > 50) || g.Count < 0 {
				t.Fatalf("%s is %v of %v observations", g.Key, g.Value, g.Count)
			}
		}
	})
}

func TestResetFigureBeginsAnewAndNothingElseDoes(t *testing.T) {
	h, p, r := trueHall(), plan(), rand.New(rand.NewPCG(9, 10))
	f := From(h.day(r, 300), nil, p, "2026-11-23")
	s := queue.New()
	s.Plan = *p
	s.Apply(queue.Record{Seq: 1, Event: &queue.NightLearned{Figures: f}})
	for _, key := range []string{"time/tax", "clerk/lin", "cover"} {
		before := Of(s.Figures, p).List()
		s.Apply(queue.Record{Seq: s.Seq + 1, Event: &queue.FigureReset{Figure: key, Reason: "x"}})
		for _, g := range before {
			i := slices.IndexFunc(Of(s.Figures, p).List(), func(n Figure) bool { return n.Key == g.Key })
			switch {
			case g.Key == key && i >= 0 && Of(s.Figures, p).List()[i].Count != 0:
				t.Errorf("%s was reset and still counts", key)
			case g.Key != key && (i < 0 || Of(s.Figures, p).List()[i].Count != g.Count):
				t.Errorf("the reset of %s touched %s", key, g.Key)
			}
		}
	}
}
