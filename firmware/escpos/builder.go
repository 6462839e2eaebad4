package escpos

import (
	"fmt"
	"image"
)

// Limits of this package.
const (
	// minDots and maxDots bound a print line: the narrowest and widest heads sold for slips.
	minDots = 192
	maxDots = 1024
	// maxFeed is the most that one ESC J moves the paper, in dots: its argument is one byte.
	maxFeed = 255
	// maxScale is the largest character magnification of GS !.
	maxScale = 8
	// maxBand is the most lines of one picture command. Cheap printers lose data above it.
	maxBand = 128
	// maxQR is the longest text of a QR code in bytes: a link, not a document. Longer codes have
	// modules that a phone cannot read from thermal paper.
	maxQR = 300
	// minModule and maxModule bound a QR module in dots: below 3 phones fail, 16 is the command's limit.
	minModule = 3
	maxModule = 16
	// maxItems bounds a document: more than any slip or notice has.
	maxItems = 200
	// maxText is the longest text of one item in runes; more is a mistake of the caller.
	maxText = 1000
	// maxHeight is the longest paper in one piece, in dots (2.5 m). A notice has 0.4 m.
	maxHeight = 20000
)

// The bytes that begin commands. The names are those of ASCII.
const (
	dle = 0x10
	eot = 0x04
	enq = 0x05
	lf  = 0x0a
	esc = 0x1b
	fs  = 0x1c
	gs  = 0x1d
)

// Align says where a line stands between the margins. Its values are the arguments of ESC a.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// Size is the magnification of characters in width and height, 1 to 8 each. The zero Size is 1×1:
// half-width characters are 12×24 dots and Chinese ones 24×24.
type Size struct{ W, H int }

// norm returns s with 1 for each zero.
func (s Size) norm() Size {
	return Size{W: max(s.W, 1), H: max(s.H, 1)}
}

// check returns an error if s is outside the range of GS !.
func (s Size) check() error {
	if s.W < 0 || s.W > maxScale || s.H < 0 || s.H > maxScale {
		return fmt.Errorf("escpos: size %d×%d is not from 1×1 to %d×%d", s.W, s.H, maxScale, maxScale)
	}
	return nil
}

// Builder collects the bytes of commands. The zero Builder is empty and ready. Arguments outside
// a command's range panic, since they are constants of a layout: whatever comes from outside
// goes through Encode, which returns errors.
type Builder struct {
	buf []byte
}

// Bytes returns the commands so far. The slice is valid until the next call of a method.
func (b *Builder) Bytes() []byte { return b.buf }

func (b *Builder) put(p ...byte) { b.buf = append(b.buf, p...) }

// Init resets alignment, size, weight and Chinese mode, and clears the print line (ESC @).
func (b *Builder) Init() { b.put(esc, '@') }

// Align sets the alignment of the lines that follow (ESC a). Printers obey it at the start of a
// line only.
func (b *Builder) Align(a Align) { b.put(esc, 'a', in("alignment", int(a), 0, 2)) }

// Size sets the magnification of the characters that follow, Chinese ones too (GS !).
func (b *Builder) Size(s Size) {
	s = s.norm()
	w := in("width", s.W, 1, maxScale)
	h := in("height", s.H, 1, maxScale)
	b.put(gs, '!', (w-1)<<4|(h-1))
}

// Bold turns heavy print on or off (ESC E).
func (b *Builder) Bold(on bool) { b.put(esc, 'E', bit(on)) }

// Chinese turns the two-byte mode on or off (FS & and FS .). Send it at the start of a line: some
// printers end the line when they see it.
func (b *Builder) Chinese(on bool) {
	if on {
		b.put(fs, '&')
		return
	}
	b.put(fs, '.')
}

// CodePage selects what bytes from 0x80 mean outside Chinese mode (ESC t): 0 is PC437, 16 is
// Windows-1252, others are the printer's own.
func (b *Builder) CodePage(n int) { b.put(esc, 't', in("code page", n, 0, 255)) }

// National selects the national variant of twelve ASCII signs (ESC R): 0 is USA, 15 is China,
// which prints ¥ for $.
func (b *Builder) National(n int) { b.put(esc, 'R', in("national set", n, 0, 17)) }

// Text appends text, cleaned, in the characters of set. The printer must be in Chinese mode if
// set has Chinese. Characters outside the set are left out of the bytes and returned, each once,
// so that the caller can send the line as a picture instead.
func (b *Builder) Text(text string, set Charset) (foreign []rune) {
	raw, foreign := encodeText(text, set)
	b.put(raw...)
	return foreign
}

// Line ends the print line (LF).
func (b *Builder) Line() { b.put(lf) }

// Feed moves the paper by dots of 1/8 mm (ESC J); zero does nothing.
func (b *Builder) Feed(dots int) {
	for ; dots > maxFeed; dots -= maxFeed {
		b.put(esc, 'J', maxFeed)
	}
	if dots > 0 {
		b.put(esc, 'J', byte(dots))
	}
}

// Cut cuts the paper (GS V), all of it or, with CutterPartial, but for one point, so that the slip
// does not fall. It does not feed. Without a knife it does nothing.
func (b *Builder) Cut(c Cutter) {
	switch c {
	case CutterPartial:
		b.put(gs, 'V', 1)
	case CutterFull:
		b.put(gs, 'V', 0)
	}
}

// Raster prints the black pixels of img (index Ink) from the left margin, in bands of at most
// 128 lines (GS v 0). Blank stretches become feeds and blank right margins are not sent: on a
// serial line both cost seconds.
func (b *Builder) Raster(img *image.Paletted) { b.raster(img, 0) }

// raster prints img in bands of that many bytes a line; 0 means what each band needs.
func (b *Builder) raster(img *image.Paletted, width int) {
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; {
		if n := blankRows(img, y); n >= minBlank || y+n == r.Max.Y {
			b.Feed(n)
			y += n
			continue
		}
		end := y + 1
		for end < r.Max.Y && end-y < maxBand && blankRows(img, end) < minBlank {
			end++
		}
		b.band(img, y, end, width)
		y = end
	}
}

// band appends one GS v 0 with the lines y0 to y1 (exclusive) of img.
func (b *Builder) band(img *image.Paletted, y0, y1, width int) {
	if width == 0 {
		width = max((usedColumns(img, y0, y1)+7)/8, 1)
	}
	rows := y1 - y0
	b.put(gs, 'v', '0', 0, byte(width), byte(width>>8), byte(rows), byte(rows>>8))
	for y := y0; y < y1; y++ {
		b.buf = appendBits(b.buf, img, y, width)
	}
}

// QR has the printer draw text as a QR code with modules of that many dots and correction level M
// (GS ( k, functions 167, 169, 180 and 181). Model 2 is what ESC @ sets, so function 165 is not sent.
// text must be cleaned and at most 300 bytes.
func (b *Builder) QR(text string, module int) {
	if len(text) == 0 || len(text) > maxQR {
		panic(fmt.Sprintf("escpos: QR text of %d bytes is not from 1 to %d", len(text), maxQR))
	}
	b.qrFunc('C', in("module", module, minModule, maxModule))
	b.qrFunc('E', '1')
	b.qrFunc('P', append([]byte{'0'}, text...)...)
	b.qrFunc('Q', '0')
}

// qrFunc appends one function of GS ( k for symbol type 49 (QR).
func (b *Builder) qrFunc(fn byte, args ...byte) {
	n := 2 + len(args)
	b.put(gs, '(', 'k', byte(n), byte(n>>8), '1', fn)
	b.put(args...)
}

// AskStatus requests one of the four state bytes, out of turn (DLE EOT n).
func (b *Builder) AskStatus(n int) { b.put(dle, eot, in("status", n, 1, 4)) }

// AskReceipt requests the paper sensor's state in turn (GS r 1): the answer comes when all that
// was sent before has been printed.
func (b *Builder) AskReceipt() { b.put(gs, 'r', 1) }

// AskAuto has the printer tell its state in four bytes, now and at each change of paper, cover,
// errors or being on line (GS a 14). Unlike AskStatus it is obeyed in turn.
func (b *Builder) AskAuto() { b.put(gs, 'a', autoAll) }

// Discard has the printer drop what it holds and recover from an error (DLE ENQ 2), so that an
// old slip does not come out after new paper is put in.
func (b *Builder) Discard() { b.put(dle, enq, 2) }

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// in returns v as a byte, and panics if it is outside the command's range.
func in(what string, v, lo, hi int) byte {
	if v < lo || v > hi {
		panic(fmt.Sprintf("escpos: %s %d is not from %d to %d", what, v, lo, hi))
	}
	return byte(v)
}
