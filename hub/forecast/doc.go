// Package forecast says how long people will wait, by playing the hall forward many
// times with the calling order that the hall really uses.
//
// [Model] is what finished services, no-shows and arrivals have taught: a fold of the
// journal by [Model.Observe], or what a hall keeps for itself by [Taught]. A forecast
// copies the part of the hall that a ticket depends on, draws the rest of the services
// that are going on, whether anybody is at a free window, the lengths of services to come,
// no-shows, who leaves, and arrivals, and calls as the engine does.
//
// # The same calling order
//
// Whom a window calls is chosen by [queue.Order.Pick], which the engine calls too, under
// every rule; what a partner's line counts and when it may be called by
// [queue.Order.BackupFactor], [queue.Order.Helps], [queue.Order.Pressed] and
// [queue.Pressure]; whom a window covers, after which delay, and the thresholds and idle
// help of a pair under the rule fifo-class-ratio come from [queue.Plan.Duties]; the head
// start of an appointment from [queue.Ticket.HeadStart].
//
// # What it says
//
//   - [Model.Play]: every waiting ticket, and one more of each class at the end of each
//     line. One batch serves kiosk, slip, phone, board and terminal. Of each ticket [Wait.Quantile] and
//     [Wait.Late], the probability that it misses its service's limit.
//   - [Model.Ticket] and [Model.All]: one ticket, or all, in a hall whose roster is known.
//   - [Model.Advise]: which window to open, or to give a service, saves the most
//     person-minutes within the next hour. The same futures are played with and without.
//   - [Calibration] keeps the ends of an interval honest by what came of those before, if
//     need be beyond all futures.
//
// The caller bounds the time by the number of futures, which is linear in it.
//
// Services are lognormal (Brown et al., JASA 100 (2005) 36-50), their remaining time is
// drawn given what has elapsed. Calibration is adaptive conformal inference (Gibbs and
// Candès, arXiv:2106.00170). Nothing here reads a clock or a global random number: the
// same state, model and seed give the same forecast.
package forecast
