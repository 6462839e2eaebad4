package replay

import (
	"fmt"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// dispensers issue the tickets by turns: enough to have requests cross, as in a hall.
const dispensers = 2

// plan is the hall in which the day can happen. Deciding needs no extra windows.
func (d *Day) plan(mode Mode, pinHash string) (*queue.Plan, error) {
	name := fmt.Sprintf("%s %s", d.Hall, d.Date)
	p := &queue.Plan{Version: 1, Hall: d.Hall, Zone: d.Zone, Name: protocol.Say(name, name)}
	for i, s := range d.Services {
		p.Services = append(p.Services, queue.Service{ID: s.ID, Prefix: prefix(i), Name: protocol.Say(s.Name, s.Name)})
	}
	for i := range dispensers {
		p.Devices = append(p.Devices, queue.Device{ID: dispenser(i), Kind: protocol.KindDispenser})
	}
	for _, w := range d.posts(mode) {
		label := protocol.Say(string(w.ID)+"号窗口", "Window "+string(w.ID))
		p.Windows = append(p.Windows, queue.Window{ID: w.ID, Name: label, Primary: w.Services})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: clerk(w.ID), Name: label, PIN: pinHash})
		p.Devices = append(p.Devices, queue.Device{ID: terminal(w.ID), Kind: protocol.KindTerminal, Window: w.ID})
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("the day does not fit into a hall: %w", err)
	}
	return p, nil
}

// posts are the windows that a mode uses.
func (d *Day) posts(mode Mode) []Post {
	var all []Post
	for _, w := range d.Posts {
		if mode == Order || !w.Extra {
			all = append(all, w)
		}
	}
	return all
}

func dispenser(i int) protocol.DeviceID { return protocol.DeviceID(fmt.Sprintf("dispenser-%d", i+1)) }

func terminal(w protocol.WindowID) protocol.DeviceID { return protocol.DeviceID("t-" + w) }

func clerk(w protocol.WindowID) protocol.ClerkID { return protocol.ClerkID("c-" + w) }

// prefix is the i-th of A … Z, AA, AB …
func prefix(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return prefix(i/26-1) + prefix(i%26)
}
