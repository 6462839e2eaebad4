// Package port opens the ports that printers and serial panels hang on: a device node, a TCP
// socket or a serial line, all with the same behaviour.
//
// A [Port] never blocks longer than its timeouts, whatever the device does, and opens its device
// again by itself after an error, so that a printer may be switched off and on or be plugged out
// and in. It opens at the first use, not before: a program starts with its printer off.
//
// CUPS takes USB printers away from the kernel's usblp driver, and then /dev/usb/lp0 is gone.
// Do not install it beside this package; the error for a missing node says so.
package port
