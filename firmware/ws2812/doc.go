// Package ws2812 drives strips and matrices of WS2812B LEDs from an SPI bus: MOSI goes to the first LED's data input
// (through a level shifter from 3.3 to 5 V), clock and chip select stay open.
//
// An LED takes 24 bits, green first, and passes on what follows. A bit is one pulse whose
// length tells 0 from 1; here it is three SPI bits at 2.4 MHz: 100 or 110. Low for
// longer than 280 µs shows the picture. So a picture must leave in one transaction without a
// gap, and the SPI driver must take it whole: 9 bytes for each LED.
//
// A white LED at full brightness draws 60 mA: a field of 64 by 16 would draw 60 A. [Opts].CurrentMax bounds what
// a picture may draw; a brighter one is dimmed as a whole.
//
// # Datasheet
//
// Worldsemi, WS2812B Intelligent control LED integrated light source, 5 pages:
//
// https://cdn-shop.adafruit.com/datasheets/WS2812B.pdf
package ws2812
