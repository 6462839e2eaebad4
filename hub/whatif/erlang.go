package whatif

import "math"

// erlangNeed is the least number of servers, at most most, with which at most target of
// those who come wait over limit: P(W > t) = C(n, a) exp(-(n - a) t / m) <= target.
func erlangNeed(load, mean, limit, target float64, most int) int {
	if load <= 0 || mean <= 0 {
		return 0
	}
	for n := int(load) + 1; n < most; n++ {
		if erlangC(n, load)*math.Exp(-(float64(n)-load)*limit/mean) <= target {
			return n
		}
	}
	return most
}

// erlangC is the probability of waiting with n servers and an offered load below n, by
// the recursion of Erlang's B formula.
func erlangC(n int, load float64) float64 {
	b := 1.0
	for i := 1; i <= n; i++ {
		b = load * b / (float64(i) + load*b)
	}
	rho := load / float64(n)
	return b / (1 - rho + rho*b)
}
