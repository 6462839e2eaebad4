package escpos

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Op is the kind of a command.
type Op uint8

// The commands that Parse knows, and what the fields of Command hold for each.
const (
	OpText     Op = iota + 1 // Text; N is 1 if it has characters from 0x80 of a code page: all are half-width then
	OpLine                   // LF
	OpInit                   // ESC @
	OpAlign                  // ESC a: N is an Align
	OpSize                   // GS !: Size
	OpBold                   // ESC E: N is 0 or 1
	OpChinese                // FS & and FS .: N is 1 or 0
	OpCodePage               // ESC t: N
	OpNational               // ESC R: N
	OpFeed                   // ESC J: N dots
	OpLines                  // ESC d: N lines
	OpRaster                 // GS v 0: Width bytes a line, Data is the bits
	OpQR                     // GS ( k: N is the function byte; Text the stored text, or Data the argument
	OpCut                    // GS V: N dots are fed first
	OpStatus                 // DLE EOT: N from 1 to 4
	OpReceipt                // GS r: N is 1
	OpDiscard                // DLE ENQ: N is 1 or 2
	OpAuto                   // GS a: N is what the printer tells of itself

	// The commands of other encoders. This package prints them and does not send them.
	OpPlain            // ESC M, ESC SP, ESC {, FS S, FS C, FS ( A: a setting at its plain value, the only one that is known
	OpSpacing          // ESC 3: N dots from line to line; ESC 2: N is -1, the usual ones
	OpUnderline        // ESC -: N is 0 to 2 dots, under half-width characters
	OpUnderlineChinese // FS -: N is 0 to 2 dots, under two-byte characters
	OpInvert           // GS B: N is 0 or 1
	OpMargin           // GS L: N dots
	OpArea             // GS W: N dots
	OpPosition         // ESC $: N dots from the margin
	OpMove             // ESC \: N dots to the right
	OpStore            // GS ( L and GS 8 L, function 112: Width bytes a line, Data is the bits
	OpStored           // GS ( L and GS 8 L, function 50: what is stored is printed
)

// Command is one command of a printer's input.
type Command struct {
	Op    Op
	N     int    // the argument; see Op
	Size  Size   // of OpSize
	Width int    // of OpRaster and OpStore, bytes a line
	Text  string // of OpText and of OpQR with function 'P'
	Data  []byte // of OpRaster and OpQR; part of the input, not a copy
}

// maxRaster bounds one picture command: a full band of the widest head, twice.
const maxRaster = 2 * maxBand * maxDots / 8

// ErrShort means that the input ends in the middle of a command. It wraps io.ErrUnexpectedEOF.
var ErrShort = fmt.Errorf("command is not complete: %w", io.ErrUnexpectedEOF)

// Parse splits p into commands. It is strict: a byte that begins no known command, an argument
// out of range, a broken Chinese character or an unfinished command is an error that names the
// offset in p. The commands before it are returned with the error.
func Parse(p []byte) ([]Command, error) {
	var d Decoder
	var cmds []Command
	for off := 0; off < len(p); {
		c, n, err := d.Next(p[off:])
		if err != nil {
			return cmds, fmt.Errorf("escpos: offset %d: %w", off, err)
		}
		cmds = append(cmds, c)
		off += n
	}
	return cmds, nil
}

// Decoder splits a stream into commands. It remembers Chinese mode and the code page, which
// decide what text bytes mean. The zero Decoder is a printer after power on.
type Decoder struct {
	chinese  bool
	codePage int
}

// Next returns the command at the start of p and its length in bytes. It returns ErrShort if p
// ends before the command does; then more input is needed. After another error nothing is
// consumed, and a caller that goes on may skip a byte.
func (d *Decoder) Next(p []byte) (Command, int, error) {
	if len(p) == 0 {
		return Command{}, 0, ErrShort
	}
	switch p[0] {
	case lf:
		return Command{Op: OpLine}, 1, nil
	case dle, esc, fs, gs:
		if len(p) < 2 {
			return Command{}, 0, ErrShort
		}
	default:
		return d.text(p)
	}
	c, n, err := parseCommand(p)
	if err != nil {
		return Command{}, 0, err
	}
	switch c.Op {
	case OpInit:
		*d = Decoder{}
	case OpChinese:
		d.chinese = c.N == 1
	case OpCodePage:
		if codePage(c.N) == nil {
			return Command{}, 0, fmt.Errorf("code page %d is not 0 (PC437), 1 (Katakana) or 16 (Windows-1252)", c.N)
		}
		d.codePage = c.N
	}
	return c, n, nil
}

// fixed is the table of commands with at most one argument byte from lo to hi. With digits the
// digits from lo to hi mean the same.
var fixed = [...]struct {
	lead   [2]byte
	op     Op
	args   int
	lo, hi byte
	digits bool
}{
	{[2]byte{dle, eot}, OpStatus, 1, 1, 4, false},
	{[2]byte{dle, enq}, OpDiscard, 1, 1, 2, false},
	{[2]byte{esc, ' '}, OpPlain, 1, 0, 0, false},
	{[2]byte{esc, '-'}, OpUnderline, 1, 0, 2, true},
	{[2]byte{esc, '2'}, OpSpacing, 0, 0, 0, false},
	{[2]byte{esc, '3'}, OpSpacing, 1, 0, 255, false},
	{[2]byte{esc, '@'}, OpInit, 0, 0, 0, false},
	{[2]byte{esc, 'a'}, OpAlign, 1, 0, 2, true},
	{[2]byte{esc, 'd'}, OpLines, 1, 0, 255, false},
	{[2]byte{esc, 'E'}, OpBold, 1, 0, 1, true},
	{[2]byte{esc, 'J'}, OpFeed, 1, 0, 255, false},
	{[2]byte{esc, 'M'}, OpPlain, 1, 0, 0, true},
	{[2]byte{esc, 'R'}, OpNational, 1, 0, 17, false},
	{[2]byte{esc, 't'}, OpCodePage, 1, 0, 255, false},
	{[2]byte{esc, '{'}, OpPlain, 1, 0, 0, true},
	{[2]byte{fs, '-'}, OpUnderlineChinese, 1, 0, 2, true},
	{[2]byte{fs, '&'}, OpChinese, 0, 0, 0, false},
	{[2]byte{fs, '.'}, OpChinese, 0, 0, 0, false},
	{[2]byte{fs, 'C'}, OpPlain, 1, 0, 0, true},
	{[2]byte{gs, '!'}, OpSize, 1, 0, 0x77, false},
	{[2]byte{gs, 'B'}, OpInvert, 1, 0, 1, true},
	{[2]byte{gs, 'r'}, OpReceipt, 1, 1, 1, true},
	{[2]byte{gs, 'a'}, OpAuto, 1, 0, 255, false},
}

// parseCommand parses a command that begins with DLE, ESC, FS or GS. p has at least two bytes.
func parseCommand(p []byte) (Command, int, error) {
	i := 0
	for i < len(fixed) && fixed[i].lead != [2]byte(p) {
		i++
	}
	if i == len(fixed) {
		return parseLong(p)
	}
	f := &fixed[i]
	n := 2 + f.args
	if len(p) < n {
		return Command{}, 0, ErrShort
	}
	c := Command{Op: f.op}
	if f.args == 1 {
		arg := p[2]
		if f.digits && arg >= '0'+f.lo && arg <= '0'+f.hi {
			arg -= '0'
		}
		if arg < f.lo || arg > f.hi || f.op == OpSize && arg&0x88 != 0 {
			return Command{}, 0, fmt.Errorf("argument %d of % x is not from %d to %d", arg, p[:2], f.lo, f.hi)
		}
		c.N = int(arg)
	}
	switch f.op {
	case OpChinese:
		c.N = int(bit(p[1] == '&'))
	case OpSpacing:
		if f.args == 0 {
			c.N = -1
		}
	case OpSize:
		c.Size = Size{W: int(p[2]>>4) + 1, H: int(p[2]&0x0f) + 1}
	}
	return c, n, nil
}

// parseLong parses the commands whose length is in their arguments.
func parseLong(p []byte) (Command, int, error) {
	switch [2]byte(p) {
	case [2]byte{gs, 'V'}:
		return parseCut(p)
	case [2]byte{gs, 'v'}:
		return parseRaster(p)
	case [2]byte{gs, '('}:
		if len(p) > 2 && p[2] == 'L' {
			return parseGraphics(p, 2)
		}
		return parseQR(p)
	case [2]byte{gs, '8'}:
		return parseGraphics(p, 4)
	case [2]byte{gs, 'L'}, [2]byte{gs, 'W'}, [2]byte{esc, '$'}, [2]byte{esc, '\\'}:
		return parseDistance(p)
	case [2]byte{fs, 'S'}, [2]byte{fs, '('}:
		return parsePlain(p)
	}
	return Command{}, 0, fmt.Errorf("% x begins no known command", p[:2])
}

// parseCut parses GS V: forms 0, 1, 48 and 49 cut here, 65 and 66 feed first.
func parseCut(p []byte) (Command, int, error) {
	if len(p) < 3 {
		return Command{}, 0, ErrShort
	}
	switch p[2] {
	case 0, 1, '0', '1':
		return Command{Op: OpCut}, 3, nil
	case 'A', 'B':
		if len(p) < 4 {
			return Command{}, 0, ErrShort
		}
		return Command{Op: OpCut, N: int(p[3])}, 4, nil
	}
	return Command{}, 0, fmt.Errorf("cut form %d is not 0, 1, 48, 49, 65 or 66", p[2])
}

// parseRaster parses GS v 0 with normal density.
func parseRaster(p []byte) (Command, int, error) {
	const head = 8
	if len(p) < head {
		return Command{}, 0, ErrShort
	}
	if p[2] != '0' || p[3] != 0 && p[3] != '0' {
		return Command{}, 0, fmt.Errorf("picture form % x is not 30 00", p[2:4])
	}
	width := int(p[4]) | int(p[5])<<8
	rows := int(p[6]) | int(p[7])<<8
	if width == 0 || rows == 0 || width > maxDots/8 || width*rows > maxRaster {
		return Command{}, 0, fmt.Errorf("picture of %d bytes by %d lines is empty, wider than %d bytes or larger than %d bytes",
			width, rows, maxDots/8, maxRaster)
	}
	n := head + width*rows
	if len(p) < n {
		return Command{}, 0, ErrShort
	}
	return Command{Op: OpRaster, Width: width, Data: p[head:n]}, n, nil
}

// parseQR parses GS ( k for symbol type 49.
func parseQR(p []byte) (Command, int, error) {
	const head = 5
	if len(p) < head {
		return Command{}, 0, ErrShort
	}
	size := int(p[3]) | int(p[4])<<8
	if p[2] != 'k' || size < 3 || size > maxQR+3 {
		return Command{}, 0, fmt.Errorf("GS ( with % x is not a QR function of 3 to %d bytes", p[2:head], maxQR+3)
	}
	n := head + size
	if len(p) < n {
		return Command{}, 0, ErrShort
	}
	c := Command{Op: OpQR, N: int(p[6]), Data: p[7:n]}
	lo, hi, want := byte(0), byte(0), 1
	switch p[6] {
	case 'A':
		lo, hi, want = '1', '2', 2
	case 'C':
		lo, hi = 1, maxModule
	case 'E':
		lo, hi = '0', '3'
	case 'P':
		lo, hi, want = '0', '0', len(c.Data)
		c.Text = string(c.Data[1:])
	case 'Q':
		lo, hi = '0', '0'
	}
	if p[5] != '1' || len(c.Data) != want || c.Data[0] < lo || c.Data[0] > hi {
		return Command{}, 0, fmt.Errorf("QR function % x is not known", p[5:min(n, 12)])
	}
	return c, n, nil
}

// text returns the longest run of text at the start of p. A lone first half of a Chinese
// character at the end of p is left for the next call.
func (d *Decoder) text(p []byte) (Command, int, error) {
	var text []rune
	i, narrow := 0, false
	for i < len(p) && len(text) < maxText {
		r, n, err := d.char(p[i:])
		if err != nil && i == 0 {
			return Command{}, 0, err
		}
		if err != nil {
			break
		}
		text = append(text, r)
		narrow = narrow || r >= 0x80 && !d.chinese
		i += n
	}
	return Command{Op: OpText, N: int(bit(narrow)), Text: string(text)}, i, nil
}

// char returns the character at the start of p and its length.
func (d *Decoder) char(p []byte) (rune, int, error) {
	b := p[0]
	switch {
	case b < 0x20 || b == 0x7f:
		return 0, 0, fmt.Errorf("%02x begins no known command", b)
	case b < 0x80:
		return rune(b), 1, nil
	case !d.chinese:
		return codePage(d.codePage)(b)
	case len(p) < 2:
		return 0, 0, ErrShort
	case !isGBK(b, p[1]):
		return 0, 0, fmt.Errorf("% x is not a two-byte Chinese character", p[:2])
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(p[:2])
	if err != nil || string(s) == "\ufffd" {
		return 0, 0, errors.Join(fmt.Errorf("% x is not a Chinese character", p[:2]), err)
	}
	return []rune(string(s))[0], 2, nil
}

// codePage returns what char returns for bytes from 0x80 in the table of an ESC t argument, or
// nil if Parse does not know it.
func codePage(n int) func(byte) (rune, int, error) {
	one := func(table func(byte) rune) func(byte) (rune, int, error) {
		return func(b byte) (rune, int, error) { return table(b), 1, nil }
	}
	switch n {
	case 0:
		return one(fromPC437)
	case 1:
		return katakana
	case 16:
		return one(fromWindows1252)
	}
	return nil
}
