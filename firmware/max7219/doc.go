// Package max7219 drives a field of 8x8 LED modules that are chained behind a
// MAX7219 or MAX7221 each. A line of 16-dot text needs 2 rows of modules; 2 by 8
// modules are a field of 64 by 16 LEDs.
//
// The chips form one long shift register. While chip select is low the host clocks in one
// 16-bit word for each chip, the word for the chip at the far end first; when chip select
// rises, every chip carries its word out. So a whole picture is 8 transactions, one for
// each digit register.
//
// Long chains on long wires lose bits. A lost bit may switch a chip off or into its
// test mode for ever, and nothing can be read back. Therefore call [Dev.Refresh] every few
// seconds: it writes every register anew, which cannot be seen on a healthy chain.
//
// # Datasheet
//
// MAX7219/MAX7221 Serially Interfaced, 8-Digit LED Display Drivers, Maxim 19-4452
//
// https://www.analog.com/media/en/technical-documentation/data-sheets/MAX7219-MAX7221.pdf
package max7219
