// Package view folds the state of a hall to what people and devices see: window
// states, service states, the board, device configurations, tickets and replies,
// all of them types of the protocol.
//
// It is pure. Every function takes the state and the time and returns a value
// that shares nothing with the state that could change later; nothing here is
// remembered between two calls. The stamps (epoch and sequence) are left zero:
// whoever publishes a view fills them in.
//
// A page, a panel, a terminal and a third party's program therefore show the same
// thing, because there is one place where it is worded.
package view
