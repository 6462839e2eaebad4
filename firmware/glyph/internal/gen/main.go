// Command gen makes the font data of package glyph: narrow.bin and wide.bin.gz from
// GNU Unifont, panel.bin from panel.txt, small.bin from panel.txt and small.txt, slim.bin
// from slim.txt, ticket.bin from the font Go Bold.
//
// Run it by go generate in the package's folder on a Debian machine with the package unifont.
// The same sources give the same bytes.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// blocks are the ranges of characters that are taken from Unifont.
var blocks = []struct{ first, last rune }{
	{0x0020, 0x024f}, // Latin, with all letters of pinyin and of European languages
	{0x02c7, 0x02cb}, // tone marks that stand alone
	{0x0370, 0x045f}, // Greek and Russian
	{0x1e00, 0x1eff}, // more Latin: Zhuang, Vietnamese
	{0x2000, 0x206f}, // punctuation
	{0x20a0, 0x218b}, // currencies, letter-like symbols, number forms
	{0x2190, 0x22ff}, // arrows, mathematics
	{0x2312, 0x2312}, // arc
	{0x2460, 0x27bf}, // circled numbers, boxes, symbols, dingbats
	{0x2e80, 0x303f}, // radicals, CJK symbols and punctuation
	{0x3040, 0x312f}, // kana, bopomofo
	{0x3200, 0x33ff}, // enclosed and squared CJK
	{0x3400, 0x4dbf}, // Han extension A: names of people and places
	{0x4e00, 0x9fff}, // Han
	{0xa000, 0xa4cf}, // Yi
	{0xf900, 0xfaff}, // Han compatibility
	{0xff00, 0xffef}, // fullwidth forms
}

func main() {
	unifont := flag.String("unifont", "/usr/share/unifont/unifont.hex", "Unifont in hex form")
	dir := flag.String("dir", ".", "folder of package glyph")
	flag.Parse()
	if err := run(*unifont, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(unifont, dir string) error {
	narrow, wide, err := pack(unifont)
	if err != nil {
		return err
	}
	drawn, err := readGlyphs(filepath.Join(dir, "panel.txt"), 5)
	if err != nil {
		return err
	}
	more, err := readGlyphs(filepath.Join(dir, "small.txt"), 5)
	if err != nil {
		return err
	}
	slim, err := readGlyphs(filepath.Join(dir, "slim.txt"), 4)
	if err != nil {
		return err
	}
	ticket, err := packTicket()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(wide); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	for name, data := range map[string][]byte{"narrow.bin": narrow, "wide.bin.gz": packed.Bytes(),
		"panel.bin": packPanel(drawn), "small.bin": packSmall(append(more, drawn...), 6), "slim.bin": packSmall(slim, 5), "ticket.bin": ticket} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack reads lines of the form "53F7:0000…", sorted by code point, with 16 bytes
// for a narrow cell and 32 for a wide one.
func pack(path string) (narrow, wide []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		point, cell, _ := strings.Cut(lines.Text(), ":")
		n, err := strconv.ParseUint(point, 16, 16)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: code point %q: %w", path, point, err)
		}
		if !wanted(rune(n)) {
			continue
		}
		rows, err := hex.DecodeString(cell)
		if err != nil || len(rows) != 16 && len(rows) != 32 {
			return nil, nil, fmt.Errorf("%s: %s: cell of %d bytes, must be 16 or 32", path, point, len(rows))
		}
		out := &narrow
		if len(rows) == 32 {
			out = &wide
		}
		*out = append(binary.BigEndian.AppendUint16(*out, uint16(n)), rows...)
	}
	return narrow, wide, lines.Err()
}

// wanted leaves out what has no picture of its own: Unifont draws a dashed box with the
// character's abbreviation there, which nobody wants to read on a panel.
func wanted(r rune) bool {
	if !unicode.IsGraphic(r) || unicode.In(r, unicode.Mn, unicode.Me) {
		return false
	}
	for _, b := range blocks {
		if b.first <= r && r <= b.last {
			return true
		}
	}
	return false
}

// glyph is a character of 4 or 5 by 8 dots.
type glyph struct {
	char byte
	dots *image.Gray
}

// readGlyphs reads glyphs of w by 8 dots, each below a line with its character.
func readGlyphs(path string, w int) ([]glyph, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []glyph
	for block := range strings.SplitSeq(strings.TrimRight(string(text), "\n"), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) != 9 || len(lines[0]) != 1 {
			return nil, fmt.Errorf("%s: glyph %q has %d lines, must be its character and 8 rows", path, lines[0], len(lines))
		}
		small := image.NewGray(image.Rect(0, 0, w, 8))
		for y, row := range lines[1:] {
			if len(row) != w {
				return nil, fmt.Errorf("%s: glyph %q row %q, must be %d dots", path, lines[0], row, w)
			}
			for x, dot := range []byte(row) {
				if dot == '#' {
					small.Pix[small.PixOffset(x, y)] = 0xff
				}
			}
		}
		all = append(all, glyph{lines[0][0], small})
	}
	return all, nil
}

// packPanel doubles the glyphs to 10 by 16 dots with rounded corners, in a cell of 12 by 16.
func packPanel(all []glyph) []byte {
	var out []byte
	for _, g := range all {
		out = binary.BigEndian.AppendUint16(out, uint16(g.char))
		out = appendCell(out, double(g.dots), 1, 12, 16)
	}
	return out
}

// packSmall puts the glyphs as they are into cells of w by 8 dots, sorted.
func packSmall(all []glyph, w int) []byte {
	slices.SortFunc(all, func(a, b glyph) int { return int(a.char) - int(b.char) })
	var out []byte
	for _, g := range all {
		out = binary.BigEndian.AppendUint16(out, uint16(g.char))
		out = appendCell(out, g.dots, 0, w, 8)
	}
	return out
}

// appendCell appends a cell of w by h dots with src moved right by dx.
func appendCell(out []byte, src *image.Gray, dx, w, h int) []byte {
	stride := (w + 7) / 8
	rows := bytes.Repeat([]byte{0}, stride*h)
	for y := range h {
		for x := range w {
			if src.GrayAt(x-dx, y).Y >= 0x80 {
				rows[y*stride+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return append(out, rows...)
}
