// Package escpos drives thermal printers that speak ESC/POS, the command set that Epson
// defined and that nearly every 58 mm and 80 mm printer follows.
//
// It has two halves that check each other. The writing half is [Builder] (one method per
// command), [Encode] (a whole slip, as text or as a picture, whichever the [Profile] of the
// printer allows) and [Dev] (a slip onto a port, and the printer's state back from it). The
// reading half is [Parse], which accepts nothing that it does not know, and [Paper], which turns
// the parsed commands into the picture that the printer would give.
//
// Like every driver in periph's form, Dev opens nothing, logs nothing and reads no
// configuration: the application opens the port and owns it. What a port must do is in [New].
//
// # Text
//
// Every text goes through [Clean], so that no name or remark can carry a command to the
// printer. Chinese is sent as two-byte GB codes in Chinese mode (FS &). What a printer's font
// can be trusted with is part of its profile; a line with any other character (rare names, for
// instance) is sent as a picture, and so is everything on a printer whose Chinese mode nobody
// has proven.
//
// # State
//
// Many cheap printers answer no status request. Silence is a state of its own: a [Status] with
// Answered false is never good, whatever else it says.
//
// # Datasheets
//
// Epson, ESC/POS Command Reference:
// https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/
//
// The commands used here, with the names that the reference gives them: ESC @, ESC a, ESC d,
// ESC E, ESC J, ESC R, ESC t, GS !, GS ( k, GS a, GS r, GS v 0, GS V, FS &, FS ., DLE EOT, DLE ENQ.
package escpos
