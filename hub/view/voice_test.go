package view

import (
	"reflect"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// spokenMorning is the busy morning in a hall with two zones.
func spokenMorning() *queue.State {
	s := busyMorning()
	s.Plan.Voice = queue.Voice{
		Languages: []protocol.Lang{"zh-CN", "yue"}, Digits: map[protocol.Lang]string{"zh-CN": "yao", "en": "plain"},
		Times: 3, Gap: queue.Duration(8 * time.Second), Hours: []queue.Volume{{From: "08:00", Percent: 80}},
		Zones: []queue.Zone{
			{ID: "east", Name: protocol.Say("东厅", "East"), Windows: []protocol.WindowID{"1", "3"}, Hours: []queue.Volume{{From: "00:00", Percent: 40}}},
			{ID: "west", Name: protocol.Say("西厅", "West"), Windows: []protocol.WindowID{"2"}},
		},
	}
	s.Plan.Devices = append(s.Plan.Devices, queue.Device{ID: "announcer-1", Kind: protocol.KindAnnouncer, Zone: "east"})
	return s
}

func TestACallIsAnnouncedInItsZoneByTheHallsClock(t *testing.T) {
	s := spokenMorning()
	ticket := s.Tickets["20261123-A002"] // called to window 1
	a, ok := Spoken(s, &queue.Recalled{Ticket: ticket.ID, Window: "1"}, ticket.Call)
	if !ok || a.Zone != "east" || a.Seq != ticket.Call || a.Epoch != s.Epoch || !reflect.DeepEqual(a.Languages, []protocol.Lang{"zh-CN", "yue"}) {
		t.Errorf("announced: %v, %+v", ok, a)
	}
	if _, offset := a.At.Zone(); offset != 8*60*60 || !a.At.Equal(ticket.RecalledAt) {
		t.Errorf("at %v, want the hall's time of the recall", a.At)
	}
	if _, ok := Spoken(s, &queue.Called{Ticket: ticket.ID}, ticket.Call-1); ok {
		t.Error("a call that a recall has overtaken is announced")
	}
	if _, ok := Spoken(s, &queue.DayClosed{}, 1); ok {
		t.Error("the end of the day is announced as a call")
	}
	s.Plan.Voice.Silent = []protocol.WindowID{"1"}
	if _, ok := Spoken(s, &queue.Called{Ticket: ticket.ID}, ticket.Call); ok {
		t.Error("a silent window is announced")
	}
}

func TestAnAnnouncerIsToldItsZoneAndTheHallsRules(t *testing.T) {
	s := spokenMorning()
	c, ok := Config(s, "announcer-1", links)
	want := protocol.ConfigVoice{
		Zone: "east", Times: 3, GapMS: 8000,
		Digits: []protocol.ConfigDigits{{Lang: "en", Style: "plain"}, {Lang: "zh-CN", Style: "yao"}},
		Hours:  []protocol.ConfigVolume{{From: "00:00", Percent: 40}},
	}
	if !ok || c.Kind != protocol.KindAnnouncer || c.Voice == nil || !reflect.DeepEqual(*c.Voice, want) {
		t.Errorf("told %+v, %+v; want %+v", c, c.Voice, want)
	}
	if len(c.Languages) != 2 || c.Languages[1] != "yue" || c.Services != nil {
		t.Errorf("languages %v and services %v, want those that are spoken, and none", c.Languages, c.Services)
	}
	if v := Voice(&s.Plan, ""); len(v.Hours) != 1 || v.Hours[0].Percent != 80 || v.Zone != "" {
		t.Errorf("the whole hall is spoken by %+v", v)
	}
	if c, _ := Config(s, "guest-1", links); c.Voice != nil {
		t.Errorf("a guest is told %+v", c.Voice)
	}
}
