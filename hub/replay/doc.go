// Package replay drives a recorded day through the whole hub: real broker, real
// journal on disk, one MQTT client for each dispenser and each window, every step
// a request of the published contract. Then it compares what the service log says
// with what the file says.
//
// # The hub is another process
//
// The hub of a replay is a child of the same program ([Child]), so that it can be
// killed like a power cut. Its clock is virtual: it says what the driver has told it
// last, so that a fact has the second of the record, however fast the replay runs. The
// driver goes from one recorded second to the next, carries out all that belongs to
// it, waits for every reply, and goes on. Inside one second the order is: services
// that end, tickets taken, people who leave, calls.
//
// # Two modes
//
// [Order] follows the record: each ticket is called when and where it was called
// then. [Decide] lets the hub choose: a window that is free presses "call next";
// a service takes as long as it took in the record; who left then leaves after the
// same patience, if not called before. Who left and is called now takes as long as the
// last person before with the same business who was served.
//
// # How a record becomes a hall
//
// All tickets are of the regular class, all windows serve all services (bank) or one
// service (Warsaw), and two dispensers issue by turns. Seconds count from local midnight.
//
//   - Bank: an agent is a window. Where the record has an agent in two calls at once,
//     the second goes to a window of its own, "A13-2", so that every second is kept;
//     deciding, there is no such window. An agent is there from the first call
//     to the end of the last.
//   - Warsaw: which counter called is not in the data, nor when a service ended.
//     Each queue has windows of its own, as many as were open when the last ticket
//     before the call was taken. A call goes to a free one of these, else to the one
//     busy longest, whose service ends then. The last service at a window takes the
//     median time of its queue. So a service time here holds idle time too. A window
//     is staffed as long as it serves.
//   - Deciding, a window leaves at its recorded time when it is free, but not while
//     it is the last one there for people who wait.
package replay
