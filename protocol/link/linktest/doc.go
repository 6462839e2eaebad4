// Package linktest has a broker in memory for tests and simulations. It serves
// [link.Transport] as a real one does, with retained messages, wills and filters,
// and it can cut clients off, lose, delay, repeat and reorder messages.
//
// Everything waits on channels and timers only, so a whole hall runs inside a
// testing/synctest bubble in virtual time.
package linktest
