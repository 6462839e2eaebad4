// Package board turns a configuration file into devices: printer, panel, buttons
// and keypad, real or simulated. It is the only place that loads periph's drivers.
//
// The file is JSON, because its reader is small; a mistake in it is told with its
// line. Pins are named as the kernel names its lines ("GPIO17"), not by their place
// on the header, since header names are missing on some kernels.
//
// Every simulated device takes real bytes and levels: the same drivers run above it.
package board
