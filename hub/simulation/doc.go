// Package simulation is a hall in virtual time: a day of citizens and clerks, with
// everything going wrong that goes wrong in halls, and checkers that look at what
// people saw.
//
// Inside a testing/synctest bubble [Run] opens a real hub (journal on SQLite, hall,
// wire), the devices' real programs and simulated hardware on a bus in memory,
// and lets a day pass in seconds. Citizens press, twice if they are impatient;
// clerks sign on, call, recall, miss, hold, transfer, finish, pause, undo and ask
// for help. Links are cut, messages lost, repeated, late and out of order, the hub
// is stopped and killed, the broker too, clocks step, paper runs out, dispensers
// lose their power. Towards the end all is mended and everybody must be served.
//
// The checkers share no code with the engine's own Check. They read numbers from the bytes on
// the slips, calls from the journal's bodies, answers from what arrived at the
// devices, and pictures from the LEDs:
//
//   - no number is twice on paper, and a reprint says that it is one;
//   - every number on paper or on a screen is in the journal once, and every number of the
//     journal was seen by somebody or cancelled as the dispenser's own late ticket;
//   - no ticket is at two windows, nor two at one;
//   - what was answered is in the journal, what was refused is not, and the same
//     request gets the same answer;
//   - every finish that a clerk saw is in the service log, and the log is the journal's fold;
//   - nothing is told before it is committed, and no retained state goes backwards;
//   - panels show what the state says;
//   - after the healing everybody is called or closed, and every printed slip is reported;
//   - the journal verifies, and folds to the state that the hub had.
//
// A [Mutant] breaks one part on purpose, to show that its checker bites.
//
// The people and the faults of a day follow from its seed. The order of what
// happens at the very same instant does not, so a fault that needs one interleaving
// may take some runs of its seed.
package simulation
