package board_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/board"
	"jiaohao/firmware/escpos"
)

// printers is a file with a printer that no program knows.
func printers(t *testing.T, entry string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "printers.json")
	if err := os.WriteFile(path, []byte("[\n"+entry+"\n]"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const kiosk = `{"name": "kiosk", "source": "test strip", "paper_mm": 58, "dots": 384, "charset": "gb2312", "cutter": "none", "tail_feed": 96, "status": "none", "baud": 19200}`

func openPrinter(c board.PrinterConfig) (escpos.Profile, string, error) {
	b, err := board.Open(board.Config{Printer: &c}, board.OpenPrinter)
	if err != nil {
		return escpos.Profile{}, "", err
	}
	defer b.Close() // nothing was opened yet
	return b.Printer.Profile(), b.Printer.String(), nil
}

func TestNewPrinterIsAnEntryOfAFile(t *testing.T) {
	p, name, err := openPrinter(board.PrinterConfig{Port: "serial:/dev/ttyS9", Profile: "kiosk", Profiles: printers(t, kiosk), RollMM: 30_000})
	if err != nil || p.Baud != 19200 || p.RollMM != 30_000 || !strings.Contains(name, "baud=19200") {
		t.Errorf("%+v of %s, %v; want the speed of the profile and the roll of the configuration", p, name, err)
	}
	p, _, err = openPrinter(board.PrinterConfig{Port: "serial:/dev/ttyS9?flow=rtscts&baud=9600", Profile: "kiosk", Profiles: printers(t, kiosk)})
	if err != nil || p.Baud != 9600 || p.RollMM != 25_000 {
		t.Errorf("%+v, %v; want the speed of the port", p, err)
	}
	p, _, err = openPrinter(board.PrinterConfig{Port: "file:/dev/usb/lp0", Profile: "kiosk", Profiles: printers(t, kiosk)})
	if err != nil || p.Baud != 0 {
		t.Errorf("%+v, %v; want no speed on USB", p, err)
	}
}

func TestMistakeWithAPrinterIsToldByName(t *testing.T) {
	for want, c := range map[string]board.PrinterConfig{
		"probe printer -strip":                  {Port: "serial:/dev/ttyS9", Profile: "generic-58"},
		`profile "epson" is not known; there`:   {Port: "sim", Profile: "epson"},
		`line 4: name "kiosk" is there twice`:   {Port: "sim", Profile: "kiosk", Profiles: printers(t, kiosk+",\n\n"+kiosk)},
		"roll_mm 50 is not from 5000 to 400000": {Port: "sim", Profile: "gbk-80", RollMM: 50},
		"no such file":                          {Port: "sim", Profile: "gbk-80", Profiles: "/nonexistent/printers.json"},
		`wait "1" is not from 2 to 60`:          {Port: "cups:slips?wait=1", Profile: "gbk-80"},
		`queue name "a b"`:                      {Port: "cups:a b", Profile: "gbk-80"},
	} {
		if _, _, err := openPrinter(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

func TestQueueIsAskedForTheStateOfItsPrinter(t *testing.T) {
	p, name, err := openPrinter(board.PrinterConfig{Port: "cups:slips", Profile: "cashino-kp628"})
	if err != nil || p.Ask != escpos.AskQueue || p.Receipt || p.Baud != 0 || name != "escpos{cashino-kp628, cups:slips}" {
		t.Errorf("%+v of %s, %v", p, name, err)
	}
}

func TestCableOfTheSimulatedPrinterCanBePulledOnThePage(t *testing.T) {
	b, err := board.Open(board.Config{Printer: &board.PrinterConfig{Port: "sim", Profile: "simulated"}}, board.OpenPrinter)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() // it is simulated
	do := func(state string) {
		r := httptest.NewRequest("POST", "/printer/"+state, nil)
		r.Header.Set("Origin", "http://"+r.Host)
		w := httptest.NewRecorder()
		b.SimHandler().ServeHTTP(w, r)
		if w.Code != 204 {
			t.Errorf("%s: %d %s", state, w.Code, w.Body)
		}
	}
	do("unplugged")
	if _, err := b.Printer.Status(); err == nil || !strings.Contains(err.Error(), "no such device") {
		t.Errorf("unplugged: %v", err)
	}
	do("ok")
	if s, err := b.Printer.Status(); err != nil || !s.CanPrint() {
		t.Errorf("plugged in again: %v, %v", s, err)
	}
	w := httptest.NewRecorder()
	b.SimHandler().ServeHTTP(w, httptest.NewRequest("GET", "/state", nil))
	if !strings.Contains(w.Body.String(), "拔掉数据线") {
		t.Errorf("the page has no button for it: %s", w.Body)
	}
}
