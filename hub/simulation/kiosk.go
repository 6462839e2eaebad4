package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// kiosk is a dispenser: its printer, which is hardware and stays, and its program,
// which comes and goes with the power.
type kiosk struct {
	s       *site
	id      string
	dir     string
	profile escpos.Profile
	printer *sim.Printer

	mu      sync.Mutex // guards what follows: citizens, staff and faults come to it
	program *dispenser.Dispenser
	link    *link.Link
	handler http.Handler
	off     func(orderly bool)
	view    dispenser.View
	changed chan struct{} // closed when view changes or the power goes
	boots   int
	pending int // presses that were accepted and have no answer yet

	sheets  []sheet
	lastSeq int
	shown   map[int]dispenser.Result // last state of each result, by boot and number
	pressed int
	cuts    int // power cuts while a press was pending
}

func newKiosk(s *site, id string) (*kiosk, error) {
	profile, err := escpos.ProfileByName("simulated-58")
	if err != nil {
		return nil, err
	}
	printer, err := sim.NewPrinter(profile)
	if err != nil {
		return nil, err
	}
	k := &kiosk{
		s: s, id: id, dir: filepath.Join(s.o.Dir, id), profile: profile, printer: printer,
		changed: make(chan struct{}), shown: map[int]dispenser.Result{},
	}
	return k, os.MkdirAll(k.dir, 0o700)
}

// on switches the dispenser on.
func (k *kiosk) on() error {
	dev, err := escpos.New(k.printer, &escpos.Opts{Profile: k.profile, Glyph: sim.DrawGlyph})
	if err != nil {
		return err
	}
	l, err := k.s.newLink(k.id, protocol.KindDispenser, k.dir)
	if err != nil {
		return err
	}
	d, err := dispenser.New(dispenser.Options{
		Hall: hallID, Device: protocol.DeviceID(k.id), Link: l, Printer: dev, Profile: k.profile, StateDir: k.dir,
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	k.s.watch(l, k.id, protocol.DeviceTopic(hallID, protocol.DeviceID(k.id), protocol.KindConfig), protocol.ServiceTopic(hallID, "+"))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { k.s.ran(k.id, l.Run(ctx)) })
	wg.Go(func() { k.s.ran(k.id, d.Run(ctx)) })
	handler := d.Handler()
	wg.Go(func() { k.look(ctx, handler) })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.program, k.link, k.handler = d, l, handler
	k.boots++
	k.off = func(orderly bool) {
		if !orderly {
			k.s.cut(k.id)
		}
		cancel()
		wg.Wait()
		if !orderly {
			k.s.restore(k.id)
		}
	}
	return nil
}

// powerOff ends the program, as a power cut or in good order, and returns whether
// somebody stood there without an answer.
func (k *kiosk) powerOff(orderly bool) {
	k.mu.Lock()
	off := k.off
	k.program, k.handler, k.off = nil, nil, nil
	if k.pending > 0 {
		k.cuts++
	}
	close(k.changed)
	k.changed = make(chan struct{})
	k.mu.Unlock()
	if off != nil {
		off(orderly)
	}
}

// look follows the page that the citizen sees.
func (k *kiosk) look(ctx context.Context, h http.Handler) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		panic("simulation: " + err.Error()) // a constant address is one
	}
	h.ServeHTTP(&screen{k: k, header: http.Header{}}, r)
}

// screen is the browser of the kiosk.
type screen struct {
	k      *kiosk
	header http.Header
}

func (s *screen) Header() http.Header { return s.header }
func (s *screen) WriteHeader(int)     {}
func (s *screen) Flush()              {}

func (s *screen) Write(p []byte) (int, error) {
	var v dispenser.View
	if err := json.Unmarshal(bytes.TrimPrefix(bytes.TrimSpace(p), []byte("data: ")), &v); err != nil {
		return 0, err
	}
	s.k.see(v)
	return len(p), nil
}

func (k *kiosk) see(v dispenser.View) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.view = v
	if r := v.Result; r != nil && r.Kind != dispenser.ResultWorking {
		k.shown[k.boots<<20|r.No] = *r
	}
	close(k.changed)
	k.changed = make(chan struct{})
}

// state is what stands on the screen now.
func (k *kiosk) state() (v dispenser.View, d *dispenser.Dispenser, changed <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.view, k.program, k.changed
}

// harvest takes the slips that were cut off. What is torn off is no paper to anybody.
func (k *kiosk) harvest() {
	for _, slip := range k.printer.Slips() {
		if slip.Seq <= k.lastSeq || !slip.Complete {
			continue
		}
		sh, err := read(k.id, slip, time.Now())
		if err != nil {
			k.s.breaks("slips", "%v", err)
		}
		k.lastSeq = slip.Seq
		k.sheets = append(k.sheets, sh)
	}
}

// tend is the staff: collects slips, and prints again what did not come out.
func (k *kiosk) tend(ctx context.Context) {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		k.harvest()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		v, d, _ := k.state()
		if d == nil || len(v.Unprinted) == 0 {
			continue
		}
		k.post("/reprint", map[string]string{"number": v.Unprinted[0]})
	}
}

// post sends what the page's button sends.
func (k *kiosk) post(path string, body any) int {
	raw, err := json.Marshal(body)
	if err != nil {
		panic("simulation: " + err.Error()) // plain texts always encode
	}
	r, err := http.NewRequest(http.MethodPost, "http://kiosk"+path, bytes.NewReader(raw))
	if err != nil {
		panic("simulation: " + err.Error())
	}
	r.Header.Set("Origin", "http://kiosk")
	k.mu.Lock()
	h := k.handler
	k.mu.Unlock()
	if h == nil {
		return 0
	}
	w := &status{header: http.Header{}}
	h.ServeHTTP(w, r)
	return w.code
}

// status keeps the status of an answer.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header         { return s.header }
func (s *status) Write(p []byte) (int, error) { return len(p), nil }
func (s *status) WriteHeader(code int)        { s.code = code }
