package board

import (
	"fmt"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// bus is an SPI bus that is opened again after it has failed: when an adapter is pulled, or the kernel's driver is taken
// away, its device node goes, and what was open stays dead for ever.
type bus struct {
	open func() (spi.PortCloser, error)
	port spi.PortCloser // nil while it is gone
	conn spi.Conn
	ask  func(spi.Port) (spi.Conn, error) // connects as the driver did
}

// newBus opens a bus.
func newBus(open func() (spi.PortCloser, error)) (*bus, error) {
	port, err := open()
	return &bus{open: open, port: port}, err
}

// String implements spi.Port.
func (b *bus) String() string {
	if b.port == nil {
		return "SPI bus that is gone"
	}
	return b.port.String()
}

// Connect implements spi.Port.
func (b *bus) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	b.ask = func(p spi.Port) (spi.Conn, error) { return p.Connect(f, mode, bits) }
	c, err := b.ask(b.port)
	b.conn = c
	return b, err
}

// Duplex implements conn.Conn.
func (b *bus) Duplex() conn.Duplex { return conn.Half }

// MaxTxSize implements conn.Limits.
func (b *bus) MaxTxSize() int {
	if l, ok := b.conn.(conn.Limits); ok {
		return l.MaxTxSize()
	}
	return 0
}

// Tx implements conn.Conn.
func (b *bus) Tx(w, r []byte) error { return b.do(func() error { return b.conn.Tx(w, r) }) }

// TxPackets implements spi.Conn.
func (b *bus) TxPackets(p []spi.Packet) error {
	return b.do(func() error { return b.conn.TxPackets(p) })
}

// do makes a transfer on a bus that is there, and lets go of one that fails.
func (b *bus) do(transfer func() error) error {
	if b.port == nil {
		port, err := b.open()
		if err != nil {
			return err
		}
		if b.conn, err = b.ask(port); err != nil {
			port.Close() // of no use
			return err
		}
		b.port = port
	}
	err := transfer()
	if err != nil {
		b.port.Close() // it may be gone already
		b.port = nil
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// Close releases the bus.
func (b *bus) Close() error {
	if b.port == nil {
		return nil
	}
	return b.port.Close()
}
