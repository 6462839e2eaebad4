package board

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sim"
)

// PrinterConfig is a slip printer.
type PrinterConfig struct {
	Port     string `json:"port"`     // as firmware/port has it, or "sim"
	Profile  string `json:"profile"`  // of firmware/escpos, or of the file Profiles
	Profiles string `json:"profiles"` // file of more profiles, which go before those of firmware/escpos; may be empty
	RollMM   int    `json:"roll_mm"`  // length of a new roll in mm; 0 means what the profile says
}

// Limits of a roll's length in mm, as in a profile.
const (
	rollMin = 5_000
	rollMax = 400_000
)

// OpenPrinter opens the slip printer. The error for a serial line names the profiles' charset: all
// as pictures is too slow there.
func OpenPrinter(b *Board, c Config) error {
	if c.Printer == nil {
		return nil
	}
	if err := b.openPrinter(c.Printer); err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	return nil
}

func (b *Board) openPrinter(c *PrinterConfig) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	var rw io.ReadWriteCloser
	switch kind, _, _ := strings.Cut(c.Port, ":"); {
	case c.Port == Sim:
		profile.Baud = 0
		if b.SimPrinter, err = sim.NewPrinter(profile); err != nil {
			return err
		}
		rw = b.SimPrinter
	case kind == "cups":
		profile.Baud = 0
		if rw, err = port.OpenQueue(c.Port); err != nil {
			return mistake(err) // it asks nobody yet
		}
	default:
		p, err := port.Open(atBaud(c.Port, profile.Baud))
		if err != nil {
			return mistake(err) // it touches no device yet
		}
		profile.Baud = p.Baud()
		rw = p
	}
	b.close = append(b.close, rw.Close)
	b.Printer, err = escpos.New(rw, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	return mistake(err) // it sends nothing yet
}

// profile returns the profile that c names.
func (c *PrinterConfig) profile() (escpos.Profile, error) {
	table := escpos.BuiltIn()
	if c.Profiles != "" {
		raw, err := os.ReadFile(c.Profiles)
		if err != nil {
			return escpos.Profile{}, fmt.Errorf("profiles: %w", err)
		}
		more, err := escpos.ParseProfiles(raw)
		if err != nil {
			return escpos.Profile{}, fmt.Errorf("profiles %s: %w", c.Profiles, err)
		}
		table = table.With(more)
	}
	p, err := table.ByName(c.Profile)
	switch {
	case err != nil:
		return p, err
	case c.RollMM != 0 && (c.RollMM < rollMin || c.RollMM > rollMax):
		return p, fmt.Errorf("roll_mm %d is not from %d to %d", c.RollMM, rollMin, rollMax)
	case c.RollMM != 0:
		p.RollMM = c.RollMM
	}
	return p, nil
}

// atBaud returns the spec of a port with the speed of the profile, if it is a serial line that names none.
func atBaud(spec string, baud int) string {
	if !strings.HasPrefix(spec, "serial:") || baud == 0 || strings.Contains(spec, "baud=") {
		return spec
	}
	sign := "?"
	if strings.Contains(spec, "?") {
		sign = "&"
	}
	return spec + sign + "baud=" + strconv.Itoa(baud)
}
