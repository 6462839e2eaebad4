package sound

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"
)

// tone returns a sine at Rate, as loud as amplitude of full scale.
func tone(hz, amplitude float64, d time.Duration) []int16 {
	s := make([]int16, Samples(d))
	for i := range s {
		s[i] = int16(amplitude * math.MaxInt16 * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	return s
}

// file makes a WAV file of any form from little-endian samples.
func file(format, channels uint16, rate uint32, bits uint16, data []byte) []byte {
	le := binary.LittleEndian
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	b = le.AppendUint16(b, format)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(channels)*uint32(bits)/8)
	b = le.AppendUint16(b, channels*bits/8)
	b = le.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestPCMSurvivesTheWayThroughAFile(t *testing.T) {
	s := []int16{0, 1, -1, 32767, -32768, 1234}
	got, err := Decode(EncodePCM(s))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s {
		if got[i] != s[i] {
			t.Fatalf("sample %d is %d, want %d", i, got[i], s[i])
		}
	}
}

func TestMuLawIsWithinItsStep(t *testing.T) {
	var s []int16
	for v := -32768; v <= 32767; v += 7 {
		s = append(s, int16(v))
	}
	wav := EncodeMuLaw(s)
	if len(wav)%2 != 0 {
		t.Errorf("file of %d bytes, want an even number", len(wav))
	}
	got, err := Decode(wav)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(s) {
		t.Fatalf("%d samples, want %d", len(got), len(s))
	}
	for i, v := range s {
		legal := math.Abs(float64(v))/16 + 8 // half a step of G.711, twice
		if d := math.Abs(float64(v) - float64(got[i])); d > legal && v > -32000 && v < 32000 {
			t.Fatalf("%d became %d", v, got[i])
		}
	}
	// Vectors of ITU-T G.711, scaled to 16 bits.
	for u, want := range map[byte]int16{0xff: 0, 0x7f: 0, 0x80: 32124, 0x00: -32124, 0xf0: 120} {
		if got := fromMuLaw(u); got != want {
			t.Errorf("mu-law %#x is %d, want %d", u, got, want)
		}
	}
}

func TestAStereoRecordingBecomesOneChannel(t *testing.T) {
	var data []byte
	for range 100 {
		data = binary.LittleEndian.AppendUint16(data, uint16(1000))
		data = binary.LittleEndian.AppendUint16(data, uint16(3000))
	}
	got, err := Decode(file(1, 2, Rate, 16, data))
	if err != nil || len(got) != 100 || got[50] != 2000 {
		t.Fatalf("%d samples, the middle %v, %v; want 100 of 2000", len(got), got, err)
	}
}

func TestARecordingOfAPhoneKeepsItsLengthAndPitch(t *testing.T) {
	const rate = 44100
	var data []byte
	for i := range rate {
		v := 10000 * math.Sin(2*math.Pi*440*float64(i)/rate)
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(v)))
	}
	got, err := Decode(file(1, 1, rate, 16, data))
	if err != nil || len(got) != Rate {
		t.Fatalf("%d samples, %v; want one second", len(got), err)
	}
	crossings := 0
	for i := 1; i < len(got); i++ {
		if got[i-1] < 0 && got[i] >= 0 {
			crossings++
		}
	}
	if crossings < 438 || crossings > 441 {
		t.Errorf("%d Hz, want 440", crossings)
	}
	if top := loudest(frames(got)); math.Abs(top-10000/math.Sqrt2) > 300 {
		t.Errorf("loudness %.0f, want %.0f", top, 10000/math.Sqrt2)
	}
}

func TestWhatTheNewRateCannotHoldIsFilteredOut(t *testing.T) {
	const rate = 48000
	s := make([]int16, rate)
	for i := range s {
		s[i] = int16(10000 * math.Sin(2*math.Pi*11000*float64(i)/rate))
	}
	if top := loudest(frames(Resample(s, rate)[100 : Rate-100])); top > 150 {
		t.Errorf("11 kHz left a tone of loudness %.0f", top)
	}
}

func TestAFileThatIsNoSoundIsRefusedWithItsReason(t *testing.T) {
	good := file(1, 1, Rate, 16, []byte{1, 0})
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "not a WAV file", nil},
		{"picture", "not a WAV file", []byte("\x89PNG\r\n\x1a\n0000000000")},
		{"five channels", "legal are 1 and 2", file(1, 5, Rate, 16, nil)},
		{"no channel", "legal are 1 and 2", file(1, 0, Rate, 16, nil)},
		{"slow", "legal are 8000 to 192000", file(1, 1, 100, 16, nil)},
		{"24 bits", "legal are PCM with 16", file(1, 1, Rate, 24, nil)},
		{"MP3", "format 85", file(85, 1, Rate, 16, nil)},
		{"too long", "legal are at most", file(7, 1, 8000, 8, make([]byte, 8000*(secondsMax+1)))},
		{"no data", "without a data chunk", good[:len(good)-10]},
		{"short format", "legal are 16 and more", []byte("RIFF0000WAVEfmt \x02\x00\x00\x0000")},
		{"data first", "without a format chunk", []byte("RIFF0000WAVEdata\x02\x00\x00\x0000")},
	} {
		if _, err := Decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestAFileFromAPipeIsReadAsFarAsItGoes(t *testing.T) {
	wav := EncodePCM([]int16{1, 2, 3})
	binary.LittleEndian.PutUint32(wav[40:], 0x7ffff000)
	if got, err := Decode(wav); err != nil || len(got) != 3 {
		t.Errorf("%v, %v; want three samples", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(EncodePCM([]int16{1, 2, 3}))
	f.Add(EncodeMuLaw([]int16{1, 2, 3}))
	f.Add(file(0xfffe, 2, 44100, 16, []byte{1, 2, 3, 4}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		if err == nil && len(s) > secondsMax*Rate+Rate {
			t.Errorf("%d samples of %d bytes", len(s), len(data))
		}
	})
}
