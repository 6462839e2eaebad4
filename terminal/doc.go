// Package terminal is the window terminal: what a clerk sees and presses.
//
// The desk (desk.go, press.go, screen.go) is pure. It folds what the hub retains, whether
// the hub is there, the menu that is open and the clock into a [Screen], and
// turns presses into requests. [Terminal] runs it: one goroutine owns the
// desk, one request is under way at a time, and every request keeps the id that was
// made when the key went down until it is answered.
//
// Page, keyboard and keypad press the same keys through the same code. Only the hub
// changes what is shown: a key that was pressed shows nothing until the window's
// retained state says it.
package terminal
