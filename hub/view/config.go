package view

import (
	"slices"
	"strings"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Config returns what a device is and says, and whether the plan has that device.
// Where it would not fit one message it leaves out, in this order: of a terminal
// what to bring for services that neither its window nor a partner serves; the
// list of clerks (the terminal then asks for the number to be typed); what to
// bring; what slips say of services (a terminal's services whole); the logo.
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
		c.Letter, c.Slip, c.Services = dev.Letter, p.Slip.Text(), offered(p, dev)
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
		c.Slip, c.Services = p.Slip.Text(), offered(p, dev)
	case protocol.KindDisplay:
		c.Notice = p.Notice
	case protocol.KindAnnouncer:
		v := Voice(p, dev.Zone)
		c.Voice, c.Languages = &v, spokenLanguages(p)
	case protocol.KindGuest:
		c.Services = offered(p, dev)
	}
	fitIn(&c, p)
	return c, true
}

// fitIn leaves out of a configuration that does not fit one message what its device can best do
// without, the first thing first.
func fitIn(c *protocol.Config, p *queue.Plan) {
	if !fits(*c) && c.Kind == protocol.KindTerminal {
		own := near(p, c.Window)
		for i := range c.Services {
			if !slices.Contains(own, c.Services[i].Service) {
				c.Services[i].Materials = nil
			}
		}
	}
	for _, less := range leaveOut {
		if fits(*c) {
			return
		}
		less(c)
	}
}

// near lists what a window and its partners serve.
func near(p *queue.Plan, w protocol.WindowID) []protocol.ServiceID {
	posts := []protocol.WindowID{w}
	for _, pair := range p.Pairs {
		switch w {
		case pair.A:
			posts = append(posts, pair.B)
		case pair.B:
			posts = append(posts, pair.A)
		}
	}
	var list []protocol.ServiceID
	for _, id := range posts {
		if post := p.Window(id); post != nil {
			list = append(list, post.Primary...)
		}
	}
	return list
}

// leaveOut is the order of [fitIn] for all devices.
var leaveOut = []func(*protocol.Config){
	func(c *protocol.Config) { c.Clerks = nil },
	func(c *protocol.Config) {
		for i := range c.Services {
			c.Services[i].Materials = nil
		}
	},
	func(c *protocol.Config) {
		if c.Kind == protocol.KindTerminal {
			c.Services = nil
		}
		for i := range c.Services {
			c.Services[i].Slip = nil
		}
	},
	func(c *protocol.Config) { c.Slip.Logo = nil },
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
			Service: v.ID, Prefix: v.Prefix, Name: v.Name, Group: v.Group, Materials: v.Materials, Slip: v.Slip,
		})
	}
	return list
}
