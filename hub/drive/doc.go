// Package drive lets a program outside drive a hall through the real engine in
// virtual time: [Serve] speaks a protocol of JSON lines, [Hub] is what is behind
// it, and [Play] is a small driver of our own that plays recorded or made-up days
// with citizens and clerks and measures what a calling order does to them.
//
// Every command goes through [queue.Decide] and [queue.State.Apply], as in a hall;
// the journal is in memory. What services have taught is kept from day to day of
// one run, as long as the hall is the same.
package drive
