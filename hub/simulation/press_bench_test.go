package simulation

import (
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/display"
	"jiaohao/firmware/max7219"
	"jiaohao/firmware/sim"
	"jiaohao/hub/app"
	"jiaohao/hub/broker"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/terminal"
)

const (
	benchPatience = 20 * time.Second       // for anything to happen on a loaded machine
	benchPosts    = 8                      // windows at which keys are pressed in turn
	benchPresses  = 60                     // in a round; most of its time is rest
	benchRest     = 150 * time.Millisecond // so that nothing of before is under way
	benchDeaf     = 750 * time.Millisecond // the big key takes no second tap within 700 ms
)

// BenchmarkPressToLEDs is the way of a call: a clerk's key at the real terminal, the real broker, hub, journal with its
// sync, the real display program, to the last byte of the number on the SPI bus. All devices of the hall are connected; of
// windows beyond the eighth the connections alone.
//
// Beside each press the same machine does what cannot be saved: two hops through a bare broker and one sync of a
// file; the figure that counts is the ratio of the medians. Beside that stand an answer over the wire (two hops and a commit),
// and a commit alone.
func BenchmarkPressToLEDs(b *testing.B) {
	for _, n := range []int{1, 200} {
		b.Run(fmt.Sprintf("windows=%d", n), func(b *testing.B) { benchPress(b, n) })
	}
}

func benchPress(b *testing.B, n int) {
	h := startBenchHall(b, n)
	bare := startBareHops(b)
	disk, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer disk.Close()
	var press, replies, hops, syncs, commits []time.Duration
	for b.Loop() {
		h.stock()
		for range benchPresses {
			post := h.posts[h.called%min(benchPosts, n)]
			h.settle()
			hops = append(hops, bare.roundTrip())
			start := time.Now()
			if _, err := disk.Write(make([]byte, 1024)); err != nil {
				b.Fatal(err)
			}
			if err := disk.Sync(); err != nil {
				b.Fatal(err)
			}
			syncs = append(syncs, time.Since(start))
			h.called++
			press = append(press, post.call(fmt.Sprintf("A%03d", h.called)))
			reply, commit := h.serve(post)
			replies, commits = append(replies, reply), append(commits, commit)
		}
	}
	report := func(name string, all []time.Duration, part float64) time.Duration {
		slices.Sort(all)
		d := all[min(int(part*float64(len(all))), len(all)-1)]
		b.ReportMetric(float64(d)/float64(time.Millisecond), name)
		return d
	}
	p50 := report("press-p50-ms", press, 0.5)
	report("press-p99-ms", press, 0.99)
	report("reply-p50-ms", replies, 0.5)
	report("commit-p50-ms", commits, 0.5)
	least := report("2hops-p50-ms", hops, 0.5) + report("sync-p50-ms", syncs, 0.5)
	b.ReportMetric(float64(p50)/float64(least), "ratio")
	b.ReportMetric(0, "ns/op") // of a round, which says nothing
}

// benchHall is a hall with real programs over real connections.
type benchHall struct {
	b      *testing.B
	hub    *app.Hub
	posts  []*post
	issued int
	called int
}

// post is a window with its terminal and panel.
type post struct {
	b        *testing.B
	window   protocol.WindowID
	terminal *terminal.Terminal
	link     *link.Link // the terminal's
	leds     *sim.Panel
	shown    chan time.Time // when the last byte of a picture was on the bus
	pressed  time.Time
}

// tapped is the SPI port of a panel, on which the end of each picture is noted.
type tapped struct {
	*sim.Panel
	shown chan time.Time
}

// Connect implements spi.Port.
func (t *tapped) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	c, err := t.Panel.Connect(f, mode, bits)
	return &tappedConn{c, t.shown}, err
}

type tappedConn struct {
	spi.Conn
	shown chan time.Time
}

// Tx notes when the register of the eighth digit, a picture's last, has been written.
func (c *tappedConn) Tx(w, r []byte) error {
	err := c.Conn.Tx(w, r)
	if w[0] == max7219.Digit0+7 {
		select {
		case c.shown <- time.Now():
		default: // nobody looks
		}
	}
	return err
}

func startBenchHall(b *testing.B, n int) *benchHall {
	plan := benchPlan(n)
	if err := plan.Check(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	hub, err := app.Open(ctx, app.Options{
		Dir: b.TempDir(), Plan: plan, HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Rate: 1e6,
	})
	if err != nil {
		b.Fatal(err)
	}
	hubCtx, stopHub := context.WithCancel(context.Background())
	var hubEnds, devices sync.WaitGroup
	hubEnds.Go(func() { hub.Run(hubCtx) })
	b.Cleanup(func() {
		cancel()
		devices.Wait()
		stopHub()
		hubEnds.Wait()
	})
	h := &benchHall{b: b, hub: hub}
	h.ask(queue.Source{Role: queue.RoleHub, Device: "hub"}, protocol.Request{Do: queue.DayOpen})
	for i := range plan.Windows {
		w := plan.Windows[i].ID
		if i >= benchPosts {
			for _, kind := range []protocol.DeviceKind{protocol.KindTerminal, protocol.KindDisplay} {
				h.listen(ctx, &devices, string(kind)+"-"+string(w), w)
			}
			continue
		}
		p := &post{b: b, window: w, shown: make(chan time.Time, 64)}
		h.posts = append(h.posts, p)
		p.link = h.link("terminal-"+string(w), protocol.KindTerminal)
		if p.terminal, err = terminal.New(terminal.Options{Hall: hallID, Device: protocol.DeviceID("terminal-" + w), Window: w, Link: p.link}); err != nil {
			b.Fatal(err)
		}
		d := h.link("display-"+string(w), protocol.KindDisplay)
		program := p.panel(w, d)
		for _, run := range []func(context.Context) error{p.link.Run, p.terminal.Run, d.Run, program.Run} {
			devices.Go(func() { run(ctx) })
		}
	}
	for i, p := range h.posts {
		p.until(func(s terminal.Screen) bool { return s.Stage == terminal.StageSignedOff })
		w := plan.Windows[i].ID
		h.ask(queue.Source{Role: queue.RoleDevice, Device: protocol.DeviceID("terminal-" + w), Kind: protocol.KindTerminal, Window: w},
			protocol.Request{Do: protocol.WindowSignOn, Window: w, Clerk: plan.Clerks[i].ID, PIN: pin})
		p.until(func(s terminal.Screen) bool { return s.Stage == terminal.StageIdle })
	}
	return h
}

func benchPlan(n int) *queue.Plan {
	say := protocol.Say
	p := &queue.Plan{
		Version: 1, Hall: hallID, Name: say("滨河区政务服务中心", "Binhe Government Service Centre"), Zone: "Asia/Shanghai",
		Languages: []protocol.Lang{protocol.Chinese},
		Services:  []queue.Service{{ID: "social", Prefix: "A", Name: say("社会保险", "Social insurance"), Typical: queue.Duration(3 * time.Minute)}},
	}
	for i := range n {
		id := fmt.Sprint(i + 1)
		p.Windows = append(p.Windows, queue.Window{ID: protocol.WindowID(id), Name: say(id+"号窗口", "Window "+id), Primary: []protocol.ServiceID{"social"}})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("c" + id), Name: say("职员"+id, "Clerk "+id), PIN: cheapPIN})
		for _, kind := range []protocol.DeviceKind{protocol.KindTerminal, protocol.KindDisplay} {
			p.Devices = append(p.Devices, queue.Device{ID: protocol.DeviceID(string(kind) + "-" + id), Kind: kind, Window: protocol.WindowID(id)})
		}
	}
	p.Devices = append(p.Devices, queue.Device{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"})
	return p
}

// listen is a device of which only the connection is real: its program would run on a processor of its own, and
// four hundred of them here would measure themselves.
func (h *benchHall) listen(ctx context.Context, devices *sync.WaitGroup, id string, w protocol.WindowID) {
	password, err := h.hub.Accounts.Enroll(protocol.DeviceID(id), time.Now())
	if err != nil {
		h.b.Fatal(err)
	}
	t := link.MQTT(link.MQTTOptions{Broker: "tcp://" + h.hub.MQTTAddr().String(), ClientID: id, Password: password})
	up := make(chan struct{}, 1)
	topics := []string{protocol.DeviceTopic(hallID, protocol.DeviceID(id), protocol.KindConfig).String(), protocol.WindowTopic(hallID, w).String()}
	if strings.HasPrefix(id, string(protocol.KindTerminal)) {
		topics = append(topics, protocol.HallTopic(hallID, protocol.KindBoard).String())
	}
	devices.Go(func() {
		t.Run(ctx, link.Session{
			Subscribe: topics,
			Up:        func() { up <- struct{}{} }, Down: func(error) {}, Message: func(link.Message) {},
		})
	})
	select {
	case <-up:
	case <-time.After(benchPatience):
		h.b.Fatalf("%s does not come to the broker", id)
	}
}

func (h *benchHall) link(id string, kind protocol.DeviceKind) *link.Link {
	password, err := h.hub.Accounts.Enroll(protocol.DeviceID(id), time.Now())
	if err != nil {
		h.b.Fatal(err)
	}
	l, err := link.New(
		link.MQTT(link.MQTTOptions{Broker: "tcp://" + h.hub.MQTTAddr().String(), ClientID: id, Password: password}),
		link.Identity{Hall: hallID, Device: protocol.DeviceID(id), Kind: kind, Version: "bench"}, link.Options{StateDir: h.b.TempDir()})
	if err != nil {
		h.b.Fatal(err)
	}
	return l
}

// stock has as many people wait as a round calls.
func (h *benchHall) stock() {
	for range benchPresses {
		h.ask(queue.Source{Role: queue.RoleDevice, Device: "dispenser-1", Kind: protocol.KindDispenser}, protocol.Request{Do: protocol.TicketIssue, Service: "social"})
		h.issued++
	}
}

// settle waits until all terminals show the same, and the post's key hears: in a hall each device has
// a processor of its own, here all share one.
func (h *benchHall) settle() {
	for _, p := range h.posts {
		p.until(func(s terminal.Screen) bool { return s.Waiting == h.issued-h.called })
	}
	time.Sleep(max(benchRest, time.Until(h.posts[h.called%min(benchPosts, len(h.posts))].pressed.Add(benchDeaf))))
}

// serve ends the visit at the post. It returns how long an answer takes over the wire (two hops and a commit), and how long the
// hub takes for a command alone: decision, journal with its sync, and the hall's goroutine.
func (h *benchHall) serve(p *post) (reply, commit time.Duration) {
	start := time.Now()
	arrived := protocol.Request{ID: link.NewRequestID(), Do: protocol.WindowArrived, Window: p.window}
	if answer, err := p.link.Request(h.b.Context(), arrived); err != nil || answer.Refused != nil {
		h.b.Fatal(err, answer.Refused)
	}
	reply = time.Since(start)
	time.Sleep(benchRest)
	start = time.Now()
	from := queue.Source{Role: queue.RoleDevice, Device: protocol.DeviceID("terminal-" + p.window), Kind: protocol.KindTerminal, Window: p.window}
	h.ask(from, protocol.Request{Do: protocol.WindowFinish, Window: p.window, Result: protocol.Results()[0]})
	commit = time.Since(start)
	p.until(func(s terminal.Screen) bool { return s.Stage == terminal.StageIdle })
	return reply, commit
}

func (h *benchHall) ask(from queue.Source, req protocol.Request) {
	h.b.Helper()
	req.ID = link.NewRequestID()
	if from.Role == queue.RoleHub {
		if _, err := h.hub.Hall.Do(h.b.Context(), queue.Command{From: from, Request: req}); err != nil {
			h.b.Fatal(err)
		}
		return
	}
	if reply := h.hub.Hall.Ask(h.b.Context(), from, req); reply.Refused != nil {
		h.b.Fatalf("%s was refused: %v", req.Do, reply.Refused)
	}
}

// panel makes the LED field over the window and the program that draws on it.
func (p *post) panel(w protocol.WindowID, l *link.Link) *display.Display {
	var err error
	if p.leds, err = sim.NewPanel(max7219.DefaultOpts.Wiring); err != nil {
		p.b.Fatal(err)
	}
	dev, err := max7219.New(&tapped{p.leds, p.shown}, nil)
	if err != nil {
		p.b.Fatal(err)
	}
	d, err := display.New(display.Options{Hall: hallID, Device: protocol.DeviceID("display-" + w), Window: w, Link: l, Panel: dev})
	if err != nil {
		p.b.Fatal(err)
	}
	return d
}

// until waits for the terminal to show something.
func (p *post) until(shown func(terminal.Screen) bool) {
	p.b.Helper()
	for end := time.Now().Add(benchPatience); !shown(p.terminal.Screen()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			p.b.Fatalf("the terminal shows %+v", p.terminal.Screen())
		}
	}
}

// call presses the big key and returns how long it took until the last byte of number was on the bus.
func (p *post) call(number string) time.Duration {
	want := display.Frame(display.Scene{
		State: &protocol.WindowState{Current: &protocol.Current{Number: number}}, SinceCall: -1,
	}, image.Pt(panelWide, panelHigh))
	for len(p.shown) > 0 {
		<-p.shown // pictures of before
	}
	patience := time.After(benchPatience)
	pressed := make(chan error, 1)
	start := time.Now()
	go func() {
		pressed <- p.terminal.Press(p.b.Context(), terminal.Press{ID: link.NewRequestID(), Key: terminal.KeyBig})
	}()
	var took time.Duration
	for string(p.leds.Rows()) != string(want.Pix) {
		select {
		case at := <-p.shown:
			took = at.Sub(start)
		case <-patience:
			p.b.Fatalf("%s does not shine; the terminal shows %v %+v", number, p.terminal.Screen().Stage, p.terminal.Screen().Note)
		}
	}
	if err := <-pressed; err != nil {
		p.b.Fatal(err)
	}
	p.until(func(s terminal.Screen) bool { return s.Busy == nil })
	p.pressed = time.Now()
	return took
}

// bareHops is a broker alone with two clients: what one sends, the other sends back.
type bareHops struct {
	b    *testing.B
	near link.Transport
	back chan struct{}
}

func startBareHops(b *testing.B) *bareHops {
	secret := sha256.Sum256([]byte("secret"))
	bare, err := broker.Start(context.Background(), broker.Options{Listen: "127.0.0.1:0", StoreDir: b.TempDir(), Log: slog.New(slog.DiscardHandler)},
		func(id string) (broker.Account, bool) {
			return broker.Account{ID: id, Secret: secret, Publish: []string{"there", "back"}, Subscribe: []string{"there", "back"}, Will: "will/" + id, Trusted: true}, true
		})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	b.Cleanup(func() {
		cancel()
		clients.Wait()
		bare.Close()
	})
	h := &bareHops{b: b, back: make(chan struct{}, 1)}
	up := make(chan struct{}, 2)
	state := make([]byte, 1200) // of a window
	join := func(id, topic string, message func()) link.Transport {
		t := link.MQTT(link.MQTTOptions{Broker: "tcp://" + bare.Addr().String(), ClientID: id, Password: "secret"})
		clients.Go(func() {
			t.Run(ctx, link.Session{
				Subscribe: []string{topic}, Will: link.Message{Topic: "will/" + id},
				Up: func() { up <- struct{}{} }, Down: func(error) {}, Message: func(link.Message) { message() },
			})
		})
		return t
	}
	var far link.Transport
	far = join("far", "there", func() { far.Publish("back", state, 0, false) })
	h.near = join("near", "back", func() { h.back <- struct{}{} })
	for range 2 {
		select {
		case <-up:
		case <-time.After(benchPatience):
			b.Fatal("the bare broker takes nobody")
		}
	}
	return h
}

// roundTrip is two hops: a request of 200 bytes there, a state back.
func (h *bareHops) roundTrip() time.Duration {
	start := time.Now()
	if err := h.near.Publish("there", make([]byte, 200), 1, false); err != nil {
		h.b.Fatal(err)
	}
	select {
	case <-h.back:
	case <-time.After(benchPatience):
		h.b.Fatal("nothing came back")
	}
	return time.Since(start)
}
