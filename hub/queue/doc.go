// Package queue is the pure engine of a hall: tickets, windows, A/B cover, the
// calling order with its reason, and the waiting estimate.
//
// It has four entry points. [Decide] looks at a state and a command and returns
// events or a refusal; it changes nothing. [State.Apply] takes a committed event
// and cannot fail. [State.Check] names a broken invariant. [State.Deadline] says
// when the hall must send the next [Tick]. Nothing here reads a clock, a random
// number or a file, and no map's order reaches an output: the same events give
// the same state on every machine. The plan is part of the state, so a journal
// replays alone.
//
// Beside the facts stands what a forecast says, [State.Foresee]. It is what the estimate
// tells first while it holds; what was told is a fact again, [Promise], and
// what came of it moves [Honesty].
//
// # Calling order
//
// [Plan].Rule names one of five calling orders. Every [Called] event carries the facts of
// the choice as [Why]. Ties go to the smaller issue sequence. Properties that are tested as
// such, under all of them where they fit: work-conserving, first in first out inside a
// service and class, at most GreenInRow green calls in a row at a window where a regular
// waits, nobody passed over too often, no ticket at two windows.
//
// "apq", the rule of a plan that names none, is accumulating priority (Kleinrock 1964;
// Stanford, Taylor and Ziedins 2014) with the rates of the generalized c-mu rule for the
// cost (wait/limit)² (Van Mieghem 1995; Mandelbaum and Stolyar 2004), and help between
// posts by two thresholds and one way at a time (Perry and Whitt 2009, 2013). The value of
// a waiting ticket is
//
//	min(wait, patience × limit) / limit × clamp(600 s / mean, 1/3, 3)^dial × factor
//	+ (wait beyond patience × limit) / 600 s
//
// where limit is the service's Promise (20 min when there is none), mean its learned
// service time, patience 2, and factor 1 for the window's own services; see
// [Order.Value]. The second line has no weight: whoever has waited twice the
// promise is not left behind for a service that is long. A partner's service has the
// factor Discount, and counts at all only when
//
//   - nobody works at a window whose own it is;
//   - or its line is pressed, and 1.5 times as much as the window's own lines;
//   - or the window has nobody of its own waiting.
//
// In strict mode ("B only when A is away") only the first holds. The pressure of a line
// is the larger of its first one's wait and the work that waits for each of its windows
// at work, over the limit; see [Pressure]. Cover for overload begins at On and ends below
// Off. On = 0.9 × penalty², Off = On/2 and Discount = 0.85 × penalty^-3.5 follow the penalty of
// cover: how many times as long a service takes at a post that covers, as finished
// services have taught. Among the first of each line and class goes
//
//  1. of the tickets that were passed over Skips times (default 20), the oldest; green
//     competes with a head start of Credit;
//  2. a green ticket by value, at most Classes.GreenInRow in a row while another waits,
//     then the regular one nearest to its limit;
//  3. the ticket of the largest value, the older of equals.
//
// A regular ticket is passed over when one of another service that stands later is
// called at a window that could have called it; green calls and choices by hand do not
// count. So no ticket is passed over more than Skips times.
//
// [APQ].Dial turns from "equal by promise" (0: lengths of services do not count) over
// the default (1) to "the shortest mean wait" (2): the further, the shorter the mean
// wait and the less equal the services' waits.
//
// # The other calling orders
//
// "fifo-class-ratio" is the plainest: the longest wait, with two thresholds for cover that
// each pair sets itself (On, Off, IdleHelp; no other rule reads these). A window may call
// from its primary services, and from a partner's services while it covers for it (see
// [Pair]): always while cover is on, and when it is idle if the pair says so. A ticket that
// was sent to one window is that window's own; while the window is away, the post
// that covers for it may call it. Among the tickets that it may call:
//
//  1. an aged ticket: the longest waiting regular or appointment ticket that has
//     waited at least Classes.Aging (default 30 min) since it came goes first, after
//     every green ticket that is older than it;
//  2. a green ticket, longest waiting first, unless Classes.GreenInRow (default 2)
//     green tickets were called in a row at this window and a regular waits;
//  3. the longest waiting regular or appointment ticket of all its services. An
//     appointment that is due counts as having waited Classes.Credit (default 30
//     min), which its reason tells beside the wait since it came; one that came more
//     than 15 min late takes its place at its arrival.
//
// Three more are what peers use, for comparison and for halls that want them. Under these,
// a window may always call from the services of a pair's partner. "longest" calls the
// longest waiting of all that the window may serve, own or partner's, whatever its class
// (Qmatic's default). "priority" does so for green tickets first (the rule of ZMS for a
// cluster of offices). "own_first" is "priority" among the window's own, and only when none
// waits among the partners' (bcgov's queue management).
package queue
