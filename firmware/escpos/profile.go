package escpos

import (
	"fmt"
	"slices"
	"strings"
)

// Charset says which characters of a printer's own font may be used.
type Charset uint8

// The character sets, each containing the one before it.
const (
	// CharsetNone means that Chinese mode is not proven on this printer: every line is sent
	// as a picture, so that a slip has one look.
	CharsetNone Charset = iota
	// CharsetGB2312 means ASCII and the 7,445 characters of GB 2312-1980.
	CharsetGB2312
	// CharsetGBK means ASCII and the two-byte part of GB 18030 (21,886 characters).
	CharsetGBK
)

// charsets are the names of the sets as profiles write them, by their value.
var charsets = [...]string{CharsetNone: "none", CharsetGB2312: "gb2312", CharsetGBK: "gbk"}

// String returns the name of the set as profiles write it.
func (c Charset) String() string {
	if int(c) < len(charsets) {
		return charsets[c]
	}
	return fmt.Sprintf("Charset(%d)", uint8(c))
}

// Chinese is what a printer must be sent before two-byte characters.
type Chinese string

// The ways into Chinese mode.
const (
	ChineseOn   Chinese = "on"   // FS & after each reset: what nearly all need
	ChineseOff  Chinese = "off"  // FS . after each reset: Chinese is never sent, and must not be taken for it
	ChineseNone Chinese = "none" // nothing: the mode is fixed by a switch, and the commands would be printed
)

// Cutter is a printer's knife.
type Cutter string

// The kinds of knife.
const (
	CutterNone    Cutter = "none"    // the slip is torn off at a bar
	CutterPartial Cutter = "partial" // GS V 1: one point is left, so that the slip does not fall
	CutterFull    Cutter = "full"    // GS V 0: for presenters, which hold the slip themselves
)

// Ask is how a printer tells its state.
type Ask string

// The ways of asking.
const (
	AskNone  Ask = "none"    // it tells nothing; silence is no fault
	AskDLE   Ask = "dle_eot" // DLE EOT 1 to 4, also while it has stopped
	AskAuto  Ask = "asb"     // GS a: four bytes at once and at each change
	AskLines Ask = "line"    // only the status lines of the USB printer class
	// AskQueue is for a spooler that knows the printer's state. It comes from the port, no
	// profile has it.
	AskQueue Ask = "queue"
)

// Number is how the large number is sent.
type Number string

// The ways of the large number.
const (
	NumberText   Number = "text"   // enlarged characters of the printer's own font (GS !)
	NumberRaster Number = "raster" // a picture, for printers that enlarge badly or only twice
)

// Profile is what one kind of printer can do. It is data: a new printer is a new entry of a
// profile table, see [ParseProfiles].
type Profile struct {
	Name     string  // as configuration files name it
	About    string  // which printers it is for
	PaperMM  int     // width of the roll: 58 or 80
	Dots     int     // printable width in dots: 384 on 58 mm paper, 576 on 80 mm (512 at 180 dpi)
	Charset  Charset // what its font may be trusted with
	Chinese  Chinese // how its font comes to Chinese
	Cutter   Cutter  // its knife
	TailFeed int     // dots from the last print line to the knife or the tear bar
	QR       bool    // it draws QR codes itself (GS ( k)
	Ask      Ask     // how it tells its state
	Receipt  bool    // it answers GS r in turn, after everything sent before is on paper
	Number   Number  // how the large number is sent
	Baud     int     // of its serial line; 0 for all other ports
	RollMM   int     // usual length of a new roll
}

// Answers reports whether the printer should tell its state, so that silence is a fault.
func (p Profile) Answers() bool { return p.Ask != AskNone }

// ProfileNames returns the names of the built-in profiles in the order of the table.
func ProfileNames() []string { return BuiltIn().Names() }

// ProfileByName returns the built-in profile of that name, or an error that lists the names there are.
func ProfileByName(name string) (Profile, error) { return BuiltIn().ByName(name) }

// Profiles is a table of printers.
type Profiles []Profile

// Names returns the names in the order of the table.
func (t Profiles) Names() []string {
	names := make([]string, len(t))
	for i, p := range t {
		names[i] = p.Name
	}
	return names
}

// ByName returns the profile of that name, or an error that lists the names there are.
func (t Profiles) ByName(name string) (Profile, error) {
	for _, p := range t {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("escpos: printer profile %q is not known; there are %s",
		name, strings.Join(t.Names(), ", "))
}

// With returns t with the entries of more: one with a name of t takes its place, others come
// behind. t stays as it is.
func (t Profiles) With(more Profiles) Profiles {
	all := slices.Clone(t)
	for _, p := range more {
		if i := slices.IndexFunc(all, func(o Profile) bool { return o.Name == p.Name }); i >= 0 {
			all[i] = p
		} else {
			all = append(all, p)
		}
	}
	return all
}

// Limits of a profile.
const (
	// baudMin and baudMax bound a serial line: below it a slip takes a minute, above it no
	// printer follows.
	baudMin = 1200
	baudMax = 921600
	// rollMin and rollMax bound a roll in mm: the smallest of handheld printers has 5 m, the
	// largest that a kiosk holds 400 m.
	rollMin = 5_000
	rollMax = 400_000
	// nameMax bounds a profile's name in bytes.
	nameMax = 40
)

// check returns an error that names the first value of p that no printer has.
func (p Profile) check() error {
	switch {
	case p.Dots < minDots || p.Dots > maxDots || p.Dots%8 != 0:
		return p.wrong("width of %d dots is not a multiple of 8 from %d to %d", p.Dots, minDots, maxDots)
	case p.TailFeed < 0 || p.TailFeed > maxFeed:
		return p.wrong("tail feed of %d dots is not from 0 to %d", p.TailFeed, maxFeed)
	case p.Charset > CharsetGBK:
		return p.wrong("charset %d is not from 0 to %d", p.Charset, CharsetGBK)
	case p.Baud != 0 && (p.Baud < baudMin || p.Baud > baudMax):
		return p.wrong("baud %d is not from %d to %d", p.Baud, baudMin, baudMax)
	case p.Baud != 0 && p.Charset == CharsetNone:
		return p.wrong("charset none sends all as pictures, half a minute a slip on a serial line; legal there are gb2312 and gbk: see with probe printer -strip what the printer's font has")
	}
	return nil
}

func (p Profile) wrong(format string, args ...any) error {
	return fmt.Errorf("escpos: profile %q: %w", p.Name, fmt.Errorf(format, args...))
}
