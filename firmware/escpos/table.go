package escpos

import (
	"bytes"
	_ "embed" // the table of printers
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed profiles.json
var builtIn []byte

// Limits of a table of profiles.
const (
	// tableMax bounds a table in bytes: a hundred times the built-in one.
	tableMax = 1 << 20
	// profilesMax bounds its entries.
	profilesMax = 500
	// dotsPerMM is what the heads of slip printers have at most: 203 dpi.
	dotsPerMM = 8
)

// BuiltIn returns the table of known printers. The generic ones promise only what every printer
// keeps; each entry of the file names the source of its facts.
func BuiltIn() Profiles {
	t, err := ParseProfiles(builtIn)
	if err != nil {
		panic("escpos: built-in " + err.Error()) // the file is part of the program
	}
	return t
}

// entry is a profile as a table writes it. What is left out has the careful value.
type entry struct {
	Name     string  `json:"name"`
	About    string  `json:"about,omitempty"`
	Source   string  `json:"source"`
	PaperMM  int     `json:"paper_mm"`
	Dots     int     `json:"dots"`
	Charset  string  `json:"charset"`
	Chinese  Chinese `json:"chinese,omitempty"`
	Cutter   Cutter  `json:"cutter"`
	TailFeed int     `json:"tail_feed"`
	QR       bool    `json:"qr,omitempty"`
	Status   Ask     `json:"status"`
	Receipt  string  `json:"receipt,omitempty"`
	Number   Number  `json:"number,omitempty"`
	Baud     int     `json:"baud,omitempty"`
	RollMM   int     `json:"roll_mm,omitempty"`
}

// ParseProfiles reads a table of printers: a JSON array of objects with these fields.
//
//	name       as configuration files name it: a-z, 0-9 and -, at most 40
//	about      which printers it is for, for people
//	source     where its facts come from: a manual, or the test strip and who looked at it
//	paper_mm   width of the roll: 58 or 80
//	dots       printable width, a multiple of 8 from 192 to 464 on 58 mm paper, to 640 on 80 mm
//	charset    none, gb2312 or gbk: what its own font may be trusted with
//	chinese    on (FS &), off (FS .) or none; left out: on with a charset, none without
//	cutter     none, partial or full
//	tail_feed  dots from the last line to the knife or the tear bar, 0 to 255
//	qr         true if it draws QR codes itself
//	status     dle_eot, asb, line or none
//	receipt    gs_r if it answers GS r in turn, or none
//	number     text, or raster to send the large number as a picture
//	baud       of its serial line, 1200 to 921600; left out: not serial, or 9600
//	roll_mm    length of a new roll, 5000 to 400000; left out: 25 m of 58 mm, 50 m of 80 mm paper
//
// Fields that do not exist are errors, so that a slip of the pen is no silent default. The error
// names the line, the value and what is legal.
func ParseProfiles(raw []byte) (Profiles, error) {
	if len(raw) > tableMax || !utf8.Valid(raw) {
		return nil, fmt.Errorf("printer table of %d bytes is longer than %d or no UTF-8", len(raw), tableMax)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, fmt.Errorf("printer table: line %d: it must begin with [", line(raw, d.InputOffset()))
	}
	var t Profiles
	for d.More() {
		start := d.InputOffset()
		start += int64(bytes.IndexByte(raw[start:], '{')) // behind comma and blanks
		var e *entry
		if err := d.Decode(&e); err != nil {
			return nil, tableError(raw, max(d.InputOffset(), start), err)
		}
		if e == nil {
			return nil, tableError(raw, d.InputOffset(), errors.New("null is no printer; each is { } with name, source and the rest"))
		}
		p, err := e.profile()
		if err == nil && slices.Contains(t.Names(), p.Name) {
			err = fmt.Errorf("name %q is there twice", p.Name)
		}
		if err == nil && len(t) == profilesMax {
			err = fmt.Errorf("more than %d printers", profilesMax)
		}
		if err != nil {
			return nil, fmt.Errorf("printer table: line %d: %w", line(raw, start), err)
		}
		t = append(t, p)
	}
	if _, err := d.Token(); err != nil {
		return nil, tableError(raw, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("printer table: line %d: text behind the end", line(raw, d.InputOffset()))
	}
	return t, nil
}

// tableError returns err with the line that it is in.
func tableError(raw []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return fmt.Errorf("printer table: line %d: a printer cannot be a %s; each is { } with name, source and the rest", line(raw, offset), wrongType.Value)
	case errors.As(err, &wrongType):
		return fmt.Errorf("printer table: line %d: %s cannot be a %s", line(raw, offset), wrongType.Field, wrongType.Value)
	}
	return fmt.Errorf("printer table: line %d: %w", line(raw, offset), err)
}

// line returns the number of the line that offset is in.
func line(raw []byte, offset int64) int {
	return 1 + bytes.Count(raw[:min(int(offset), len(raw))], []byte("\n"))
}

// profile returns e with its defaults, or an error that names the first wrong value.
func (e entry) profile() (Profile, error) {
	if e.Name == "" || len(e.Name) > nameMax || strings.Trim(e.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return Profile{}, fmt.Errorf("name %q is not 1 to %d of a-z, 0-9 and -", e.Name, nameMax)
	}
	charset := slices.Index(charsets[:], e.Charset)
	e.Chinese = or(e.Chinese, map[bool]Chinese{true: ChineseOn, false: ChineseNone}[charset > 0])
	e.Receipt = or(e.Receipt, "none")
	e.Number = or(e.Number, NumberText)
	if e.RollMM == 0 {
		e.RollMM = map[int]int{58: 25_000, 80: 50_000}[e.PaperMM]
	}
	for _, v := range []struct {
		field, value string
		legal        []string
	}{
		{"charset", e.Charset, charsets[:]},
		{"chinese", string(e.Chinese), []string{"on", "off", "none"}},
		{"cutter", string(e.Cutter), []string{"none", "partial", "full"}},
		{"status", string(e.Status), []string{"dle_eot", "asb", "line", "none"}},
		{"receipt", e.Receipt, []string{"gs_r", "none"}},
		{"number", string(e.Number), []string{"text", "raster"}},
	} {
		if v.value == "" {
			return Profile{}, fmt.Errorf("%s: %s is missing; legal are %s", e.Name, v.field, strings.Join(v.legal, ", "))
		}
		if !slices.Contains(v.legal, v.value) {
			return Profile{}, fmt.Errorf("%s: %s %q is not one of %s", e.Name, v.field, v.value, strings.Join(v.legal, ", "))
		}
	}
	switch {
	case strings.TrimSpace(e.Source) == "":
		return Profile{}, fmt.Errorf("%s: source is empty; name the manual, or who looked at the test strip", e.Name)
	case e.PaperMM != 58 && e.PaperMM != 80:
		return Profile{}, fmt.Errorf("%s: paper_mm %d is not 58 or 80", e.Name, e.PaperMM)
	case e.Dots > e.PaperMM*dotsPerMM:
		return Profile{}, fmt.Errorf("%s: dots %d do not fit on paper_mm %d; legal there are %d to %d", e.Name, e.Dots, e.PaperMM, minDots, e.PaperMM*dotsPerMM)
	case e.Receipt == "gs_r" && e.Status == AskNone:
		return Profile{}, fmt.Errorf(`%s: receipt "gs_r" is an answer, and with status "none" nobody waits for one; legal there is "none"`, e.Name)
	case charset == 0 && e.Chinese == ChineseOn:
		return Profile{}, fmt.Errorf(`%s: chinese "on" is for a charset; legal with charset none are "off" and "none"`, e.Name)
	case charset > 0 && e.Chinese == ChineseOff:
		return Profile{}, fmt.Errorf(`%s: chinese "off" is for charset none; legal with charset %s are "on" and "none"`, e.Name, e.Charset)
	case e.RollMM < rollMin || e.RollMM > rollMax:
		return Profile{}, fmt.Errorf("%s: roll_mm %d is not from %d to %d", e.Name, e.RollMM, rollMin, rollMax)
	}
	p := Profile{
		Name: e.Name, About: e.About, PaperMM: e.PaperMM, Dots: e.Dots, Charset: Charset(charset), Chinese: e.Chinese,
		Cutter: e.Cutter, TailFeed: e.TailFeed, QR: e.QR, Ask: e.Status, Receipt: e.Receipt == "gs_r", Number: e.Number,
		Baud: e.Baud, RollMM: e.RollMM,
	}
	return p, p.check()
}

// MarshalProfile returns p as an entry of a table, ready for [ParseProfiles] between brackets.
func MarshalProfile(p Profile, source string) ([]byte, error) {
	receipt := "none"
	if p.Receipt {
		receipt = "gs_r"
	}
	e := entry{
		Name: p.Name, About: p.About, Source: source, PaperMM: p.PaperMM, Dots: p.Dots, Charset: p.Charset.String(),
		Chinese: p.Chinese, Cutter: p.Cutter, TailFeed: p.TailFeed, QR: p.QR, Status: p.Ask, Receipt: receipt,
		Number: p.Number, Baud: p.Baud, RollMM: p.RollMM,
	}
	if _, err := e.profile(); err != nil {
		return nil, fmt.Errorf("escpos: profile: %w", err)
	}
	return json.MarshalIndent(e, "", "\t")
}

// or returns v, or other if v is empty.
func or[T ~string](v, other T) T {
	if v == "" {
		return other
	}
	return v
}
