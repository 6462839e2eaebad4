package sign

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Limits of a profile, each with its reason.
const (
	fileMax    = 64 << 10 // bytes of a profile file: ten times what a family of signs needs
	partsMax   = 16       // of a frame: twice the longest form known
	columnsMax = 64       // half-width characters: what fits in one frame of any sign
	// TextMax bounds a text without columns, in bytes: 120 ms at 9600 baud, so that a call behind it waits no longer.
	TextMax = 120
	// AddressMax is the highest address on a bus.
	AddressMax = 255
)

// Profile says how frames for one family of signs are put together.
type Profile struct {
	Name     string `json:"name"`     // by which a configuration asks for it
	About    string `json:"about"`    // for who reads the file
	Encoding string `json:"encoding"` // of texts: gb2312, gbk, gb18030, utf-8 or ascii
	Columns  int    `json:"columns"`  // half-width characters that the sign shows: texts are centred and cut; 0: any length, the sign scrolls
	Lowest   int    `json:"lowest"`   // address of a sign; below it, as with 0 in Modbus, all signs are meant
	Levels   int    `json:"levels"`   // steps of brightness; 0 means 16
	Text     []Part `json:"text"`     // the frame that shows a text
	Level    []Part `json:"level"`    // the frame that sets the brightness; none when the sign cannot
	Answer   []Part `json:"answer"`   // what the sign sends back to each frame; none when it is silent
}

// Part is one piece of a frame.
type Part struct {
	Put    string `json:"put"`    // bytes, address, length, text, level or check
	Hex    string `json:"hex"`    // of bytes: what they are
	Size   int    `json:"size"`   // of address, length and level: bytes, 1 or 2; 0 means 1
	Little bool   `json:"little"` // low byte first
	ASCII  bool   `json:"ascii"`  // as hexadecimal digits, two for each byte
	Of     []int  `json:"of"`     // of length and check: the first and last part that it covers, counted from 0
	Per    int    `json:"per"`    // of length: bytes that count as one; 0 means 1
	Add    int    `json:"add"`    // of length: added to it
	Kind   string `json:"kind"`   // of check: sum8, xor8, crc16-modbus or crc16-xmodem
}

//go:embed profiles.json
var builtIn []byte

// Profiles returns the built-in profiles.
func Profiles() []Profile {
	all, err := parse(builtIn)
	if err != nil {
		panic("sign: the built-in profiles: " + err.Error())
	}
	return all
}

// Find returns a profile: a built-in one by its name, or the first of a JSON file when
// name is a path with a slash in it. The error names what there is.
func Find(name string) (Profile, error) {
	if strings.Contains(name, "/") {
		return load(name)
	}
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("sign: profile %q is not known; there are %s, and files by their path", name, strings.Join(names, ", "))
}

func load(path string) (Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return Profile{}, fmt.Errorf("sign: profile: %w", err)
	}
	defer f.Close() // nothing was written
	raw, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err != nil {
		return Profile{}, fmt.Errorf("sign: profile: %w", err)
	}
	if len(raw) > fileMax {
		return Profile{}, fmt.Errorf("sign: profile %s has more than %d bytes", path, fileMax)
	}
	all, err := parse(raw)
	if err != nil {
		return Profile{}, fmt.Errorf("sign: profile %s: %w", path, err)
	}
	return all[0], nil
}

// parse reads and checks a list of profiles.
func parse(raw []byte) ([]Profile, error) {
	var all []Profile
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no profile in the list")
	}
	for i := range all {
		if err := all[i].Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
	}
	return all, nil
}

// Validate returns an error that names the wrong value.
func (p *Profile) Validate() error {
	if _, ok := encodings[p.Encoding]; !ok {
		return fmt.Errorf("encoding %q, legal are gb2312, gbk, gb18030, utf-8, ascii", p.Encoding)
	}
	if p.Columns < 0 || p.Columns > columnsMax {
		return fmt.Errorf("%d columns, legal is 0 to %d", p.Columns, columnsMax)
	}
	if p.Lowest < 0 || p.Lowest > AddressMax {
		return fmt.Errorf("lowest address %d, legal is 0 to %d", p.Lowest, AddressMax)
	}
	if p.Levels < 0 || p.Levels > 256 || p.Levels == 1 {
		return fmt.Errorf("%d levels, legal is 0 or 2 to 256", p.Levels)
	}
	for _, f := range []struct {
		name  string
		parts []Part
		needs string // a part that must be there once
		none  bool   // the frame may be missing
	}{{"text", p.Text, "text", false}, {"level", p.Level, "level", true}, {"answer", p.Answer, "", true}} {
		if len(f.parts) == 0 && f.none {
			continue
		}
		if err := checkParts(f.parts, f.needs); err != nil {
			return fmt.Errorf("frame %s: %w", f.name, err)
		}
	}
	return nil
}

func checkParts(parts []Part, needs string) error {
	if len(parts) == 0 || len(parts) > partsMax {
		return fmt.Errorf("%d parts, legal are 1 to %d", len(parts), partsMax)
	}
	count := map[string]int{}
	for i, p := range parts {
		count[p.Put]++
		if err := p.check(i, len(parts)); err != nil {
			return fmt.Errorf("part %d (%s): %w", i, p.Put, err)
		}
	}
	for _, one := range []string{"text", "level"} {
		if want := one == needs; (count[one] == 1) != want || count[one] > 1 {
			return fmt.Errorf("%d parts put the %s, legal is 1 in its own frame and 0 in others", count[one], one)
		}
	}
	return nil
}

func (p *Part) check(at, parts int) error {
	if p.Size < 0 || p.Size > 2 {
		return fmt.Errorf("size %d, legal is 1 or 2", p.Size)
	}
	switch p.Put {
	case "bytes":
		if b, err := hex.DecodeString(p.Hex); err != nil || len(b) == 0 {
			return fmt.Errorf("hex %q is not pairs of hexadecimal digits", p.Hex)
		}
	case "address", "text", "level":
	case "length", "check":
		if len(p.Of) != 2 || p.Of[0] < 0 || p.Of[1] < p.Of[0] || p.Of[1] >= parts || p.Put == "check" && p.Of[1] >= at {
			return fmt.Errorf("covers parts %v, legal are a first and a last one that stand in the frame, for a check before itself", p.Of)
		}
		if p.Per < 0 || p.Per > 4 {
			return fmt.Errorf("per %d, legal is 0 to 4", p.Per)
		}
		if p.Put == "check" && !slices.Contains(checks, p.Kind) {
			return fmt.Errorf("kind %q, legal are %s", p.Kind, strings.Join(checks, ", "))
		}
	default:
		return errors.New("legal are bytes, address, length, text, level, check")
	}
	return nil
}
