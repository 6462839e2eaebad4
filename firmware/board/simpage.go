package board

import (
	"embed"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
)

//go:embed web
var web embed.FS

const (
	// slipsShown is how many slips are on the page, the newest first.
	slipsShown = 6
	// pressFor is how long a simulated finger is down: longer than any debouncing.
	pressFor = 120 * time.Millisecond
)

// printerStates are what may happen to a simulated printer, by the name of the
// page's button.
var printerStates = []struct {
	name, label string
	status      escpos.Status
}{
	{"ok", "纸已装好 ready", escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOK}},
	{"low", "纸快用完 paper low", escpos.Status{Answered: true, Online: true, Paper: escpos.PaperLow}},
	{"out", "缺纸 paper out", escpos.Status{Answered: true, Paper: escpos.PaperOut}},
	{"cover", "开盖 cover open", escpos.Status{Answered: true, Paper: escpos.PaperOK, CoverOpen: true}},
	{"cutter", "切刀卡住 cutter", escpos.Status{Answered: true, Paper: escpos.PaperOK, CutterError: true}},
	{"hot", "过热 head hot", escpos.Status{Answered: true, Paper: escpos.PaperOK, Hot: true}},
	{"off", "断电 switched off", escpos.Status{}},
}

// unplugged is the page's button for a cable that is pulled out; every other state puts it back.
const unplugged, unpluggedLabel = "unplugged", "拔掉数据线 unplugged"

// SimHandler serves a page of the simulated parts, to look at and to press, with
// paths relative to where it is mounted, which must end in a slash.
func (b *Board) SimHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", file("web/sim.html", "text/html"))
	mux.HandleFunc("GET /web/sim.css", file("web/sim.css", "text/css"))
	mux.HandleFunc("GET /web/sim.js", file("web/sim.js", "text/javascript"))
	mux.HandleFunc("GET /evaluator", file("web/evaluator.html", "text/html"))
	mux.HandleFunc("GET /web/evaluator.js", file("web/evaluator.js", "text/javascript"))
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b.simState()) // a page that has gone needs no answer
	})
	mux.HandleFunc("GET /panel.png", b.servePanel)
	mux.HandleFunc("POST /panel/{state}", b.plugPanel)
	mux.HandleFunc("GET /slip/{seq}", b.serveSlip)
	mux.HandleFunc("POST /printer/{state}", b.setPrinter)
	mux.HandleFunc("POST /button/{n}", b.pressButton)
	mux.HandleFunc("POST /keys/{pad}", b.pressKey)
	mux.HandleFunc("POST /plug/{pad}/{state}", b.plugKeypad)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'self'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		origin, err := url.Parse(r.Header.Get("Origin"))
		if r.Method == http.MethodPost && (err != nil || !strings.EqualFold(origin.Host, r.Host)) {
			http.Error(w, "only the page itself may do that", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// file serves one file of the page.
func file(name, kind string) http.HandlerFunc {
	content, err := web.ReadFile(name)
	if err != nil {
		panic("board: " + err.Error()) // the file is part of the program
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		_, _ = w.Write(content) // a page that has gone needs no answer
	}
}

// simState is what the page shows. It is plain data: a template engine would
// double the size of the programs.
type simState struct {
	Panel   *simScreen `json:"panel"` // null without one
	Buttons []string   `json:"buttons"`
	Keypads []simKeys  `json:"keypads"`
	Printer []simPress `json:"printer"` // what may happen to it
	Slips   []simSlip  `json:"slips"`   // newest first
}

type simPress struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

type simSlip struct {
	Seq      int  `json:"seq"`
	Complete bool `json:"complete"`
}

func (b *Board) simState() simState {
	s := simState{Panel: b.screenState()}
	for _, p := range b.Buttons {
		s.Buttons = append(s.Buttons, string(p.Service))
	}
	s.Keypads = b.simKeys()
	if b.SimPrinter == nil {
		return s
	}
	for _, p := range printerStates {
		s.Printer = append(s.Printer, simPress{p.name, p.label})
	}
	s.Printer = append(s.Printer, simPress{unplugged, unpluggedLabel})
	slips := b.SimPrinter.Slips()
	slices.Reverse(slips)
	for _, slip := range slips[:min(len(slips), slipsShown)] {
		s.Slips = append(s.Slips, simSlip{slip.Seq, slip.Complete})
	}
	return s
}

func (b *Board) serveSlip(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("seq"), ".png"))
	if err != nil || b.SimPrinter == nil {
		http.NotFound(w, r)
		return
	}
	for _, s := range b.SimPrinter.Slips() {
		if s.Seq == seq {
			servePNG(w, s.Image)
			return
		}
	}
	http.NotFound(w, r)
}

func servePNG(w http.ResponseWriter, img image.Image) {
	w.Header().Set("Content-Type", "image/png")
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	// A page that has gone needs no picture.
	_ = fast.Encode(w, img)
}

func (b *Board) setPrinter(w http.ResponseWriter, r *http.Request) {
	if b.SimPrinter != nil && r.PathValue("state") == unplugged {
		b.SimPrinter.Unplug()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	for _, s := range printerStates {
		if b.SimPrinter != nil && s.name == r.PathValue("state") {
			b.SimPrinter.Plug()
			b.SimPrinter.SetStatus(s.status)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	http.NotFound(w, r)
}

func (b *Board) pressButton(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(b.Buttons) || b.Buttons[n].Sim == nil {
		http.NotFound(w, r)
		return
	}
	b.Buttons[n].Sim.Press()
	time.Sleep(pressFor)
	b.Buttons[n].Sim.Release()
	w.WriteHeader(http.StatusNoContent)
}
