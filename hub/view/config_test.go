package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestTerminalOfALargeHallKeepsTheMaterialsOfItsOwnWindow(t *testing.T) {
	s := busyMorning()
	paper := protocol.Say(strings.Repeat("材料", 10), "a paper to bring")
	for i := range s.Plan.Services {
		s.Plan.Services[i].Materials = []protocol.Text{paper}
	}
	for n := range 60 {
		s.Plan.Services = append(s.Plan.Services, queue.Service{
			ID: protocol.ServiceID(fmt.Sprint("far-", n)), Prefix: "ZZ", Name: protocol.Say("别的业务", "Another service"),
			Materials: slices.Repeat([]protocol.Text{paper}, 4),
		})
	}
	c, _ := Config(s, "terminal-1", links)
	if !fits(c) || len(c.Clerks) != len(s.Plan.Clerks) {
		t.Fatalf("%d of %d clerks are left", len(c.Clerks), len(s.Plan.Clerks))
	}
	for _, v := range c.Services {
		far := strings.HasPrefix(string(v.Service), "far-")
		if far != (v.Materials == nil) {
			t.Errorf("service %s has the materials %v", v.Service, v.Materials)
		}
	}
}

func TestLayoutOfSlipsReachesDispensersAndTerminals(t *testing.T) {
	s := busyMorning()
	s.Plan.Slip = queue.Slip{Header: protocol.Say("人民路1号", "1 Renmin Road"), Parts: protocol.DefaultSlipParts(), Logo: "########\n#......#"}
	s.Plan.Services[0].Slip = protocol.Say("请先填表", "Fill in the form first")
	for _, d := range []protocol.DeviceID{"dispenser-1", "terminal-1"} {
		c, _ := Config(s, d, links)
		if c.Slip.Header.In(protocol.Chinese) != "人民路1号" || len(c.Slip.Parts) != 10 || c.Slip.Logo == nil || fmt.Sprintf("%x", c.Slip.Logo.Bits) != "ff81" {
			t.Errorf("%s gets the layout %+v", d, c.Slip)
		}
		if c.Services[0].Slip.In(protocol.English) != "Fill in the form first" {
			t.Errorf("%s gets the service %+v", d, c.Services[0])
		}
	}
}
