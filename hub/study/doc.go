// Package study plays recorded days of real halls under calling orders, and holds
// estimates of the wait against what then came.
//
// [Scenario] makes a day that [hub/drive] can play out of a record. [Estimates] follows a
// record instead, call by call, asks at each arrival how long the wait will be, by our
// forecast and by the rules of thumb of others, and takes the differences.
//
// # How a record becomes a scenario
//
//   - Bank: an agent is a window that serves all, from the first call to the end of the
//     last, but for the times between two calls while somebody waited; a call takes as
//     long as it took. Who gave up is not played. So rules can only differ by the order.
//   - Warsaw: who served is not in the record, nor how long. Windows that served under two
//     hours are left out, the others are there all day, in pairs with those of the next
//     queue of the office, each the other's backup at a penalty of 1.15. Service times are
//     those between calls, shortened for each queue until a line of its own, first come
//     first served, has the recorded mean wait. It says "what if", not "what was".
package study
