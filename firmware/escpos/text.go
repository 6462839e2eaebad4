package escpos

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Cells of the print line in dots. Font A of ESC/POS is 12×24, Chinese is 24×24.
const (
	halfWidth  = 12
	cellHeight = 24
	// lineHeight is the line spacing after ESC @, in dots: 1/6 inch on most printers.
	lineHeight = 30
)

// Clean returns s as it may go to a printer: line ends and tabs become spaces, and every other
// control character (below 0x20, 0x7f to 0x9f), invisible format character and broken byte is
// left out. So no text can carry a command.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u00a0':
			return ' '
		case r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, s)
}

// Foreign returns the characters of text, each once and in order, that a printer's font of that
// set cannot be trusted with. They must be sent as a picture.
func Foreign(text string, set Charset) []rune {
	_, foreign := encodeText(text, set)
	return foreign
}

// fold returns a plainer character that reads the same, or r. The font has the dashes in Chinese
// width only, which tears "10–20" apart.
func fold(r rune) rune {
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2212':
		return '-'
	case '\u2022', '\u30fb':
		return '·'
	case '¥':
		return '￥'
	}
	return r
}

// encodeText returns the bytes of text in set, and the characters that set lacks.
func encodeText(text string, set Charset) (raw []byte, foreign []rune) {
	for _, r := range Clean(text) {
		r = fold(r)
		code := encodeRune(r)
		if !trusted(code, set) {
			if !slices.Contains(foreign, r) {
				foreign = append(foreign, r)
			}
			continue
		}
		raw = append(raw, code...)
	}
	return raw, foreign
}

// encodeRune returns the one, two or four bytes of r in GB 18030, or none. What is for private use is
// no character of any font, also where GB 18030 has a pair for it.
func encodeRune(r rune) []byte {
	if r < 0x80 {
		return []byte{byte(r)}
	}
	if unicode.Is(unicode.Co, r) {
		return nil
	}
	code, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(string(r)))
	if err != nil {
		return nil
	}
	return code
}

// trusted reports whether the font of set has the character with that code.
func trusted(code []byte, set Charset) bool {
	switch len(code) {
	case 1:
		return code[0] >= 0x20 && code[0] < 0x7f
	case 2:
		return set == CharsetGBK && isGBK(code[0], code[1]) ||
			set == CharsetGB2312 && isGB2312(code[0], code[1])
	}
	return false
}

// isGBK reports whether a pair is in areas 1 to 5 of GBK, which leaves out the areas for private use.
func isGBK(hi, lo byte) bool {
	switch {
	case hi < 0x81 || hi > 0xfe || lo < 0x40 || lo > 0xfe || lo == 0x7f:
		return false
	case lo < 0xa1:
		return hi <= 0xa0 || hi >= 0xa8
	}
	return hi <= 0xa9 || hi >= 0xb0 && hi <= 0xf7
}

// gb2312Signs are the cells from 1 to 94 that GB 2312-1980 fills in its rows of signs and letters, 1 to
// 9, as pairs of first and last. Later standards fill the gaps, which a printer's font may lack.
var gb2312Signs = [...][]byte{
	1: {1, 94}, 2: {17, 66, 69, 78, 81, 92}, 3: {1, 94}, 4: {1, 83}, 5: {1, 86}, 6: {1, 24, 33, 56}, 7: {1, 33, 49, 81}, 8: {1, 26, 37, 73}, 9: {4, 79},
}

// isGB2312 reports whether a pair is one of the 7,445 characters of GB 2312-1980.
func isGB2312(hi, lo byte) bool {
	const edge, chinese, last, lastCells, rows = 0xa0, 16, 55, 89, 87 // row 55 ends level 1 of the Chinese characters
	row, cell := int(hi)-edge, lo-edge
	if lo <= edge || lo == 0xff || row < 1 || row > rows {
		return false
	}
	if row >= chinese {
		return row != last || cell <= lastCells
	}
	if row >= len(gb2312Signs) {
		return false
	}
	for spans := gb2312Signs[row]; len(spans) > 0; spans = spans[2:] {
		if cell >= spans[0] && cell <= spans[1] {
			return true
		}
	}
	return false
}

// columns returns the width of r in half-width columns: what a printer's font gives its own
// characters, and the usual width for those that are only drawn.
func columns(r rune) int {
	switch {
	case r < 0x80:
		return 1
	case r < 0x1100 && len(encodeRune(r)) != 2:
		return 1
	}
	return 2
}

// Columns returns the width of text on paper in half-width columns at size 1: 32 fill a 58 mm
// line and 48 an 80 mm line.
func Columns(text string) int {
	n := 0
	for _, r := range Clean(text) {
		n += columns(fold(r))
	}
	return n
}

// wrap splits text into lines of at most width columns. It breaks at spaces and between
// Chinese characters, not before closing punctuation, and inside a word only if the word is longer than a line.
func wrap(text string, width int) []string {
	var lines []string
	runes := []rune(strings.TrimSpace(Clean(text)))
	for len(runes) > 0 {
		n, w := 0, 0
		for n < len(runes) && w+columns(fold(runes[n])) <= width {
			w += columns(fold(runes[n]))
			n++
		}
		n = max(n, 1)
		n = breakAt(runes, n)
		lines = append(lines, strings.TrimRight(string(runes[:n]), " "))
		runes = runes[n:]
		for len(runes) > 0 && runes[0] == ' ' {
			runes = runes[1:]
		}
	}
	return lines
}

// breakAt returns the last good place to end a line that holds at most n of runes.
func breakAt(runes []rune, n int) int {
	if n >= len(runes) {
		return len(runes)
	}
	for i := n; i > 0; i-- {
		before, after := runes[i-1], runes[i]
		if strings.ContainsRune("，。、；：？！）》」』”’,.;:?!)", after) || strings.ContainsRune("（《「『“‘(", before) {
			continue
		}
		if before == ' ' || after == ' ' || before >= 0x2e80 || after >= 0x2e80 {
			return i
		}
	}
	return n
}
