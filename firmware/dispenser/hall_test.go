package dispenser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

const (
	hallID   = protocol.HallID("bemowo")
	deviceID = protocol.DeviceID("dispenser-1")
)

// hub is a hall as a dispenser sees it: it issues, merges and cancels, and
// answers the same request id by the same answer.
type hub struct {
	t   testing.TB
	bus *linktest.Bus
	tr  link.Transport

	mu      sync.Mutex
	deaf    bool // takes requests and never answers
	mute    bool // does what is asked, but its replies are lost
	refuse  *protocol.Refusal
	answers map[protocol.RequestID]protocol.Reply
	issued  []protocol.Ticket
	status  map[protocol.TicketID]string // "", "cancelled: reason"
	printed map[protocol.TicketID][]protocol.PrintReport
	merged  []protocol.SpooledTicket
	syncs   int
	asked   []protocol.Request
	seq     uint64
}

func config() protocol.Config {
	return protocol.Config{
		Hall: hallID, HallName: protocol.Say("市政务服务大厅", "City Service Hall"), Device: deviceID, Kind: protocol.KindDispenser,
		Languages: []protocol.Lang{protocol.Chinese, protocol.English}, Zone: "Asia/Shanghai", Day: "2026-11-23", Letter: "Y",
		Services: []protocol.ConfigService{
			{Service: "social", Prefix: "A", Name: protocol.Say("社会保险", "Social insurance")},
			{Service: "tax", Prefix: "B", Name: protocol.Say("税务", "Tax"), Materials: []protocol.Text{protocol.Say("身份证", "ID card")}},
		},
		Slip: protocol.SlipText{Footer: protocol.Say("过号请到服务台", "")},
	}
}

func newHub(t testing.TB, bus *linktest.Bus) *hub {
	return &hub{t: t, bus: bus, tr: bus.Transport("hub"), answers: map[protocol.RequestID]protocol.Reply{},
		status: map[protocol.TicketID]string{}, printed: map[protocol.TicketID][]protocol.PrintReport{}}
}

func (h *hub) run(ctx context.Context) error {
	return h.tr.Run(ctx, link.Session{
		Subscribe: []string{protocol.DeviceTopic(hallID, "+", protocol.KindRequest).String()},
		Up: func() {
			h.tellConfig(config())
			h.tellService("social", true, 3)
			h.tellService("tax", true, 0)
		},
		Down: func(error) {}, Message: h.take,
	})
}

func (h *hub) tellConfig(c protocol.Config) {
	h.publish(protocol.DeviceTopic(hallID, deviceID, protocol.KindConfig), func(s protocol.Stamp) any {
		c.Stamp = s
		return c
	})
}

func (h *hub) tellService(id protocol.ServiceID, open bool, waiting int) {
	h.publish(protocol.ServiceTopic(hallID, id), func(s protocol.Stamp) any {
		return protocol.ServiceState{Stamp: s, Service: id, Open: open, Waiting: waiting,
			Wait: protocol.Range{Known: waiting > 0, LowMS: 120_000, HighMS: 600_000}}
	})
}

func (h *hub) publish(topic protocol.Topic, state func(protocol.Stamp) any) {
	h.mu.Lock()
	h.seq++
	stamp := protocol.Stamp{Epoch: 1, Seq: h.seq}
	h.mu.Unlock()
	payload, err := protocol.Encode(state(stamp))
	if err != nil {
		h.t.Error(err)
	}
	if err := h.tr.Publish(topic.String(), payload, 0, true); err != nil {
		h.t.Log("hub:", err)
	}
}

func (h *hub) take(m link.Message) {
	var req protocol.Request
	if err := protocol.Decode(m.Payload, &req); err != nil {
		h.t.Errorf("hub got %s: %v", m.Payload, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		return
	}
	h.asked = append(h.asked, req)
	reply, known := h.answers[req.ID]
	if !known {
		reply = h.do(req)
		reply.ID = req.ID
		h.answers[req.ID] = reply
	}
	if h.mute {
		return
	}
	payload, _ := protocol.Encode(reply)
	topic, _ := protocol.ParseTopic(m.Topic)
	if err := h.tr.Publish(protocol.DeviceTopic(hallID, topic.Device, protocol.KindReply).String(), payload, 0, false); err != nil {
		h.t.Log("hub:", err)
	}
}

func (h *hub) do(req protocol.Request) protocol.Reply {
	switch req.Do {
	case protocol.TicketIssue:
		if h.refuse != nil {
			return protocol.Reply{Refused: h.refuse}
		}
		t := protocol.Ticket{ID: protocol.TicketID(fmt.Sprintf("20261123-A%03d", len(h.issued)+1)), Number: fmt.Sprintf("A%03d", len(h.issued)+1),
			Service: req.Service, ServiceName: protocol.Say("社会保险", "Social insurance"), Class: req.Class, Stage: protocol.Waiting,
			IssuedAt: time.Now(), Ahead: len(h.issued), Wait: protocol.Range{Known: true, LowMS: 300_000, HighMS: 900_000}}
		h.issued = append(h.issued, t)
		return protocol.Reply{OK: &protocol.OK{Ticket: &t}}
	case protocol.TicketCancel:
		h.status[req.Ticket] = "cancelled: " + req.Reason
	case protocol.TicketPrinted:
		h.printed[req.Ticket] = append(h.printed[req.Ticket], *req.Print)
	case protocol.SpoolSync:
		h.syncs++
		ok := &protocol.OK{}
		for _, s := range req.Spool {
			if !slices.ContainsFunc(h.merged, func(o protocol.SpooledTicket) bool { return o.Number == s.Number && o.Day == s.Day }) {
				h.merged = append(h.merged, s)
			}
			ok.Merged = append(ok.Merged, protocol.MergedTicket{Number: s.Number, Ticket: protocol.TicketID("20261123-" + s.Number)})
		}
		return protocol.Reply{OK: ok}
	}
	return protocol.Reply{OK: &protocol.OK{}}
}

func (h *hub) requests() []protocol.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

func (h *hub) set(f func()) { h.mu.Lock(); defer h.mu.Unlock(); f() }

// hall is a dispenser with a simulated printer, in a bubble of virtual time.
type hall struct {
	*hub
	t       *testing.T
	dir     string
	printer *sim.Printer
	buttons []dispenser.Button
	stays   bool // the printer has power of its own and stays on when the dispenser stops
	d       *dispenser.Dispenser
	stop    func()
	stopHub func()
}

// inHall runs a scenario with the hub there and the dispenser ready.
func inHall(t *testing.T, scenario func(h *hall)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, dir)
		h.startHub()
		h.start()
		scenario(h)
		h.stop()
		h.stopHub()
	})
}

func newHall(t *testing.T, dir string) *hall {
	return &hall{hub: newHub(t, linktest.NewBus(1)), t: t, dir: dir}
}

// lossy has the network lose that share of all messages.
func (h *hall) lossy(share float64) { h.bus.SetFaults(linktest.Faults{Loss: share}) }

func (h *hall) startHub() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { h.hub.run(ctx) })
	h.stopHub = func() { cancel(); wg.Wait() }
}

// start switches the dispenser on, also after stop.
func (h *hall) start() {
	profile, err := escpos.ProfileByName("simulated")
	if err != nil {
		h.t.Fatal(err)
	}
	if h.printer == nil || !h.stays {
		if h.printer, err = sim.NewPrinter(profile); err != nil {
			h.t.Fatal(err)
		}
	}
	dev, err := escpos.New(h.printer, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	if err != nil {
		h.t.Fatal(err)
	}
	l, err := link.New(h.bus.Transport(string(deviceID)), link.Identity{Hall: hallID, Device: deviceID, Kind: protocol.KindDispenser}, link.Options{StateDir: h.dir})
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := dispenser.New(dispenser.Options{Hall: hallID, Device: deviceID, Link: l, Printer: dev, Profile: profile, Buttons: h.buttons, StateDir: h.dir})
	if err != nil {
		h.t.Fatal(err)
	}
	h.d = d
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { l.Run(ctx) })
	wg.Go(func() { d.Run(ctx) })
	h.stop = func() { cancel(); wg.Wait() }
	synctest.Wait()
}

// press presses and waits until nothing moves any more in the next second.
func (h *hall) press(service protocol.ServiceID) {
	h.t.Helper()
	if err := h.d.Press(context.Background(), dispenser.Press{Service: service}); err != nil {
		h.t.Fatalf("press %s: %v", service, err)
	}
	h.later(2 * time.Second)
}

// later lets virtual time pass.
func (h *hall) later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// slips returns the texts on the slips that came out, whole.
func (h *hall) slips() []string {
	var out []string
	for _, s := range h.printer.Slips() {
		if s.Err != nil {
			h.t.Errorf("slip %d: %v", s.Seq, s.Err)
		}
		out = append(out, slipText(s.Bytes))
	}
	return out
}

// slipText decodes the text of a slip.
func slipText(raw []byte) string {
	var b bytes.Buffer
	var d escpos.Decoder
	for len(raw) > 0 {
		c, n, err := d.Next(raw)
		if err != nil {
			return b.String() + "<" + err.Error() + ">"
		}
		b.WriteString(c.Text)
		if c.Op == escpos.OpLine {
			b.WriteByte('\n')
		}
		raw = raw[n:]
	}
	return b.String()
}

// view reads what the page shows, as a page gets it.
func (h *hall) view() dispenser.View {
	h.t.Helper()
	synctest.Wait()
	var v dispenser.View
	if err := json.Unmarshal(dispenser.ViewOf(h.d), &v); err != nil {
		h.t.Fatal(err)
	}
	return v
}

func readState(t *testing.T, dir, name string) []byte {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
