// Command vmtest drives the real programs of a hall on a real kernel's devices,
// inside the virtual machine that .ci/vm/run boots.
//
// It is the world around the programs: it pulls the lines of gpio-sim as fingers do, is
// the slip printer behind the USB gadget /dev/g_printer0, reads from /dev/spicap what
// went over the SPI bus, and is the clerk who signs on and calls. It knows the hub by
// the contract alone.
//
//	vmtest drive          every part, end to end
//	vmtest faces          WS2812 on the other chip select, a sign on a serial line
//	vmtest unplug         pulls printer, panel, numpad and each device's network in turn
//	vmtest day            a hall at work, for what follows
//	vmtest cut-half       asks for the power cut while a slip is half printed
//	vmtest cut-slip       asks for it when a slip has just come out
//	vmtest cut-offline    the same without the hub
//	vmtest account        calls everybody: what is on paper and in the hub
//	vmtest clock          boots with a wrong clock, and sets it
//	vmtest clock-new      the same with a hub that knows no day yet
//
// With ",lie" behind the name, fsync answers and does nothing, as on a disk that
// lies: power cuts must then be found to lose something.
//
// Lines for the host begin with VM-: PASS and FAIL name a check, PAPER, AGAIN and
// CALLED a number, CUT asks for the power cut.
package main
