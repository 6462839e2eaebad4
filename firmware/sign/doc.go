// Package sign drives LED signs that take text over a serial line (RS485) or TCP: one bus, many signs, each with an
// address. Such signs have no common protocol; a [Profile] is data that says how a frame is put together, so that
// a new sign is a new entry and no code.
//
// A frame is a row of parts: constant bytes, the address, a length, the text, a brightness, a check. The profiles
// whose names begin with "example" show the usual forms and belong to no product; take the
// sign's manual and change them. "modbus-rtu" writes the text into holding registers
// (Modbus Application Protocol 1.1b3, section 6.12; Modbus over serial line 1.02, section
// 2.5.1); at which register the text begins stands in the sign's manual.
//
// Texts are cleaned of control characters before they are encoded, so that no
// text can end a frame.
package sign
