package forecast

import "math"

// random is splitmix64: small, fast, and the same on every machine.
type random struct {
	x     uint64
	spare float64
	have  bool
}

func (r *random) next() uint64 {
	r.x += 0x9e3779b97f4a7c15
	z := r.x
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is in (0, 1).
func (r *random) uniform() float64 { return (float64(r.next()>>11) + 0.5) / (1 << 53) }

// normal is standard normal, by the polar method.
func (r *random) normal() float64 {
	if r.have {
		r.have = false
		return r.spare
	}
	for {
		u, v := 2*r.uniform()-1, 2*r.uniform()-1
		s := u*u + v*v
		if s >= 1 || s == 0 {
			continue
		}
		f := math.Sqrt(-2 * math.Log(s) / s)
		r.spare, r.have = v*f, true
		return u * f
	}
}

// exponential has mean 1.
func (r *random) exponential() float64 { return -math.Log(r.uniform()) }

// remaining draws what is left of a lognormal time of which spent has gone by.
func (r *random) remaining(mu, sd, spent float64) float64 {
	if spent <= 1 {
		return math.Exp(mu + sd*r.normal())
	}
	z := (math.Log(spent) - mu) / sd
	tail := 0.5 * math.Erfc(z/math.Sqrt2)
	if tail < 1e-9 {
		return spent * 0.2 * r.exponential() // far beyond what was ever seen
	}
	q := math.Sqrt2 * math.Erfcinv(2*tail*r.uniform())
	return max(0, math.Exp(mu+sd*q)-spent)
}
