// Package ddp sends pictures to a controller card over UDP by the Distributed Display Protocol. The card does what a Pi
// cannot do beside other work: HUB75 panels must be scanned a row at a time without pause, some 200,000 pin
// changes a second. Cards and firmware that take DDP are common (port 4048).
//
// A packet has 10 bytes of header and up to 1440 of colours, three bytes a dot, in the order of
// reading; the last packet of a picture pushes it to the LEDs. UDP may lose one; therefore, and since cards go
// back to a picture of their own when nothing comes for about 2 s, the same picture is sent again every second.
//
// # Protocol
//
// Distributed Display Protocol (DDP), 3waylabs: http://www.3waylabs.com/ddp/
package ddp
