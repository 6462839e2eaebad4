package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

//go:embed web
var webFiles embed.FS

// around puts the demo's pages before the hub's. A bare / leads to the demo; with
// a query, such as ?lang=en, it is the hub's own front page.
func (h *Hall) around(hub http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/demo/", func(w http.ResponseWriter, r *http.Request) { h.pages.ServeHTTP(w, r) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/" && r.URL.RawQuery == "" {
			http.Redirect(w, r, "/demo/", http.StatusSeeOther)
			return
		}
		hub.ServeHTTP(w, r)
	})
	return mux
}

// makePages makes the demo's pages: the hall at /demo/, and below it each
// device's own page and the parts that are simulated of it.
func (h *Hall) makePages(plan *queue.Plan) http.Handler {
	files, err := fs.Sub(webFiles, "web")
	if err != nil {
		panic("demo: " + err.Error()) // the folder is part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("/demo/", http.StripPrefix("/demo", http.FileServerFS(files)))
	mux.Handle("GET /demo/stage", h.stage)
	mux.HandleFunc("GET /demo/plan", func(w http.ResponseWriter, r *http.Request) { answer(w, h.makeFacts(plan)) })
	mux.HandleFunc("POST /demo/pilot", h.setPilot)
	mux.HandleFunc("POST /demo/cable/{device}", h.pullCable)
	for _, d := range h.devices {
		mux.Handle("/demo/"+d.part+"/", http.StripPrefix("/demo/"+d.part, h.site(d)))
	}
	return headers(http.NewCrossOriginProtection().Handler(mux))
}

// site is a device's own page and what is simulated of the device. The autopilot
// steps back when a person uses it.
//
// Each device has an address of its own besides its place below /demo/, as in a
// real hall. It matters here: a browser opens six connections to one address at most,
// and every page keeps one for what is live.
func (h *Hall) site(d *device) http.Handler {
	mux := http.NewServeMux()
	if d.handler != nil {
		mux.Handle("/", d.handler)
	}
	if d.board != nil {
		mux.Handle("/sim/", http.StripPrefix("/sim", d.board.SimHandler()))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost || r.URL.Path == "/" {
			h.pilot.touch(d.part)
		}
		mux.ServeHTTP(w, r)
	})
}

// headers sets what keeps foreign pages and scripts out.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// facts are what the page must know of the plan.
type facts struct {
	Hall       protocol.Text     `json:"hall"`
	Windows    []window          `json:"windows"`
	Kiosks     []kiosk           `json:"kiosks"`
	Pairs      [][2]string       `json:"pairs"`
	Zones      []zone            `json:"zones"`
	Port       string            `json:"port"`  // of the hub's pages
	Sites      map[string]string `json:"sites"` // by part: port of the device's own page
	ClerkPIN   string            `json:"clerk_pin"`
	Manager    string            `json:"manager"`
	ManagerPIN string            `json:"manager_pin"`
}

// window is a window with its devices.
type window struct {
	ID       protocol.WindowID `json:"id"`
	Label    string            `json:"label"`
	Services []protocol.Text   `json:"services"`
	Display  protocol.DeviceID `json:"display"`
	Terminal protocol.DeviceID `json:"terminal"`
	Clerk    string            `json:"clerk"`          // who usually sits there
	Zone     protocol.Text     `json:"zone,omitempty"` // in which its calls are spoken
	Silent   bool              `json:"silent"`         // they are not spoken
	Equipped bool              `json:"equipped"`       // its terminal has evaluator, small display and printer
}

// zone is a part of the hall that is heard apart.
type zone struct {
	ID   string        `json:"id"`
	Name protocol.Text `json:"name"`
}

// kiosk is a dispenser.
type kiosk struct {
	N      int               `json:"n"`
	Device protocol.DeviceID `json:"device"`
	Letter string            `json:"letter"`
}

func (h *Hall) makeFacts(plan *queue.Plan) facts {
	f := facts{Port: port(h.hub.HTTPAddr()), Sites: map[string]string{}, Hall: plan.Name, ClerkPIN: clerkPIN, Manager: managerID, ManagerPIN: managerPIN}
	for i := range plan.Windows {
		spec := &plan.Windows[i]
		w := window{ID: spec.ID, Label: plan.Label(spec.ID), Clerk: fmt.Sprintf("c%02d", i+1),
			Silent: slices.Contains(plan.Voice.Silent, spec.ID), Equipped: spec.ID == equipped}
		if z := plan.VoiceZone(spec.ID); z != nil {
			w.Zone = z.Name
		}
		for _, s := range spec.Primary {
			w.Services = append(w.Services, plan.Service(s).Name)
		}
		for _, d := range plan.Devices {
			switch {
			case d.Window != spec.ID:
			case d.Kind == protocol.KindDisplay:
				w.Display = d.ID
			case d.Kind == protocol.KindTerminal:
				w.Terminal = d.ID
			}
		}
		f.Windows = append(f.Windows, w)
	}
	for _, d := range plan.Devices {
		if d.Kind == protocol.KindDispenser {
			f.Kiosks = append(f.Kiosks, kiosk{N: len(f.Kiosks) + 1, Device: d.ID, Letter: d.Letter})
		}
	}
	for _, d := range h.devices {
		if d.site != nil {
			f.Sites[d.part] = port(d.site.Addr())
		}
	}
	for _, z := range plan.Voice.Zones {
		f.Zones = append(f.Zones, zone{ID: z.ID, Name: z.Name})
	}
	for _, p := range plan.Pairs {
		f.Pairs = append(f.Pairs, [2]string{string(p.A), string(p.B)})
	}
	return f
}

func port(a net.Addr) string {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return ""
	}
	return port
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A page that has gone needs no answer.
	_ = json.NewEncoder(w).Encode(value)
}

// setPilot takes ?on=true|false and ?pace=2; what is not named stays.
func (h *Hall) setPilot(w http.ResponseWriter, r *http.Request) {
	on, pace := h.pilot.state()
	q := r.URL.Query()
	err := fill(q, "on", &on, strconv.ParseBool)
	if err == nil {
		err = fill(q, "pace", &pace, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	}
	if err == nil {
		err = h.pilot.set(on, pace)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// pullCable takes ?out=true|false for a device, or for "all".
func (h *Hall) pullCable(w http.ResponseWriter, r *http.Request) {
	out, name, found := false, r.PathValue("device"), false
	if err := fill(r.URL.Query(), "out", &out, strconv.ParseBool); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, d := range h.devices {
		if name == "all" || name == string(d.id) {
			found = true
			d.cable.pull(out)
		}
	}
	if !found {
		http.Error(w, fmt.Sprintf("there is no device %q", name), http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// fill reads one value of a query if it is there.
func fill[T any](q url.Values, name string, to *T, parse func(string) (T, error)) error {
	if !q.Has(name) {
		return nil
	}
	v, err := parse(q.Get(name))
	if err != nil {
		return fmt.Errorf("%s %q is not a value that it can have", name, q.Get(name))
	}
	*to = v
	return nil
}
