package escpos

import (
	"errors"
	"testing"
	"testing/synctest"
)

func TestAutomaticStatusIsReadAsTheManualSays(t *testing.T) {
	for _, tt := range []struct {
		name, raw, text string
	}{
		{"all well", "\x10\x00\x00\x00", "online, paper ok"},
		{"roll nearly empty", "\x10\x00\x03\x0f", "online, paper low"},
		{"roll empty", "\x18\x00\x0f\x00", "offline, paper out"},
		{"cover open", "\x38\x00\x00\x00", "offline, paper ok, cover open"},
		{"knife jammed", "\x18\x08\x00\x00", "offline, paper ok, cutter error"},
		{"paper jammed", "\x18\x04\x00\x00", "offline, paper ok, fault"},
		{"the last of two counts", "\x18\x00\x0f\x00\x10\x00\x00\x00", "online, paper ok"},
		{"half a status before and behind", "\x00\x0f\x00\x18\x00\x0c\x00\x10\x00", "offline, paper out"},
	} {
		s, ok := ParseAuto([]byte(tt.raw))
		if !ok || s.String() != tt.text {
			t.Errorf("%s: %v, %v; want %s", tt.name, s, ok, tt.text)
		}
	}
	for _, raw := range []string{"", "\x10\x00\x00", "\x12\x12\x12\x12", "\x11\x13\x11\x13"} {
		if s, ok := ParseAuto([]byte(raw)); ok {
			t.Errorf("% x was taken for %v", raw, s)
		}
	}
}

func TestWhatAPrinterWouldTellOfItselfIsReadBack(t *testing.T) {
	for i := range 1 << 6 {
		s := Status{Answered: true, Online: i&1 != 0, CoverOpen: i&2 != 0, CutterError: i&4 != 0, Fault: i&8 != 0,
			Paper: []PaperState{PaperOK, PaperLow, PaperOut, PaperOut}[i>>4]}
		raw := s.Auto()
		if got, ok := ParseAuto(raw[:]); !ok || got != s {
			t.Errorf("%v as % x is %v", s, raw, got)
		}
	}
}

// talker is a port that has dropped what came before.
type talker struct {
	script
	dropped string
}

func (t *talker) Late() []byte { return []byte(t.dropped) }

func TestStoppedPrinterThatObeysNoMoreIsKnownByWhatItToldBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		profile := profileNamed(t, "gbk-80")
		profile.Ask = AskAuto
		const ask = "\x1da\x0e"
		port := &talker{script: script{ops: []op{
			{ask, "\x10\x00\x00\x00"}, {ask, ""}, {ask, ""}, {ask, "\x10\x00\x00\x00"}, {ask, ""},
		}}}
		d, err := New(port, &Opts{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []struct {
			dropped string
			want    Problem
		}{
			{"", ProblemNone},
			{"\x18\x00\x0f\x00", ProblemPaperOut}, // told by itself, then no answer
			{"", ProblemPaperOut},                 // and still none
			{"", ProblemNone},                     // new paper
			{"", ProblemNoAnswer},                 // silent although it was well: power or cable
		} {
			port.dropped = step.dropped
			if s, err := d.Status(); err != nil || s.Problem() != step.want {
				t.Errorf("question %d: %v, %v; want %q", i+1, s, err, step.want)
			}
		}
	})
}

func TestPrinterThatTellsItsStateInTurnConfirmsTheSlip(t *testing.T) {
	profile := profileNamed(t, "gbk-80")
	profile.Ask = AskAuto
	d, err := New(&script{ops: []op{{"\x1da\x0e", "\x10\x00\x03\x00"}}}, &Opts{Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := d.Confirm(); err != nil || !s.Printed || s.Problem() != ProblemPaperLow {
		t.Errorf("%v, %v; want printed, paper low", s, err)
	}
}

func TestLineStatusIsAllThatSomePrintersTell(t *testing.T) {
	profile := profileNamed(t, "usb-lines-58")
	for bits, want := range map[byte]Problem{0x18: ProblemNone, 0x38: ProblemPaperOut, 0x10: ProblemFault, 0x08: ProblemOffline} {
		d, err := New(&usb{script: script{ops: []op{{"", ""}}}, bits: bits}, &Opts{Profile: profile, Glyph: block})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := d.Status(); err != nil || s.Problem() != want {
			t.Errorf("lines %#02x: %v, %v; want %q", bits, s, err, want)
		}
	}
	d, err := New(&script{ops: []op{{"", ""}}}, &Opts{Profile: profile, Glyph: block})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := d.Status(); err != nil || s.Answered {
		t.Errorf("a port without status lines tells %v, %v", s, err)
	}
}

// queue is a port to a print spooler.
type queue struct {
	script
	reasons []string
	err     error
}

func (q *queue) Reasons() ([]string, error) { return q.reasons, q.err }

func TestSpoolerIsAskedInPlaceOfThePrinter(t *testing.T) {
	for _, tt := range []struct {
		want    Problem
		reasons []string
	}{
		{ProblemNone, nil},
		{ProblemNone, []string{"cups-waiting-for-job-completed", "marker-supply-low-warning"}},
		{ProblemPaperLow, []string{"media-low-warning"}},
		{ProblemPaperOut, []string{"media-low-warning", "media-empty-error"}},
		{ProblemPaperOut, []string{"media-needed"}},
		{ProblemCover, []string{"cover-open-error", "offline-report"}},
		{ProblemFault, []string{"media-jam-error"}},
		{ProblemOffline, []string{"offline-report"}},
		{ProblemOffline, []string{"connecting-to-device"}},
		{ProblemOffline, []string{"stopped"}},
	} {
		d, err := New(&queue{reasons: tt.reasons}, &Opts{Profile: profileNamed(t, "simulated")})
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Confirm() // bytes for the printer would be a job
		if err != nil || s.Problem() != tt.want || s.Printed {
			t.Errorf("%q: %v, %v; want %q", tt.reasons, s, err, tt.want)
		}
		if err := d.Discard(); err != nil || !d.Profile().Answers() {
			t.Errorf("discard: %v", err)
		}
	}
	away := errors.New("no print server")
	d, err := New(&queue{err: away}, &Opts{Profile: profileNamed(t, "simulated")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Status(); !errors.Is(err, away) {
		t.Errorf("error %v", err)
	}
}

// cancelling is a port to a print spooler that can cancel.
type cancelling struct {
	queue
	asked int
	err   error
}

func (c *cancelling) Discard() error { c.asked++; return c.err }

func TestDiscardCancelsWhatWaitsInThePrintSpooler(t *testing.T) {
	q := &cancelling{}
	d, err := New(q, &Opts{Profile: profileNamed(t, "simulated")})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Discard(); err != nil || q.asked != 1 {
		t.Errorf("discard: %v, the spooler was asked %d times to cancel, want once", err, q.asked)
	}
	q.err = errors.New("no print server")
	if err := d.Discard(); !errors.Is(err, q.err) {
		t.Errorf("discard without a server: %v, want its error", err)
	}
}

func TestOneQuestionIsEnoughForAPrinterThatIsWell(t *testing.T) {
	d := scripted(t, "gbk-80", &script{ops: []op{{"\x10\x04\x01", "\x12"}}})
	if s, err := d.Ready(); err != nil || !s.CanPrint() {
		t.Errorf("%v, %v; want that it prints", s, err)
	}
	d = scripted(t, "gbk-80", &script{ops: []op{
		{"\x10\x04\x01", "\x1a"}, {"\x10\x04\x01", "\x1a"}, {"\x10\x04\x02", "\x32"}, {"\x10\x04\x03", "\x12"}, {"\x10\x04\x04", "\x72"},
	}})
	if s, err := d.Ready(); err != nil || s.Problem() != ProblemPaperOut {
		t.Errorf("%v, %v; want paper out", s, err)
	}
}
