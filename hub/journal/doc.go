// Package journal is the hub's memory: an append-only, hash-chained log of events in one SQLite
// file, and beside it the few tables that live and die with that log.
//
// # What it promises
//
//   - When [Journal.Append] has returned, its events survive a killed process and a power cut
//     (write-ahead log, synchronous=FULL, one fsync per call). Many commands that wait together
//     share that fsync: pass all their events in one call.
//   - Events are numbered 1, 2, 3 … without gaps and are never changed or removed. Triggers refuse
//     it to whoever opens the file by hand; the chain finds it out when they are dropped.
//   - After an input/output fault nothing is written any more ([ErrDead]). What a failed fsync has
//     left on the disk cannot be known, so asking a second time would be asking for a lie. A full
//     disk is no such fault ([ErrFull]): nothing was written, and writing goes on when there is space.
//
// The journal does not know what an event means; a body is bytes to it. What is not an event has
// its own table: [Journal.SetMeta] for a few named values, [Journal.PutPersonal] for personal data
// that must be erasable without touching the chain, [Journal.SaveSnapshot] for a fast start, and the
// service log ([ServiceLine]), a read model that can be rebuilt from the events.
//
// # The chain
//
// The hash of an event is SHA-256 over: the hash before it (32 zero bytes before the first), the
// sequence, the time in microseconds since 1970, the length of the kind, the kind, the length of
// the body, the body. Numbers are 8 bytes, big-endian.
//
// [Verify] walks it and names the first event that does not fit. What it finds without help: any
// change of any column, a missing event, an exchanged order, and a tail cut off, because each
// commit also writes the head (number and hash of the last event) to a row of its own, and
// snapshots carry the hash they were taken at. What it cannot find without help: someone with
// write access who cuts the tail AND corrects the head and the snapshots, or who computes the whole
// chain anew. Against that, note the head that Verify reports somewhere else (paper, another
// machine, the city's copy) and give it to a later Verify as [Head]: it must still be in the chain.
//
// # Who may call what
//
// All methods may be called by several goroutines. Writers wait for each other; readers see the last
// commit, wait for nobody and hold no transaction while they call back. The file must be reached
// through this package only: opening and closing it in the same process drops SQLite's locks.
package journal
