// Package port opens the ports that printers and serial panels hang on: a device node, a TCP
// socket, a serial line or a print queue, all with the same behaviour.
//
// A [Port] never blocks longer than its timeouts, whatever the device does, and opens its device
// again by itself after an error, so that a printer may be switched off and on or be plugged out
// and in. It opens at the first use, not before: a program starts with its printer off.
//
// A [Queue] prints through CUPS. A slip that is not out in time is cancelled there, so that no queue
// keeps old slips for the day when somebody brings paper.
//
// A USB printer is either ours or CUPS's: its usb backend takes the printer away from the kernel's usblp
// driver, and then /dev/usb/lp0 is gone. The error for a missing node says so while a print server runs.
package port
