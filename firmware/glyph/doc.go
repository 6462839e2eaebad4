// Package glyph draws text on one-bit bitmaps: LED panels, raster slips and
// their simulated pictures.
//
// It holds five faces:
//
//   - [Text] is GNU Unifont, 16 dots high: Latin and other narrow characters
//     are 8 dots wide, Han characters 16. It covers Latin with the letters of
//     pinyin, Greek, Cyrillic, punctuation, arrows, box drawing, the CJK symbols,
//     kana, bopomofo, Yi, fullwidth forms and all Han characters of U+3400 to
//     U+4DBF and U+4E00 to U+9FFF, so that rare names of people and places work.
//   - [Panel] is a bold face for ticket numbers on LED panels, 16 dots high and
//     12 wide: five characters fit on a field of 64.
//   - [Ticket] is a large face for the number on a paper slip, 96 dots high
//     (12 mm at 203 dpi).
//   - [Small] is for panels of 8 dots: digits, capitals and a little punctuation, 6 dots wide.
//     It borrows nothing, since no Chinese character can be read at 8 dots.
//   - [Slim] is for the longest numbers on narrow panels: digits, capitals and the hyphen, 8 dots
//     high and 5 wide, so that six characters fit on 32 dots. It borrows nothing either.
//
// Panel and Ticket hold digits, capital letters and the hyphen. What they lack they borrow from
// Text, enlarged to their own height, so any text can be drawn in any face.
//
// The glyph data is stored ready to draw and searched in place: drawing
// allocates nothing and there is nothing to load at start.
//
// The data files are made from Debian's package unifont, from the Go fonts of golang.org/x/image
// and from panel.txt, small.txt and slim.txt by the generator in internal/gen. NOTICE and OFL.txt hold their licences.
package glyph

//go:generate go run ./internal/gen
