package board

import (
	"fmt"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/port"
	"jiaohao/firmware/sim"
)

// PrinterConfig is a slip printer.
type PrinterConfig struct {
	Port    string `json:"port"`    // as firmware/port has it, or "sim"
	Profile string `json:"profile"` // of firmware/escpos
}

// OpenPrinter opens the slip printer.
func OpenPrinter(b *Board, c Config) error {
	if c.Printer == nil {
		return nil
	}
	profile, err := escpos.ProfileByName(c.Printer.Profile)
	if err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	opts := &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph}
	if c.Printer.Port == Sim {
		if b.SimPrinter, err = sim.NewPrinter(profile); err != nil {
			return err
		}
		b.close = append(b.close, b.SimPrinter.Close)
		b.Printer, err = escpos.New(b.SimPrinter, opts)
		return err
	}
	p, err := port.Open(c.Printer.Port)
	if err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	b.close = append(b.close, p.Close)
	b.Printer, err = escpos.New(p, opts)
	return err
}
