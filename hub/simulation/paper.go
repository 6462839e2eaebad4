package simulation

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
)

// sheet is a slip as a citizen holds it.
type sheet struct {
	device  string
	seq     int
	at      time.Time
	number  string
	link    string
	reprint bool
	offline bool
}

var numberForm = regexp.MustCompile(`^[A-Z]{1,2}[0-9]{3,}$`)

// read takes a slip's number from its bytes: the largest text on it.
func read(device string, s sim.Slip, at time.Time) (sheet, error) {
	out := sheet{device: device, seq: s.Seq, at: at}
	commands, err := escpos.Parse(s.Bytes)
	if err == nil {
		err = s.Err
	}
	if err != nil {
		return out, fmt.Errorf("slip %d of %s: %w", s.Seq, device, err)
	}
	size, largest := 1, 0
	for _, c := range commands {
		switch c.Op {
		case escpos.OpInit:
			size = 1
		case escpos.OpSize:
			size = c.Size.W * c.Size.H
		case escpos.OpText:
			if size > largest && strings.TrimSpace(c.Text) != "" {
				largest, out.number = size, strings.TrimSpace(c.Text)
			}
			out.reprint = out.reprint || strings.Contains(c.Text, "重印")
			out.offline = out.offline || strings.Contains(c.Text, "离线号")
		case escpos.OpQR:
			if c.Text != "" {
				out.link = c.Text
			}
		}
	}
	if !numberForm.MatchString(out.number) {
		return out, fmt.Errorf("slip %d of %s has the number %q", s.Seq, device, out.number)
	}
	return out, nil
}
