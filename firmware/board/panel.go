package board

import (
	"fmt"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"

	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sim"
)

// PanelConfig is a field of LED modules on SPI.
type PanelConfig struct {
	SPI        string `json:"spi"` // such as "SPI0.0", or "sim"
	Columns    int    `json:"columns"`
	Rows       int    `json:"rows"`
	Brightness int    `json:"brightness"` // 0 to 15
	ClockHz    int64  `json:"clock_hz"`   // 0 means the driver's own
	FromLeft   bool   `json:"from_left"`
	FromBottom bool   `json:"from_bottom"`
	Serpentine bool   `json:"serpentine"`
	Rotate     int    `json:"rotate"`
	Mirror     bool   `json:"mirror"`
}

func (c *PanelConfig) wiring() max7219.Wiring {
	return max7219.Wiring{Columns: c.Columns, Rows: c.Rows, FromLeft: c.FromLeft, FromBottom: c.FromBottom,
		Serpentine: c.Serpentine, Rotate: c.Rotate, Mirror: c.Mirror}
}

// OpenPanel opens the LED panel.
func OpenPanel(b *Board, c Config) error {
	if c.Panel == nil {
		return nil
	}
	bus, err := b.openSPI(c.Panel)
	if err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	b.Panel, err = max7219.New(bus, &max7219.Opts{
		Wiring: c.Panel.wiring(), Intensity: c.Panel.Brightness, Clock: physic.Frequency(c.Panel.ClockHz) * physic.Hertz,
	})
	return err
}

func (b *Board) openSPI(c *PanelConfig) (spi.Port, error) {
	if c.SPI == Sim {
		p, err := sim.NewPanel(c.wiring())
		b.SimPanel = p
		return p, err
	}
	if err := b.host(); err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range spireg.All() {
		names = append(names, ref.Name)
	}
	bus, err := spireg.Open(c.SPI)
	if err != nil {
		return nil, fmt.Errorf("SPI bus %q: %w; there are: %s", c.SPI, err, list(names))
	}
	b.close = append(b.close, bus.Close)
	return bus, nil
}
