package board

import (
	"errors"
	"syscall"
	"testing"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// node is a device node of an SPI bus: what was open when it goes stays dead.
type node struct {
	gone   bool
	closed bool
	speed  physic.Frequency
	sent   int
}

func (n *node) String() string                    { return "node" }
func (n *node) Duplex() conn.Duplex               { return conn.Half }
func (n *node) LimitSpeed(physic.Frequency) error { return nil }
func (n *node) TxPackets([]spi.Packet) error      { return n.Tx(nil, nil) }

func (n *node) Connect(f physic.Frequency, _ spi.Mode, _ int) (spi.Conn, error) {
	n.speed = f
	return n, nil
}

func (n *node) Tx([]byte, []byte) error {
	if n.gone {
		return syscall.ESHUTDOWN
	}
	n.sent++
	return nil
}

func (n *node) Close() error { n.closed = true; return nil }

func TestABusThatWasGoneIsOpenedAgainAsItWas(t *testing.T) {
	var nodes []*node
	missing := errors.New("no such file")
	there := true
	b, err := newBus(func() (spi.PortCloser, error) {
		if !there {
			return nil, missing
		}
		nodes = append(nodes, &node{})
		return nodes[len(nodes)-1], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Connect(2*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Tx([]byte{1}, nil); err != nil {
		t.Error(err)
	}
	there, nodes[0].gone = false, true
	if err := c.Tx([]byte{2}, nil); !errors.Is(err, syscall.ESHUTDOWN) || !nodes[0].closed {
		t.Errorf("on a dead node: %v, closed %t", err, nodes[0].closed)
	}
	if err := c.Tx([]byte{3}, nil); !errors.Is(err, missing) {
		t.Errorf("without a node: %v", err)
	}
	there = true
	if err := c.Tx([]byte{4}, nil); err != nil || len(nodes) != 2 || nodes[1].speed != 2*physic.MegaHertz || nodes[1].sent != 1 {
		t.Errorf("on the new node: %v, %d nodes", err, len(nodes))
	}
	if err := b.Close(); err != nil || !nodes[1].closed {
		t.Errorf("closed %t, %v", nodes[1].closed, err)
	}
}
