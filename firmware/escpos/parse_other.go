package escpos

import "fmt"

// What other encoders send and this package does not: each at the values that it can print, so
// that a picture of their bytes is what a printer gives.

// parseDistance parses GS L, GS W, ESC $ and ESC \ with two bytes of dots.
func parseDistance(p []byte) (Command, int, error) {
	const n = 4
	if len(p) < n {
		return Command{}, 0, ErrShort
	}
	c := Command{Op: OpPosition, N: int(p[2]) | int(p[3])<<8}
	switch p[1] {
	case 'L':
		c.Op = OpMargin
	case 'W':
		c.Op = OpArea
	case '\\':
		c.Op = OpMove
	}
	if c.N > maxDots {
		return Command{}, 0, fmt.Errorf("distance of %d dots in % x is not from 0 to %d", c.N, p[:2], maxDots)
	}
	return c, n, nil
}

// parsePlain parses FS S 0 0 (no space around Chinese) and FS ( A with font A.
func parsePlain(p []byte) (Command, int, error) {
	for _, known := range []string{"\x1cS\x00\x00", "\x1c(A\x02\x0000", "\x1c(A\x02\x000\x00"} {
		n := min(len(p), len(known))
		if string(p[:n]) != known[:n] {
			continue
		}
		if n < len(known) {
			return Command{}, 0, ErrShort
		}
		return Command{Op: OpPlain}, n, nil
	}
	return Command{}, 0, fmt.Errorf("% x is not FS S 0 0 or FS ( A with font A", p[:min(len(p), 7)])
}

// parseGraphics parses GS ( L and GS 8 L, which have two and four bytes of length: a picture of
// one colour at its own size is stored (function 112) or what is stored is printed (function 50).
func parseGraphics(p []byte, lengthBytes int) (Command, int, error) {
	head := 3 + lengthBytes // to the length, with GS ( L or GS 8 L
	if len(p) < head {
		return Command{}, 0, ErrShort
	}
	size := 0
	for i, b := range p[3:head] {
		size |= int(b) << (8 * i)
	}
	if p[2] != 'L' || size < 2 || size > maxGraphics {
		return Command{}, 0, fmt.Errorf("graphics % x with %d bytes is not GS ( L or GS 8 L with 2 to %d", p[:3], size, maxGraphics)
	}
	if len(p) < head+size {
		return Command{}, 0, ErrShort
	}
	body := p[head : head+size]
	if fn := string(body); fn == "02" || fn == "0\x02" {
		return Command{Op: OpStored}, head + size, nil
	}
	const fields = 10
	if size < fields || string(body[:5]) != "0p0\x01\x01" || body[5] != '1' {
		return Command{}, 0, fmt.Errorf("graphics function % x is not 30 70 30 01 01 31 (store) or 30 32 (print)", body[:min(size, 6)])
	}
	width, rows := int(body[6])|int(body[7])<<8, int(body[8])|int(body[9])<<8
	stride := (width + 7) / 8
	if width == 0 || rows == 0 || width > maxDots || size != fields+stride*rows {
		return Command{}, 0, fmt.Errorf("picture of %d by %d dots is empty, wider than %d or not %d bytes", width, rows, maxDots, size-fields)
	}
	return Command{Op: OpStore, Width: stride, Data: body[fields:]}, head + size, nil
}

// maxGraphics bounds a stored picture in bytes: 512 lines of the widest head.
const maxGraphics = 10 + 512*maxDots/8

// katakana decodes the upper half of code page 1: blocks and lines of Epson's, and the half-width
// katakana of JIS X 0201. The signs from 0xe0 differ between printers.
func katakana(b byte) (rune, int, error) {
	const lines = "▁▂▃▄▅▆▇█▏▎▍▌▋▊▉┼┴┬┤├▔─│▕┌┐└┘╭╮╰╯"
	switch {
	case b < 0xa0:
		return []rune(lines)[b-0x80], 1, nil
	case b > 0xa0 && b < 0xe0:
		return rune(b) - 0xa0 + 0xff60, 1, nil
	}
	return 0, 0, fmt.Errorf("%02x is not in code page 1", b)
}
