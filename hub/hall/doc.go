// Package hall is the single writer: it owns the state of a hall, takes commands
// from everybody, and makes facts of them.
//
// # One true timeline
//
// A hall is a small world in which many people press keys at once, and in which
// no two of them may be told contradicting things. There is one cure for that:
// somebody has to say what happened first. Here it is the goroutine in [Hall.Run].
// Everything that happens in a hall passes through it, one command after another,
// and the order in which it takes them IS the order in which they happened. The
// state belongs to it alone, so there is no lock on it, no moment in which it is
// half changed, and no page that sees a number at two windows.
//
// A command becomes true in four steps, always in this order:
//
//  1. decide: the pure engine says which events the command causes, or refuses;
//  2. apply: the events change the state, in memory, and the state's invariants are checked;
//  3. commit: one fsync puts them in the journal;
//  4. tell: the sender gets the answer, and whoever follows is woken.
//
// Nobody sees what stands between step 1 and step 3. Commands that wait together
// share one fsync: at most [BatchMax] are decided one after another, each on the
// state that the one before it left, and then committed and answered together. A
// single command therefore waits for one fsync, and five hundred wait for two.
//
// If the commit fails, none of them has happened. The state is read again from
// the journal, every one of them is refused as unavailable, and the same request
// id may be sent again. If the journal is dead, Run returns and the process
// should end: what a failed fsync has left on the disk is known only to the next
// process that opens the file. If an invariant is broken, Run panics before
// anything is written, which is the same cure for a worse disease.
//
// # Repeating is always safe
//
// A request id is answered once. A request that was carried out gets the same
// answer, byte for byte, for the rest of the business day, also after the hub was
// killed: the answer is part of the journal. A request that was refused gets the
// same refusal: those are remembered in memory, the last [RefusedMax] of them, so
// that a copy that was delayed on the way cannot do later what the person was
// told had not been done. Only "overloaded" and "unavailable" are not remembered:
// they say that nothing was decided, and ask to be tried again.
//
// # Who may call what
//
//   - [Hall.Ask], [Hall.Do] and [Hall.Read] may be called by any goroutine. They
//     wait for the hall's goroutine; their context ends the waiting, not the command.
//   - [Hall.Read] runs its function on the hall's goroutine between two commits. It
//     sees committed facts only. It must be quick, must not keep the state or
//     anything that it points to, and must not call the hall.
//   - [Hall.Changed] and [Hall.Follow] never hold the hall up. Whoever is slow gets
//     one signal for many changes, or reads the journal later; nobody is skipped.
//   - The hall publishes nothing and waits for nobody but the disk.
//
// # Forecasts
//
// What people will wait is foreseen by a goroutine beside the hall's, on a copy of the
// state, at most every [Options].ForecastEvery and with a twentieth of one core. One batch
// serves kiosk, slip, phone, board and terminals: it stands beside the state until the next
// one. A ticket issued meanwhile is told what the last batch says of one more at the end of
// its line, or the engine's own estimate. What was promised is in the journal, and what
// came of it moves the ends of later promises. A line that will probably break its promise
// raises an alarm, which is a fact too; see [queue.AlarmOn].
//
// At the close of a day its tickets teach the figures of forecasts, as the last fact but
// one of the day; see package learn.
//
// # Time
//
// [Options.Now] is the only clock of the hub. A fact has the time of the batch in
// which it was decided, in UTC and whole microseconds, and never an earlier one
// than the fact before it. The hall keeps one timer: the earliest moment at which
// something happens by itself. The business day does not open while the clock is
// not plausible, because a small computer without a battery wakes up in 1970.
//
// The machine's own clock is compared with its monotonic one. When somebody set it
// by more than a minute, facts are dated on from before, and the day does not turn,
// until the new time has held for ten minutes: one wrong answer of a time server
// would else give the numbers of a day twice. A time that cannot be right is left
// at once. With a day open, a start three days after the last fact is doubted too.
package hall
