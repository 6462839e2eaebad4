package sign

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// checks are the kinds of check.
var checks = []string{"sum8", "xor8", "crc16-modbus", "crc16-xmodem"}

// encodings are the ways to write text; nil is text as it is.
var encodings = map[string]encoding.Encoding{
	"gb2312": simplifiedchinese.GBK, "gbk": simplifiedchinese.GBK, "gb18030": simplifiedchinese.GB18030, "utf-8": nil, "ascii": nil,
}

// clean takes out what is no text: control characters, which could end a frame, and
// marks that only change how others look.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

// encode writes one character, or a question mark when the encoding does not have it.
func (p *Profile) encode(r rune) []byte {
	switch p.Encoding {
	case "utf-8":
		return []byte(string(r))
	case "ascii":
		if r > unicode.MaxASCII {
			return []byte{'?'}
		}
		return []byte{byte(r)}
	}
	b, err := encodings[p.Encoding].NewEncoder().Bytes([]byte(string(r)))
	if err != nil || p.Encoding == "gb2312" && len(b) == 2 && (b[0] < 0xa1 || b[0] > 0xf7 || b[1] < 0xa1) {
		return []byte{'?'}
	}
	return b
}

// cell writes one character for a sign of columns, and tells how many it takes: what an encoding writes in two bytes
// or more is as wide as a Chinese character. One that it does not have is a question mark of the same width, so that the
// number of bytes, which registers count in pairs, stays that of the columns.
func (p *Profile) cell(r rune) (b []byte, columns int) {
	b = p.encode(r)
	switch {
	case r >= 0x1100 && len(b) == 1:
		return append(b, ' '), 2
	case r >= 0x1100 || len(b) > 1 && p.Encoding != "utf-8":
		return b, 2
	}
	return b, 1
}

// Width is how many columns text takes on the sign.
func (p *Profile) Width(text string) int {
	n := 0
	for _, r := range clean(text) {
		_, columns := p.cell(r)
		n += columns
	}
	return n
}

// text encodes a text for the sign: centred in its columns and cut behind a whole character.
func (p *Profile) text(s string) []byte {
	var out []byte
	room, s := p.Columns, clean(s)
	if room > 0 {
		out = append(out, strings.Repeat(" ", max(0, room-p.Width(s))/2)...)
		room -= len(out)
	}
	for _, r := range s {
		b, columns := p.cell(r)
		if p.Columns > 0 && columns > room || len(out)+len(b) > TextMax {
			break
		}
		room -= columns
		out = append(out, b...)
	}
	if p.Columns > 0 {
		out = append(out, strings.Repeat(" ", room)...)
	}
	return out
}

// values are what a frame's parts are filled with.
type values struct {
	address int
	text    []byte
	level   int
}

// build puts a frame together: first what stands by itself, then the lengths, then the checks
// from the left.
func build(parts []Part, v values) []byte {
	pieces := make([][]byte, len(parts))
	for i, p := range parts {
		switch p.Put {
		case "bytes":
			b, err := hex.DecodeString(p.Hex)
			if err != nil {
				panic(fmt.Sprintf("sign: hex %q", p.Hex)) // Validate has seen it
			}
			pieces[i] = b
		case "address":
			pieces[i] = p.number(v.address)
		case "level":
			pieces[i] = p.number(v.level)
		case "text":
			pieces[i] = v.text
		case "length":
			pieces[i] = p.number(0)
		case "check":
			pieces[i] = p.number(0)
		}
	}
	cover := func(p Part) []byte {
		var b []byte
		for _, piece := range pieces[p.Of[0] : p.Of[1]+1] {
			b = append(b, piece...)
		}
		return b
	}
	for i, p := range parts {
		if p.Put == "length" {
			pieces[i] = p.number(len(cover(p))/max(p.Per, 1) + p.Add)
		}
	}
	var frame []byte
	for i, p := range parts {
		if p.Put == "check" {
			pieces[i] = p.number(sum(p.Kind, cover(p)))
		}
		frame = append(frame, pieces[i]...)
	}
	return frame
}

// number writes n in the part's size, order and form.
func (p Part) number(n int) []byte {
	b := []byte{byte(n)}
	if p.Size == 2 || strings.HasPrefix(p.Kind, "crc16") {
		b = []byte{byte(n >> 8), byte(n)}
		if p.Little {
			b[0], b[1] = b[1], b[0]
		}
	}
	if p.ASCII {
		return []byte(strings.ToUpper(hex.EncodeToString(b)))
	}
	return b
}

// sum computes a check. The CRCs are those of Modbus over serial line 1.02, section 2.5.1.2, and
// of XMODEM (ITU-T V.41 with a start of 0).
func sum(kind string, b []byte) int {
	var s uint16
	if kind == "crc16-modbus" {
		s = 0xffff
	}
	for _, c := range b {
		switch kind {
		case "sum8":
			s = (s + uint16(c)) & 0xff
		case "xor8":
			s ^= uint16(c)
		case "crc16-modbus":
			s ^= uint16(c)
			for range 8 {
				low := s & 1
				s >>= 1
				if low != 0 {
					s ^= 0xa001
				}
			}
		case "crc16-xmodem":
			s ^= uint16(c) << 8
			for range 8 {
				high := s & 0x8000
				s <<= 1
				if high != 0 {
					s ^= 0x1021
				}
			}
		}
	}
	return int(s)
}
