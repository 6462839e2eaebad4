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
// # Calling order
//
// The rule is named "fifo-class-ratio". A window may call from its primary
// services, and from a partner's services while it covers for it (see [Pair]):
// always while cover is on, and when it is idle if the pair says so. A ticket that
// was sent to one window is that window's own; while the window is away, the post
// that covers for it may call it. Among the tickets that it may call:
//
//  1. an aged ticket: the longest waiting regular or appointment ticket that has
//     waited at least Classes.Aging (default 30 min) goes first, after every
//     green ticket that is older than it;
//  2. a green ticket, longest waiting first, unless Classes.GreenInRow (default 2)
//     green tickets were called in a row at this window while a regular waited;
//  3. the longest waiting regular or appointment ticket of all its services. An
//     appointment that is due counts as having waited Classes.Credit (default 30
//     min); one that came more than 15 min late takes its place at its arrival.
//
// Ties go to the smaller issue sequence. Properties that are tested as such:
// work-conserving, first in first out inside a service and class, at most
// GreenInRow green calls in a row while a regular waits, no ticket at two windows.
// Every [Called] event carries the facts of the choice as [Why].
package queue
