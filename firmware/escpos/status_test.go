package escpos

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswersAreReadAsTheManualSays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers [4]byte
		text    string
		problem Problem
	}{
		{"all well", [4]byte{0x12, 0x12, 0x12, 0x12}, "online, paper ok", ProblemNone},
		{"drawer open is no problem", [4]byte{0x16, 0x12, 0x12, 0x12}, "online, paper ok", ProblemNone},
		{"roll nearly empty", [4]byte{0x12, 0x12, 0x12, 0x1e}, "online, paper low", ProblemPaperLow},
		{"roll empty", [4]byte{0x1a, 0x32, 0x12, 0x7e}, "offline, paper out", ProblemPaperOut},
		{"stopped for paper, sensor silent", [4]byte{0x1a, 0x32, 0x12, 0x12}, "offline, paper out", ProblemPaperOut},
		{"cover open", [4]byte{0x1a, 0x16, 0x12, 0x12}, "offline, paper ok, cover open", ProblemCover},
		{"cover open hides paper", [4]byte{0x1a, 0x36, 0x12, 0x72}, "offline, paper out, cover open", ProblemCover},
		{"knife jammed", [4]byte{0x1a, 0x52, 0x1a, 0x12}, "offline, paper ok, cutter error", ProblemCutter},
		{"paper jammed", [4]byte{0x1a, 0x52, 0x16, 0x12}, "offline, paper ok, fault", ProblemFault},
		{"head hot", [4]byte{0x1a, 0x52, 0x52, 0x12}, "offline, paper ok, head hot", ProblemHot},
		{"head or power broken", [4]byte{0x1a, 0x52, 0x32, 0x12}, "offline, paper ok, broken", ProblemBroken},
		{"an error that it does not name", [4]byte{0x1a, 0x52, 0x12, 0x12}, "offline, paper ok, fault", ProblemFault},
		{"feed button held", [4]byte{0x1a, 0x1a, 0x12, 0x12}, "offline, paper ok", ProblemOffline},
	} {
		s, err := ParseStatus(tt.answers[:])
		if err != nil || s.String() != tt.text || s.Problem() != tt.problem {
			t.Errorf("%s: %v (%q), %v; want %s (%q)", tt.name, s, s.Problem(), err, tt.text, tt.problem)
		}
	}
}

func TestZeroStatusIsNoAnswerAndCannotPrint(t *testing.T) {
	var s Status
	if s.CanPrint() || s.String() != "no answer" || s.Paper.String() != "unknown" {
		t.Errorf("zero status: %v, can print %v", s, s.CanPrint())
	}
}

// FuzzStatus checks that answers are accepted only with their fixed bits, and that what is read is
// what a printer in that state would answer.
func FuzzStatus(f *testing.F) {
	f.Add([]byte{0x12, 0x12, 0x12, 0x12})
	f.Add([]byte{0x1a, 0x32, 0x12, 0x7e})
	f.Add([]byte{0x11, 0x13})
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := ParseStatus(p)
		if err != nil {
			if s.Answered {
				t.Fatalf("% x: error %v and yet answered", p, err)
			}
			return
		}
		answers := s.Answers()
		if again, err := ParseStatus(answers[:]); err != nil || again != s {
			t.Fatalf("% x is %v, its answers % x are %v (%v)", p, s, answers, again, err)
		}
	})
}

// script is a port that answers what a table says. Each op is one Write and what it brings.
type script struct {
	ops     []op
	answers []byte
	late    int // how many Reads run out of time before the answers come
}

type op struct{ w, r string }

func (s *script) Write(p []byte) (int, error) {
	if len(s.ops) == 0 || s.ops[0].w != string(p) {
		return 0, errors.New("unexpected write " + string(p))
	}
	s.answers = []byte(s.ops[0].r)
	s.ops = s.ops[1:]
	return len(p), nil
}

func (s *script) Read(p []byte) (int, error) {
	if s.late > 0 || len(s.answers) == 0 {
		s.late--
		<-time.After(time.Second) // what a port does when nothing comes; tests of it run in a bubble
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p[:1], s.answers)
	s.answers = s.answers[n:]
	return n, nil
}

func scripted(t *testing.T, profile string, s *script) *Dev {
	t.Helper()
	t.Cleanup(func() {
		if len(s.ops) > 0 {
			t.Errorf("%d exchanges never happened, next %q", len(s.ops), s.ops[0].w)
		}
	})
	d, err := New(s, &Opts{Profile: profileNamed(t, profile), Glyph: block})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFlowControlBytesAreNotTakenForAnswers(t *testing.T) {
	s := &script{ops: []op{{"\x10\x04\x01", "\x11\x13\x12"}, {"\x10\x04\x02", "\x12"}, {"\x10\x04\x03", "\x00\x12"}, {"\x10\x04\x04", "\x1e"}}}
	got, err := scripted(t, "gbk-80", s).Status()
	if err != nil || got.String() != "online, paper low" {
		t.Errorf("status %v, %v; want online, paper low", got, err)
	}
}

func TestSilenceAfterOneQuestionIsNotAskedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := scripted(t, "gbk-80", &script{ops: []op{{"\x10\x04\x01", ""}}}).Status()
		if err != nil || got != (Status{}) {
			t.Errorf("status %v, %v; want no answer", got, err)
		}
	})
}

func TestConfirmWaitsForTheSlipToComeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{late: 3, ops: []op{{"\x1dr\x01", "\x00"},
			{"\x10\x04\x01", "\x12"}, {"\x10\x04\x02", "\x12"}, {"\x10\x04\x03", "\x12"}, {"\x10\x04\x04", "\x12"}}}
		got, err := scripted(t, "simulated", s).Confirm()
		if err != nil || !got.Printed {
			t.Errorf("status %v, %v; want printed after 3 s", got, err)
		}
	})
}

func TestPrinterThatNeverConfirmsIsGivenUpAfterAFewSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &script{ops: []op{{"\x1dr\x01", ""}, {"\x10\x04\x01", ""}}}
		got, err := scripted(t, "simulated", s).Confirm()
		if err != nil || got.Printed || got.Answered {
			t.Errorf("status %v, %v; want no answer", got, err)
		}
		if took := time.Since(start); took > confirmMargin+2*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
}

// TestSlowPrinterIsWaitedForAsLongAsItsSlipIs: at 50 mm/s a notice of half a metre takes 10 s, and a
// network printer sees even an urgent question only behind it.
func TestSlowPrinterIsWaitedForAsLongAsItsSlipIs(t *testing.T) {
	long := Doc{Line{Text: "A012"}, Feed(1000), Feed(1000), Feed(1000), Feed(1000), Cut{}} // 0.5 m
	for _, name := range []string{"gbk-80", "simulated"} {
		for late, want := range map[int]bool{0: true, 9: true, 60: false} {
			synctest.Test(t, func(t *testing.T) {
				raw, err := Encode(long, profileNamed(t, name), block)
				if err != nil {
					t.Fatal(err)
				}
				all := []op{{"\x10\x04\x01", "\x12"}, {"\x10\x04\x02", "\x12"}, {"\x10\x04\x03", "\x12"}, {"\x10\x04\x04", "\x12"}}
				if !want {
					all = all[:1]
				}
				s := &script{ops: append([]op{{string(raw), ""}}, all...)}
				if name == "simulated" {
					s.ops = append([]op{{string(raw), ""}, {"\x1dr\x01", "\x00"}}, all...)
				}
				d := scripted(t, name, s)
				if err := d.Print(long); err != nil {
					t.Fatal(err)
				}
				s.late = late
				start := time.Now()
				got, err := d.Confirm()
				if took := time.Since(start); err != nil || got.Answered != want || took < time.Duration(late)*time.Second && want || took > 20*time.Second {
					t.Errorf("%s: answer after %d s: %v, %v after %v", name, late, got, err, took)
				}
			})
		}
	}
}

// usb is a silent printer whose kernel driver knows the status lines.
type usb struct {
	script
	bits byte
}

func (u *usb) LineStatus() (byte, bool) { return u.bits, true }

func TestStatusLinesOfASilentPrinterCountOnlyAsBadNews(t *testing.T) {
	profile := profileNamed(t, "gbk-80")
	profile.Ask = AskNone
	for bits, want := range map[byte]Problem{0x18: ProblemNoAnswer, 0x38: ProblemPaperOut} {
		d, err := New(&usb{bits: bits}, &Opts{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := d.Status(); err != nil || s.Problem() != want {
			t.Errorf("lines %#02x: %v, %v; want %q", bits, s, err, want)
		}
	}
}

func TestPortThatIsGoneIsAnError(t *testing.T) {
	gone := errors.New("port file:/dev/usb/lp0: open: no such file")
	d, err := New(struct {
		io.Reader
		io.Writer
	}{nil, failing{gone}}, &Opts{Profile: profileNamed(t, "gbk-58")})
	if err != nil {
		t.Fatal(err)
	}
	_, statusErr := d.Status()
	_, confirmErr := d.Confirm()
	for _, err := range []error{d.Print(Doc{Cut{}}), d.Discard(), d.Halt(), statusErr, confirmErr} {
		if !errors.Is(err, gone) || !strings.HasPrefix(err.Error(), "escpos: ") {
			t.Errorf("error %v does not carry the port's", err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPrinterWithoutWhatItNeedsIsRefused(t *testing.T) {
	port := struct{ io.ReadWriter }{new(bytes.Buffer)}
	bad := profileNamed(t, "gbk-58")
	bad.Dots = 100
	for want, opts := range map[string]*Opts{
		"no options":                          nil,
		`profile "generic-58" has no charact`: {Profile: profileNamed(t, "generic-58")},
		"width of 100 dots is not a multiple": {Profile: bad},
	} {
		if _, err := New(port, opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := New(nil, &Opts{}); err == nil {
		t.Error("a printer without a port was accepted")
	}
	d, err := New(port, &Opts{Profile: profileNamed(t, "gbk-58")})
	if err != nil || d.String() != "escpos{gbk-58}" || d.Profile().Dots != 384 {
		t.Errorf("%v, %v", d, err)
	}
}
