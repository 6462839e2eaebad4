// Package app puts a hub together: journal, hall, broker, wire and web, started
// in that order and stopped in the other. The hub program, the demo, the replay
// and the tests all run the same one.
package app
