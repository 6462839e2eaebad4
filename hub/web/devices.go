package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Grades of a device, worst first.
const (
	gradeBad  = "bad"  // people notice it
	gradeWarn = "warn" // they will
	gradeNew  = "new"  // in the plan, but never heard of
	gradeWell = "well"
)

// deviceNow is a device with what is wrong with it.
type deviceNow struct {
	Device
	Grade    string    `json:"grade"`
	Troubles []trouble `json:"troubles,omitempty"`

	since time.Time
}

// trouble is one thing that is wrong, and what to do about it.
type trouble struct {
	Text protocol.Text `json:"text"`
	Do   protocol.Text `json:"do,omitempty"`

	kind string // of the alarm that it raises
}

// Sign draws the grade, so that it is not told by colour alone.
func (d *deviceNow) Sign() string {
	switch d.Grade {
	case gradeBad:
		return "✕"
	case gradeWarn:
		return "!"
	case gradeNew:
		return "?"
	}
	return "✓"
}

// Named is the device for a template that wants its name.
func (d *deviceNow) Named() *Device { return &d.Device }

// deviceList joins the devices of the plan with those that were heard, worst first.
func (s *Server) deviceList(g *glance) []deviceNow {
	heard := map[protocol.DeviceID]Device{}
	for _, d := range s.opts.Devices() {
		heard[d.ID] = d
	}
	var all []deviceNow
	for _, p := range g.planned {
		d, ok := heard[p.ID]
		if !ok {
			d = Device{ID: p.ID}
		}
		d.Kind, d.Window = p.Kind, p.Window
		delete(heard, p.ID)
		all = append(all, s.grade(d, g))
	}
	for _, d := range heard {
		all = append(all, s.grade(d, g))
	}
	order := []string{gradeBad, gradeWarn, gradeNew, gradeWell}
	slices.SortFunc(all, func(a, b deviceNow) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Grade), slices.Index(order, b.Grade)),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// grade says in a janitor's words what is wrong with a device.
func (s *Server) grade(d Device, g *glance) deviceNow {
	n := deviceNow{Device: d, Grade: gradeWell, since: d.LastSeen}
	if d.LastSeen.IsZero() && !d.Online {
		n.Grade = gradeNew
		n.Troubles = []trouble{s.trouble("new", "new")}
		return n
	}
	if !d.Online {
		n.Grade = gradeBad
		if at, ok := g.lost[d.ID]; ok {
			n.since = at
		}
		n.Troubles = append(n.Troubles, s.trouble("offline_"+string(d.Kind), "offline"))
		return n // what it said of itself before is no longer true
	}
	for _, f := range d.Health.Faults {
		n.Grade = gradeBad
		if f.Text.In(protocol.Chinese) == "" {
			f.Text = s.texts.both("trouble.fault", f.Part, f.Code)
		}
		n.Troubles = append(n.Troubles, trouble{Text: f.Text, Do: s.advice(f.Part + "_" + f.Code), kind: "fault"})
	}
	for _, f := range d.Health.Warnings() {
		n.Troubles = append(n.Troubles, trouble{Text: f.Text, Do: s.advice(f.Part + "_" + f.Code), kind: "fault"})
		if n.Grade == gradeWell {
			n.Grade = gradeWarn
		}
	}
	return n
}

// trouble takes the words of a trouble that the device cannot tell of itself and advice from the catalogue.
func (s *Server) trouble(code, advice string) trouble {
	return trouble{Text: s.texts.both("trouble." + code), Do: s.advice(advice), kind: "device"}
}

// advice is what to do about a fault, when the catalogue knows something.
func (s *Server) advice(code string) protocol.Text {
	key := "do." + code
	if _, ok := s.texts.texts[protocol.Chinese][key]; !ok {
		return nil
	}
	return s.texts.both(key)
}

// devicesView is the devices page.
type devicesView struct {
	page
	Devices []*deviceNow
	at      time.Time
	Wrong   int // devices that somebody should go to
}

func (s *Server) devicesView(r *http.Request, since time.Time) (*devicesView, error) {
	g, err := s.look(r.Context(), since)
	if err != nil {
		return nil, err
	}
	v := &devicesView{page: s.page(r, "nav.devices"), at: g.At}
	v.Style, v.Script = "pages.css", "live.js"
	for i := range g.Devices {
		v.Devices = append(v.Devices, &g.Devices[i])
		if grade := g.Devices[i].Grade; grade == gradeBad || grade == gradeWarn {
			v.Wrong++
		}
	}
	return v, nil
}

func (s *Server) devicesPage(w http.ResponseWriter, r *http.Request) {
	v, err := s.devicesView(r, time.Now())
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable)
		return
	}
	s.render(w, r, http.StatusOK, "devices", v)
}

// DeviceName names a device as people in the hall do: by its kind and place.
func (p *page) DeviceName(d *Device) string {
	kind := p.T("device." + string(d.Kind))
	if d.Window == "" {
		return kind
	}
	return strings.TrimSpace(p.WindowLabel(string(d.Window)) + " " + kind)
}

// Degrees writes thousandths of a degree as whole degrees.
func (p *page) Degrees(milli int64) int64 { return (milli + 500) / 1000 }
