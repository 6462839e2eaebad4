package view

import (
	"slices"
	"strings"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Config returns what a device is and says, and whether the plan has that device.
// Where it would not fit one message it leaves out the list of clerks (the
// terminal then asks for the number to be typed), then what to bring.
func Config(s *queue.State, d protocol.DeviceID, links Links) (protocol.Config, bool) {
	p := &s.Plan
	dev := p.Device(d)
	if dev == nil {
		return protocol.Config{}, false
	}
	c := protocol.Config{
		Version: protocol.Version, Hall: p.Hall, HallName: p.Name, Device: d, Kind: dev.Kind,
		Languages: languages(p), Zone: p.Zone, Day: s.Day, Window: dev.Window,
	}
	switch dev.Kind {
	case protocol.KindDispenser:
		c.Letter, c.Slip, c.Services = dev.Letter, p.Slip, offered(p, dev)
		c.LetterLast = s.Issued[dev.Letter]
		if links.Base != "" {
			c.PhoneURL = strings.TrimSuffix(links.Base, "/") + linkPath
		}
	case protocol.KindTerminal:
		c.Reasons = p.PauseReasons
		for i := range p.Clerks {
			c.Clerks = append(c.Clerks, protocol.ConfigClerk{Clerk: p.Clerks[i].ID, Name: p.Clerks[i].Name})
		}
		for i := range p.Services {
			c.Transfers = append(c.Transfers, protocol.ConfigTarget{Service: p.Services[i].ID, Name: p.Services[i].Name})
		}
	case protocol.KindGuest:
		c.Services = offered(p, dev)
	}
	if !fits(c) {
		c.Clerks = nil
	}
	if !fits(c) {
		for i := range c.Services {
			c.Services[i].Materials = nil
		}
	}
	return c, true
}

// offered lists the services that a device may issue, in the plan's order.
func offered(p *queue.Plan, dev *queue.Device) []protocol.ConfigService {
	var list []protocol.ConfigService
	for i := range p.Services {
		v := &p.Services[i]
		if len(dev.Services) > 0 && !slices.Contains(dev.Services, v.ID) {
			continue
		}
		list = append(list, protocol.ConfigService{
			Service: v.ID, Prefix: v.Prefix, Name: v.Name, Group: v.Group, Materials: v.Materials,
		})
	}
	return list
}
