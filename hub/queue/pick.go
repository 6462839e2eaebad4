package queue

// Head is the first waiting ticket of one line and class, as a calling order sees
// it. Times are in s on any one scale.
type Head struct {
	At     float64 // its place in line
	Weight float64 // of its service's length, times the factor of cover
	Limit  float64 // of its service
	Skips  int     // how often it was passed over
	Credit float64 // how much later than its place it came, as an appointment: no age
	Green  bool
	Backup bool // of a service that the window only covers
}

// Tier says which step of the calling order chose.
type Tier string

// The tiers.
const (
	TierWeight  Tier = "weight"  // the largest weighted wait
	TierBudget  Tier = "budget"  // passed over as often as may be
	TierGreen   Tier = "green"   // green channel
	TierRatio   Tier = "ratio"   // after so many green calls in a row
	TierLongest Tier = "longest" // the longest wait, whatever the service
)

// Pick returns which of the heads to call at now, and by which step; -1 when there
// is none. greens is how many green tickets were called in a row at the window. Of equals it takes the first, so heads are given in order
// of their places.
func (o *Order) Pick(heads []Head, now float64, greens int) (int, Tier) {
	switch o.Rule {
	case RuleLongest:
		return oldest(heads, 0, func(*Head) bool { return true }), TierLongest
	case RulePriority:
		return byClass(heads, func(*Head) bool { return true })
	case RuleFIFO:
		return o.pickFIFO(heads, now, greens)
	case RuleOwnFirst:
		if i, tier := byClass(heads, func(h *Head) bool { return !h.Backup }); i >= 0 {
			return i, tier
		}
		return byClass(heads, func(*Head) bool { return true })
	}
	return o.pick(heads, now, greens)
}

// pickFIFO is the rule "fifo-class-ratio" on heads; [State.Next] has its own, which
// tells why.
func (o *Order) pickFIFO(heads []Head, now float64, greens int) (int, Tier) {
	green := oldest(heads, 0, func(h *Head) bool { return h.Green })
	regular := oldest(heads, 0, func(h *Head) bool { return !h.Green })
	if green < 0 {
		return regular, TierLongest
	}
	if regular < 0 {
		return green, TierGreen
	}
	r, g := heads[regular].At, heads[green].At
	earlier := r < g || r == g && regular < green
	switch {
	case now-heads[regular].At-heads[regular].Credit >= o.Aging && earlier:
		return regular, TierLongest
	case greens >= o.GreenInRow:
		return regular, TierRatio
	}
	return green, TierGreen
}

func (o *Order) pick(heads []Head, now float64, greens int) (int, Tier) {
	green, normal, spent := false, false, false
	for i := range heads {
		h := &heads[i]
		green = green || h.Green
		normal = normal || !h.Green
		spent = spent || !h.Green && h.Skips >= o.Skips
	}
	capped := green && normal && greens >= o.GreenInRow
	switch {
	case spent:
		i := oldest(heads, o.Credit, func(h *Head) bool { return h.Green && !capped || !h.Green && h.Skips >= o.Skips })
		if heads[i].Green {
			return i, TierGreen
		}
		return i, TierBudget
	case capped:
		return best(heads, func(h *Head) float64 { return (now - h.At) / h.Limit }, false), TierRatio
	case green:
		return best(heads, func(h *Head) float64 { return o.Value(now-h.At, h.Limit, h.Weight) }, true), TierGreen
	}
	return best(heads, func(h *Head) float64 { return o.Value(now-h.At, h.Limit, h.Weight) }, false), TierWeight
}

// oldest returns the head that came first among those that may; a green one counts
// as having come credit earlier.
func oldest(heads []Head, credit float64, may func(*Head) bool) int {
	first, at := -1, 0.0
	for i := range heads {
		h := &heads[i]
		if !may(h) {
			continue
		}
		came := h.At
		if h.Green {
			came -= credit
		}
		if first < 0 || came < at {
			first, at = i, came
		}
	}
	return first
}

// byClass returns the oldest green head that may be called, else the oldest other.
func byClass(heads []Head, may func(*Head) bool) (int, Tier) {
	if i := oldest(heads, 0, func(h *Head) bool { return h.Green && may(h) }); i >= 0 {
		return i, TierGreen
	}
	return oldest(heads, 0, may), TierLongest
}

// best returns the head of the class with the largest value.
func best(heads []Head, value func(*Head) float64, green bool) int {
	first, most := -1, 0.0
	for i := range heads {
		if heads[i].Green != green {
			continue
		}
		if v := value(&heads[i]); first < 0 || v > most {
			first, most = i, v
		}
	}
	return first
}
