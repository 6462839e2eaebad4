// Package forecast says how long people will wait, by playing the hall forward many
// times with the calling order that the hall really uses.
//
// [Model] is what finished services, no-shows and arrivals have taught: a fold of the
// journal. [Forecast] copies the part of the hall that a ticket depends on, draws the
// rest of the services that are going on, the lengths of those to come, no-shows and
// arrivals, and calls by [queue.Order.Pick], as the engine does; the quantiles of the
// call times are the promise. [Calibration] keeps the promise honest by what came of
// the promises before.
//
// Services are lognormal (Brown et al., JASA 100 (2005) 36-50), their remaining time is
// drawn given what has elapsed. Calibration is adaptive conformal inference (Gibbs and
// Candès, arXiv:2106.00170). Nothing here reads a clock or a global random number: the
// same state, model and seed give the same promise.
package forecast
