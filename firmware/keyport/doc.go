// Package keyport reads keypads that send bytes: USB number pads through the kernel's input
// interface (evdev, Documentation/input/input.rst of Linux), and serial keypads, whose
// packets are a table.
//
// A pad may be pulled and plugged in again at any time: it is told as gone and found again, by its
// name or its path in /dev/input/by-id. A number pad is grabbed, so that what a clerk types goes
// to nobody else, not to the console and not to the page under the keyboard's focus.
package keyport
