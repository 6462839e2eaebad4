// Package sound reads and writes WAV files and makes recordings alike: one rate, one
// channel, no silence around the word, one loudness, no clicks.
package sound

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Rate is the rate of all sound in the package, in samples a second.
const Rate = 16000

// HeaderSize is how many bytes of a file that EncodePCM or EncodeMuLaw made come before the sound.
const HeaderSize = 44

// Limits of a WAV file that Decode accepts.
const (
	secondsMax  = 120    // far longer than any announcement; more is a mistake
	rateMin     = 8000   // telephone quality
	rateMax     = 192000 // the best sound cards
	channelsMax = 2      // a person's microphone is mono or stereo
)

// Formats of WAV files.
const (
	formatPCM        = 1
	formatMuLaw      = 7
	formatExtensible = 0xfffe
)

// Duration returns how long n samples last.
func Duration(n int) time.Duration { return time.Duration(n) * time.Second / Rate }

// Samples returns how many samples last d.
func Samples(d time.Duration) int { return int(d * Rate / time.Second) }

// header is what the chunk "fmt " says.
type header struct {
	format   uint16
	channels int
	rate     int
	bits     int
}

// Decode reads a WAV file of 16-bit PCM or 8-bit mu-law with one or two channels and
// returns it as one channel at [Rate]. A data chunk that is announced longer than the file
// is read as far as it goes, because programs that write to a pipe cannot know its length.
func Decode(data []byte) ([]int16, error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return nil, errors.New("sound: not a WAV file")
	}
	var h header
	for rest := data[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		body := rest[:min(size, uint64(len(rest)))]
		switch name {
		case "fmt ":
			var err error
			if h, err = parseHeader(body); err != nil {
				return nil, err
			}
		case "data":
			return h.samples(body)
		}
		rest = rest[min(size+size%2, uint64(len(rest))):]
	}
	return nil, errors.New("sound: WAV file without a data chunk")
}

func parseHeader(b []byte) (header, error) {
	if len(b) < 16 {
		return header{}, fmt.Errorf("sound: format chunk of %d bytes, legal are 16 and more", len(b))
	}
	h := header{
		format:   binary.LittleEndian.Uint16(b),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if h.format == formatExtensible && len(b) >= 26 {
		h.format = binary.LittleEndian.Uint16(b[24:])
	}
	switch {
	case h.channels < 1 || h.channels > channelsMax:
		return header{}, fmt.Errorf("sound: %d channels, legal are 1 and %d", h.channels, channelsMax)
	case h.rate < rateMin || h.rate > rateMax:
		return header{}, fmt.Errorf("sound: rate %d, legal are %d to %d", h.rate, rateMin, rateMax)
	case h.format == formatPCM && h.bits == 16, h.format == formatMuLaw && h.bits == 8:
		return h, nil
	}
	return header{}, fmt.Errorf("sound: format %d with %d bits, legal are PCM with 16 and mu-law with 8", h.format, h.bits)
}

// samples decodes the data chunk.
func (h header) samples(b []byte) ([]int16, error) {
	if h.rate == 0 {
		return nil, errors.New("sound: WAV file without a format chunk before its data")
	}
	frame := h.channels * h.bits / 8
	n := len(b) / frame
	if n > secondsMax*h.rate {
		return nil, fmt.Errorf("sound: recording of %d s, legal are at most %d s", n/h.rate, secondsMax)
	}
	out := make([]int16, n)
	for i := range out {
		sum := 0
		for c := range h.channels {
			at := i*frame + c*h.bits/8
			if h.format == formatMuLaw {
				sum += int(fromMuLaw(b[at]))
			} else {
				sum += int(int16(binary.LittleEndian.Uint16(b[at:])))
			}
		}
		out[i] = int16(sum / h.channels)
	}
	return Resample(out, h.rate), nil
}

// EncodePCM returns s as a WAV file of 16 bits, which every sound card plays.
func EncodePCM(s []int16) []byte {
	b := appendHeader(make([]byte, 0, HeaderSize+2*len(s)), formatPCM, 16, 2*len(s))
	for _, v := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// EncodeMuLaw returns s as a WAV file of 8-bit mu-law (ITU-T G.711): half the size, and no
// difference that one hears in a hall.
func EncodeMuLaw(s []int16) []byte {
	b := appendHeader(make([]byte, 0, HeaderSize+len(s)+1), formatMuLaw, 8, len(s))
	for _, v := range s {
		b = append(b, toMuLaw(v))
	}
	if len(s)%2 == 1 {
		b = append(b, 0) // chunks have even lengths
	}
	return b
}

func appendHeader(b []byte, format, bits uint16, size int) []byte {
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(36+size+size%2))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, format)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, Rate)
	b = le.AppendUint32(b, Rate*uint32(bits)/8)
	b = le.AppendUint16(b, bits/8)
	b = le.AppendUint16(b, bits)
	b = append(b, "data"...)
	return le.AppendUint32(b, uint32(size))
}

// Mu-law of ITU-T G.711 in its usual form for 16 bits.
const (
	muBias = 0x84
	muMax  = 0x7fff - muBias
)

func fromMuLaw(u byte) int16 {
	u = ^u
	v := (int(u&0x0f)<<3 + muBias) << (u >> 4 & 7)
	if u&0x80 != 0 {
		return int16(muBias - v)
	}
	return int16(v - muBias)
}

func toMuLaw(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, muMax) + muBias
	exponent := byte(0)
	for e := v >> 8; e > 0; e >>= 1 {
		exponent++
	}
	return ^(sign | exponent<<4 | byte(v>>(exponent+3))&0x0f)
}
