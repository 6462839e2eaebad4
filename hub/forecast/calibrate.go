package forecast

// Steps of the calibration.
const (
	learnRate = 0.01 // γ: a level moves by a hundredth of what was missed
	levelMin  = -0.6 // below 0 the end is beyond all futures
	levelMax  = 0.6
	nominal   = 0.09 // share that may fall beyond an end: 82 % within, as outcomes are learned late
	begin     = 0.07 // before anything came of a promise: the model is surer than it should be
)

// Calibration keeps the ends of an interval honest by what came of it: adaptive
// conformal inference, for each end by itself. Its zero value begins a little wider
// than is asked for.
type Calibration struct{ low, high float64 } // how far the levels are from the first

// Levels returns the shares below and above which the ends are to be taken.
func (c *Calibration) Levels() (low, high float64) {
	return min(max(begin+c.low, levelMin), levelMax), min(max(begin+c.high, levelMin), levelMax)
}

// Learn takes the outcome of an interval that was promised.
func (c *Calibration) Learn(p10, p90, wait float64) {
	c.low += learnRate * (nominal - miss(wait < p10))
	c.high += learnRate * (nominal - miss(wait > p90))
	c.low, c.high = min(max(c.low, levelMin-begin), levelMax-begin), min(max(c.high, levelMin-begin), levelMax-begin)
}

func miss(missed bool) float64 {
	if missed {
		return 1
	}
	return 0
}
