package sign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// stepMax is the highest step of brightness of a panel.
const stepMax = 15

// ErrSilent is returned when a sign that should answer does not, or answers something else.
var ErrSilent = errors.New("no answer")

// Dev is one sign on a bus. The signs of a bus share its port; only one goroutine may
// use them.
type Dev struct {
	bus     io.ReadWriter
	profile Profile
	address int
}

// New makes the sign with an address, from the profile's lowest to 255, on bus. Nothing is sent yet.
func New(bus io.ReadWriter, p *Profile, address int) (*Dev, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("sign: profile %s: %w", p.Name, err)
	}
	if address < p.Lowest || address > AddressMax {
		return nil, fmt.Errorf("sign: address %d, must be %d to %d with profile %s", address, p.Lowest, AddressMax, p.Name)
	}
	return &Dev{bus: bus, profile: *p, address: address}, nil
}

// String tells profile and address.
func (d *Dev) String() string { return fmt.Sprintf("sign{%s, %d}", d.profile.Name, d.address) }

// Fits reports whether the sign shows text whole: neither cut nor with a question mark for a
// character that its encoding does not have.
func (d *Dev) Fits(text string) bool {
	for _, r := range clean(text) {
		if r != '?' && string(d.profile.encode(r)) == "?" {
			return false
		}
	}
	if d.profile.Columns == 0 {
		return len(d.profile.text(text)) < TextMax
	}
	return d.profile.Width(text) <= d.profile.Columns
}

// WriteText shows text. It blocks for the frame and, where the profile has one, the answer; without
// one success says that the bytes have left, no more. The error of a sign that does not answer is [ErrSilent].
func (d *Dev) WriteText(text string) error {
	return d.send(build(d.profile.Text, values{address: d.address, text: d.profile.text(text)}))
}

// SetIntensity sets the brightness, 0 to 15, spread over the sign's own levels. A sign whose profile has no
// such frame keeps its own.
func (d *Dev) SetIntensity(step int) error {
	if step < 0 || step > stepMax {
		return fmt.Errorf("sign: intensity %d, must be 0 to %d", step, stepMax)
	}
	if len(d.profile.Level) == 0 {
		return nil
	}
	levels := d.profile.Levels
	if levels == 0 {
		levels = stepMax + 1
	}
	return d.send(build(d.profile.Level, values{address: d.address, level: step * (levels - 1) / stepMax}))
}

func (d *Dev) send(frame []byte) error {
	if _, err := d.bus.Write(frame); err != nil {
		return fmt.Errorf("sign %d: %w", d.address, err)
	}
	if len(d.profile.Answer) == 0 {
		return nil
	}
	want := build(d.profile.Answer, values{address: d.address})
	got := make([]byte, len(want))
	if n, err := io.ReadFull(d.bus, got); err != nil {
		return fmt.Errorf("sign %d: %w after %d of %d bytes: %w", d.address, ErrSilent, n, len(want), err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("sign %d: %w but % x, must be % x", d.address, ErrSilent, got, want)
	}
	return nil
}
