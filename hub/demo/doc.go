// Package demo is a whole hall in one process: a hub, two dispensers, six panels of
// four kinds, six window terminals, one of them with all that a terminal may have, and
// people who come and go.
//
// Only the hardware is simulated, and it is simulated where the programs end: a
// printer that takes ESC/POS bytes, a chain of LED drivers that takes SPI bytes. An
// announcer has a session and no loudspeaker: the board page speaks. The
// broker on loopback TCP, the journal on disk and the session of each device are those
// of a real hall, and so are the programs of the devices.
//
// Each device hangs on a cable of its own that can be pulled. The page /demo shows
// the hall at once; each device's own page is below it.
package demo
