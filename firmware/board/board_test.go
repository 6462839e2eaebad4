package board_test

import (
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/board"
	"jiaohao/firmware/escpos"
)

const dispenserFile = `{
  "hall": "bemowo",
  "device": "dispenser-1",
  "broker": "tcp://10.0.0.2:1883",
  "http": "127.0.0.1:8080",
  "printer": {"port": "tcp:10.0.0.9:9100", "profile": "gbk-80"},
  "panel": {"spi": "SPI0.0", "columns": 8, "rows": 2},
  "buttons": [{"service": "social", "pin": "GPIO17"}],
  "keypad": {"rows": ["GPIO5"], "cols": ["GPIO6"], "layout": ["1"]}
}`

func TestMistakeInTheFileIsToldWithItsLine(t *testing.T) {
	for _, c := range []struct{ name, old, new, say string }{
		{"comma forgotten", `"bemowo",`, `"bemowo"`, "line 3"},
		{"field misspelt", `"broker"`, `"brocker"`, `line 4: json: unknown field "brocker"`},
		{"field in the wrong place", `"profile": "gbk-80"`, `"pin": "gbk-80"`, `line 6: json: unknown field "pin"`},
		{"legal field of another part before", `"layout": ["1"]`, `"port": "GPIO17"`, `line 9: json: unknown field "port"`},
		{"field of that name in a map, and as a value", `"layout": ["1"]`, "\"layout\": [\"1\"]}, \"help\": {\"zz\": \"zz\"},\n\"zz\": {", `line 10: json: unknown field "zz"`},
		{"misspelt twice", `"profile": "gbk-80"`, "\"prot\": 1,\n\"prot\": 2", `line 6: json: unknown field "prot"`},
		{"end missing", "]}\n}", "]}", "line 9: unexpected EOF"},
		{"number for a text", `"profile": "gbk-80"`, `"profile": 80`, "line 6: printer.profile cannot be a number, must be text in quotes"},
		{"text for a number", `"columns": 8`, `"columns": "8"`, "line 7: panel.columns cannot be a string, must be a whole number"},
		{"half for a whole", `"columns": 8`, `"columns": 8.5`, "line 7: panel.columns cannot be a number 8.5, must be a whole number"},
		{"one for a list", `"layout": ["1"]`, `"layout": "1"`, "line 9: keypad.layout cannot be a string, must be a list [...] of text in quotes"},
		{"text in an embedded part", `{"rows": ["GPIO5"], "cols": ["GPIO6"], "layout": ["1"]}`, `{"serial": {"beep": 1}}`, "line 9: keypad.serial.beep cannot be a number"},
		{"text for an object", `{"rows": ["GPIO5"], "cols": ["GPIO6"], "layout": ["1"]}`, `{"pins": "GPIO5"}`, `line 9: keypad.pins cannot be a string, must be an object {"name": ...}, each with text in quotes`},
		{"hall with a space", "bemowo", "be mowo", `hall id "be mowo"`},
		{"button without pin", `"GPIO17"`, `""`, "button 1: no pin"},
		{"two objects", `}]` + `,`, `}]} {`, "text behind the end"},
	} {
		_, err := board.Parse([]byte(strings.Replace(dispenserFile, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want %q", c.name, err, c.say)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dispenser.json")
	if _, err := board.Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want the path", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := board.Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want the path", err)
	}
}

// open opens every part there is.
func open(c board.Config) (*board.Board, error) {
	return board.Open(c, board.OpenPrinter, board.OpenPanel, board.OpenButtons, board.OpenKeypad, board.OpenEvaluator)
}

func TestPartThatIsNotThereIsNamed(t *testing.T) {
	for _, c := range []struct {
		config board.Config
		say    string
	}{
		{board.Config{Printer: &board.PrinterConfig{Port: "lp0", Profile: "gbk-80"}}, `port "lp0"`},
		{board.Config{Printer: &board.PrinterConfig{Port: "sim", Profile: "epson"}}, `profile "epson" is not known`},
		{board.Config{Panel: &board.PanelConfig{SPI: "SPI77.0", Columns: 8, Rows: 2}}, `SPI bus "SPI77.0", legal are`},
		{board.Config{Panel: &board.PanelConfig{SPI: "sim", Columns: 8, Rows: 2, Brightness: 16}}, "intensity 16, must be 0 to 15"},
		{board.Config{Panel: &board.PanelConfig{SPI: "sim", Columns: 99, Rows: 2}}, "99 x 2 modules"},
		{board.Config{Buttons: []board.ButtonConfig{{Service: "social", Pin: "GPIO999"}}}, `pin "GPIO999" is not there`},
		{board.Config{Keypad: &board.KeypadConfig{}}, "exactly one of layout"},
		{board.Config{Keypad: &board.KeypadConfig{Layout: []string{"12", "3"}}}, `row 2 is "3"`},
	} {
		b, err := open(c.config)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want %q", err, c.say)
		}
	}
}

// simulated opens the parts of dispenserFile without hardware.
func simulated(t *testing.T) *board.Board {
	t.Helper()
	c, err := board.Parse([]byte(dispenserFile))
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(c.Simulated())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestSimulatedDevicesTakeTheSameDrivers(t *testing.T) {
	b := simulated(t)
	if err := b.Printer.Print(escpos.Doc{escpos.Line{Text: "A012"}, escpos.Cut{}}); err != nil {
		t.Fatal(err)
	}
	if n := len(b.SimPrinter.Slips()); n != 1 {
		t.Errorf("%d slips, want 1", n)
	}
	frame := make([]byte, 64*16/8)
	frame[0] = 0x80
	if _, err := b.Panel.Write(frame); err != nil {
		t.Fatal(err)
	}
	if !b.SimPanel.Lit(0, 0) || b.SimPanel.Lit(1, 0) {
		t.Error("the panel does not show what was written")
	}
	if len(b.Buttons) != 1 || b.Buttons[0].Sim == nil || b.Keypad == nil || b.Keypad.Sim == nil {
		t.Errorf("buttons %+v and keypad %v, want simulated ones", b.Buttons, b.Keypad)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if b.SimPanel.Lit(0, 0) {
		t.Error("the panel still shines after Close")
	}
	if err := b.Close(); err != nil {
		t.Error("second Close:", err)
	}
}

func TestSimPageShowsSlipsAndPanelAndTakesFaults(t *testing.T) {
	b := simulated(t)
	server := httptest.NewServer(b.SimHandler())
	defer server.Close()
	if err := b.Printer.Print(escpos.Doc{escpos.Line{Text: "A012"}, escpos.Cut{}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/panel.png", "/slip/1.png"} {
		r, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(r.Body)
		r.Body.Close()
		if err != nil || img.Bounds().Dx() < 100 {
			t.Errorf("%s: %v, want a picture", path, err)
		}
	}
	post := func(path, origin string) int {
		req, err := http.NewRequest("POST", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	for _, c := range []struct {
		path, origin string
		want         int
	}{
		{"/printer/out", server.URL, 204}, {"/printer/fire", server.URL, 404}, {"/printer/ok", "http://evil.example", 403},
		{"/button/0", server.URL, 204}, {"/button/7", server.URL, 404}, {"/keys/keypad?key=1", server.URL, 204}, {"/keys/keypad?key=9", server.URL, 404}, {"/plug/keypad/out", server.URL, 404},
	} {
		if got := post(c.path, c.origin); got != c.want {
			t.Errorf("POST %s from %s: %d, want %d", c.path, c.origin, got, c.want)
		}
	}
	if s := b.SimPrinter.Status(); s.Paper != escpos.PaperOut {
		t.Errorf("printer is %s, want out of paper", s)
	}
	r, err := http.Get(server.URL + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var state struct {
		Slips   []struct{ Seq int }
		Buttons []string
		Keypads []struct{ Rows [][]string }
	}
	if err := json.NewDecoder(r.Body).Decode(&state); err != nil || len(state.Slips) != 1 || fmt.Sprint(state.Buttons, state.Keypads) != "[social] [{[[1]]}]" {
		t.Errorf("state is %+v, %v", state, err)
	}
}

func ExampleOpen() {
	c, err := board.Parse([]byte(`{"hall": "bemowo", "device": "panel-3", "panel": {"spi": "sim", "columns": 8, "rows": 2}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := open(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	fmt.Println(b.Panel.Bounds().Size(), b.Printer == nil)
	// Output: (64,16) true
}
