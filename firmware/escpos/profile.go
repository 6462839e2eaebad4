package escpos

import (
	"fmt"
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

// String returns the name of the set as profiles write it.
func (c Charset) String() string {
	switch c {
	case CharsetNone:
		return "none"
	case CharsetGB2312:
		return "gb2312"
	case CharsetGBK:
		return "gbk"
	}
	return fmt.Sprintf("Charset(%d)", uint8(c))
}

// Profile is what one kind of printer can do. It is data: a new printer is a new profile.
type Profile struct {
	Name     string  // as configuration files name it
	Dots     int     // printable width in dots of 1/8 mm: 384 on 58 mm paper, 576 on 80 mm
	Charset  Charset // what its font may be trusted with
	Cutter   bool    // it has a knife that obeys GS V
	TailFeed int     // dots from the last print line to the knife or the tear bar
	QR       bool    // it draws QR codes itself (GS ( k)
	Status   bool    // it answers DLE EOT
	Receipt  bool    // it answers GS r in turn, after everything sent before is on paper
}

// profiles is the table of known printers. The generic ones promise only what every printer
// keeps: they draw everything as pictures, and expect a cutter only on 80 mm paper.
var profiles = [...]Profile{
	{Name: "generic-58", Dots: 384, TailFeed: 96, Status: true},
	{Name: "generic-80", Dots: 576, Cutter: true, TailFeed: 96, Status: true},
	{Name: "gbk-58", Dots: 384, Charset: CharsetGBK, TailFeed: 96, QR: true, Status: true},
	{Name: "gbk-80", Dots: 576, Charset: CharsetGBK, Cutter: true, TailFeed: 96, QR: true, Status: true},
	{Name: "simulated-58", Dots: 384, Charset: CharsetGBK, Cutter: true, TailFeed: 88, QR: true, Status: true, Receipt: true},
	{Name: "simulated", Dots: 576, Charset: CharsetGBK, Cutter: true, TailFeed: 88, QR: true, Status: true, Receipt: true},
}

// ProfileNames returns the names of the known profiles in the order of the table.
func ProfileNames() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return names
}

// ProfileByName returns the known profile of that name, or an error that lists the names there are.
func ProfileByName(name string) (Profile, error) {
	for _, p := range profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("escpos: printer profile %q is not known; there are %s",
		name, strings.Join(ProfileNames(), ", "))
}

// check returns an error that names the first value of p that no printer has.
func (p Profile) check() error {
	switch {
	case p.Dots < minDots || p.Dots > maxDots || p.Dots%8 != 0:
		return fmt.Errorf("escpos: profile %q: width of %d dots is not a multiple of 8 from %d to %d",
			p.Name, p.Dots, minDots, maxDots)
	case p.TailFeed < 0 || p.TailFeed > maxFeed:
		return fmt.Errorf("escpos: profile %q: tail feed of %d dots is not from 0 to %d",
			p.Name, p.TailFeed, maxFeed)
	case p.Charset > CharsetGBK:
		return fmt.Errorf("escpos: profile %q: charset %d is not from 0 to %d", p.Name, p.Charset, CharsetGBK)
	}
	return nil
}
