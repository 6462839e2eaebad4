package sim

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/text/encoding/simplifiedchinese"

	"jiaohao/firmware/glyph"
	"jiaohao/firmware/sign"
)

const (
	signPitch  = 5  // distance of two LEDs in a sign's picture, in pixels
	signHeight = 18 // of a sign, in LEDs: 16 of a letter, and an edge
)

// Signs are LED signs on one serial bus: give it to sign.New as the bus. Each Write is a frame. A byte that a
// real sign of that profile would not understand is an error; a frame for an address that nobody has is lost, as on a wire.
type Signs struct {
	profile sign.Profile

	mu      sync.Mutex // several viewers read while the driver writes
	out     bool
	signs   map[int]*oneSign
	order   []int
	answers bytes.Buffer
	frames  [][]byte
}

type oneSign struct {
	text  string
	level int
	mute  bool
}

// NewSigns returns dark signs with these addresses.
func NewSigns(p sign.Profile, addresses ...int) (*Signs, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("sim: signs: %w", err)
	}
	s := &Signs{profile: p, signs: map[int]*oneSign{}, order: addresses}
	for _, a := range addresses {
		s.signs[a] = &oneSign{level: -1}
	}
	return s, nil
}

// Unplug pulls the bus adapter out of the machine: reads and writes fail.
func (s *Signs) Unplug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = true
}

// Plug puts it back.
func (s *Signs) Plug() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = false
}

// Unplugged reports whether the adapter is out.
func (s *Signs) Unplugged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
}

// Mute takes one sign off the bus, or puts it back, dark. Where the profile has no answer nobody notices.
func (s *Signs) Mute(address int, mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.signs[address] = oneSign{level: -1, mute: mute}
}

// Text is what the sign shows, without the spaces around it.
func (s *Signs) Text(address int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(s.signs[address].text)
}

// Level is the brightness that was set by a frame, or -1.
func (s *Signs) Level(address int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signs[address].level
}

// Frames returns all frames so far, oldest first.
func (s *Signs) Frames() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.frames...)
}

// Read returns what signs have answered, or [os.ErrDeadlineExceeded] as a port does.
func (s *Signs) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out {
		return 0, fmt.Errorf("sim: signs: %w", syscall.EIO)
	}
	if s.answers.Len() == 0 {
		return 0, fmt.Errorf("sim: signs: %w", os.ErrDeadlineExceeded)
	}
	return s.answers.Read(b)
}

// Write takes one frame.
func (s *Signs) Write(frame []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out {
		return 0, fmt.Errorf("sim: signs: %w", syscall.EIO)
	}
	s.frames = append(s.frames, bytes.Clone(frame))
	s.answers.Reset()
	got, err := read(s.profile.Text, frame)
	if err != nil && len(s.profile.Level) > 0 {
		level, other := read(s.profile.Level, frame)
		if err = errors.Join(err, other); other == nil {
			got, err = level, nil
		}
	}
	if err != nil {
		return 0, fmt.Errorf("sim: signs: frame % x: %w", frame, err)
	}
	text, err := decode(s.profile.Encoding, got.text)
	if err != nil {
		return 0, fmt.Errorf("sim: signs: text % x: %w", got.text, err)
	}
	one := s.signs[got.address]
	if one == nil || one.mute {
		return len(frame), nil
	}
	if got.level >= 0 {
		one.level = got.level
	} else {
		one.text = text
	}
	s.answers.Write(answer(s.profile.Answer, got.address))
	return len(frame), nil
}

// received is what a frame says.
type received struct {
	address, level int
	text           []byte
}

// read takes a frame apart from the left: all but the text has a known length, so the text is what is left.
func read(parts []sign.Part, frame []byte) (received, error) {
	got := received{address: -1, level: -1}
	pieces, err := split(parts, frame)
	if err != nil {
		return got, err
	}
	for i, p := range parts {
		piece := pieces[i]
		want := -1
		switch p.Put {
		case "bytes":
			if hex.EncodeToString(piece) != strings.ToLower(p.Hex) {
				return got, fmt.Errorf("part %d is % x, must be %s", i, piece, p.Hex)
			}
			continue
		case "text":
			got.text = piece
			continue
		case "length":
			want = len(bytes.Join(pieces[p.Of[0]:p.Of[1]+1], nil))/max(p.Per, 1) + p.Add
		case "check":
			want = crc(p.Kind, bytes.Join(pieces[p.Of[0]:p.Of[1]+1], nil))
		}
		n, err := value(p, piece)
		if err != nil || want >= 0 && n != want {
			return got, fmt.Errorf("part %d (%s) is %d, must be %d: %w", i, p.Put, n, want, errors.Join(err, errWrong))
		}
		switch p.Put {
		case "address":
			got.address = n
		case "level":
			got.level = n
		}
	}
	return got, nil
}

var errWrong = errors.New("a real sign would drop the frame")

func split(parts []sign.Part, frame []byte) ([][]byte, error) {
	sizes, free, total := make([]int, len(parts)), -1, 0
	for i, p := range parts {
		switch {
		case p.Put == "bytes":
			sizes[i] = len(p.Hex) / 2
		case p.Put == "text":
			free = i
		default:
			sizes[i] = max(p.Size, 1)
			if strings.HasPrefix(p.Kind, "crc") {
				sizes[i] = 2
			}
			if p.ASCII {
				sizes[i] *= 2
			}
		}
		total += sizes[i]
	}
	if len(frame) < total || free < 0 && len(frame) != total {
		return nil, fmt.Errorf("%d bytes, must be %d", len(frame), total)
	}
	if free >= 0 {
		sizes[free] = len(frame) - total
	}
	var pieces [][]byte
	for _, size := range sizes {
		pieces = append(pieces, frame[:size])
		frame = frame[size:]
	}
	return pieces, nil
}

// value reads a number.
func value(p sign.Part, piece []byte) (int, error) {
	if p.ASCII {
		n, err := strconv.ParseUint(string(piece), 16, 32)
		return int(n), err
	}
	n := 0
	for i := range piece {
		at := i
		if p.Little {
			at = len(piece) - 1 - i
		}
		n = n<<8 | int(piece[at])
	}
	return n, nil
}

// crc computes a check bit by bit, not as the driver does it.
func crc(kind string, b []byte) int {
	switch kind {
	case "sum8", "xor8":
		n := 0
		for _, c := range b {
			if kind == "sum8" {
				n += int(c)
			} else {
				n ^= int(c)
			}
		}
		return n & 0xff
	}
	// A division of polynomials over the message's bits: Modbus takes each byte from its lowest bit.
	register, poly, reflected := 0, 0x1021, false
	if kind == "crc16-modbus" {
		register, poly, reflected = 0xffff, 0x8005, true
	}
	for _, c := range b {
		for i := range 8 {
			bit := int(c>>(7-i)) & 1
			if reflected {
				bit = int(c>>i) & 1
			}
			top := register>>15&1 ^ bit
			register = register << 1 & 0xffff
			if top == 1 {
				register ^= poly
			}
		}
	}
	if !reflected {
		return register
	}
	turned := 0
	for i := range 16 {
		turned |= register >> i & 1 << (15 - i)
	}
	return turned
}

func answer(parts []sign.Part, address int) []byte {
	var pieces [][]byte
	for _, p := range parts {
		var b []byte
		switch p.Put {
		case "bytes":
			b, _ = hex.DecodeString(p.Hex) // the profile was checked
		case "address":
			b = number(p, address)
		case "check":
			b = number(p, crc(p.Kind, bytes.Join(pieces[p.Of[0]:p.Of[1]+1], nil)))
		}
		pieces = append(pieces, b)
	}
	return bytes.Join(pieces, nil)
}

func number(p sign.Part, n int) []byte {
	b := []byte{byte(n)}
	if p.Size == 2 || strings.HasPrefix(p.Kind, "crc") {
		b = []byte{byte(n >> 8), byte(n)}
	}
	if p.Little && len(b) == 2 {
		b[0], b[1] = b[1], b[0]
	}
	if p.ASCII {
		b = []byte(fmt.Sprintf("%X", b))
	}
	return b
}

func decode(encoding string, b []byte) (string, error) {
	switch encoding {
	case "gb2312", "gbk", "gb18030":
		b, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
		return string(b), err
	}
	return string(b), nil
}

// Size returns the dots of all signs one below the other.
func (s *Signs) Size() (w, h int) {
	if w = s.profile.Columns * 8; w == 0 {
		w = 128
	}
	return w, signHeight * len(s.order)
}

// Rows returns the dots that shine: rows from the top down, most significant bit left.
func (s *Signs) Rows() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.field().Pix
}

// field draws the texts as the signs' LEDs show them.
func (s *Signs) field() *glyph.Bitmap {
	w, h := s.Size()
	field := glyph.NewBitmap(w, h)
	for i, address := range s.order {
		text := s.signs[address].text
		if s.profile.Columns == 0 { // centred, or from its beginning where it scrolls
			text = strings.TrimSpace(text)
			glyph.Draw(field, max(0, (w-glyph.Width(text, 1))/2), i*signHeight+1, text, 1)
			continue
		}
		glyph.Draw(field, 0, i*signHeight+1, text, 1)
	}
	return field
}

// Image returns a picture of all signs one below the other, as their LEDs show their texts.
func (s *Signs) Image() image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, h := s.Size()
	field := s.field()
	amber := color.RGBA{R: 0xff, G: 0x9a, B: 0x1a, A: 0xff}
	return dotsImage(w, h, signPitch, func(i int) color.RGBA {
		if field.On(i%w, i/w) {
			return amber
		}
		return color.RGBA{}
	})
}
