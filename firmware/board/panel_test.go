package board_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spireg"

	"jiaohao/firmware/board"
)

// panelOf parses a configuration with this panel and opens it.
func panelOf(panel string) (*board.Board, error) {
	c, err := board.Parse([]byte(`{"hall": "bemowo", "device": "panel-3", "panel": ` + panel + `}`))
	if err != nil {
		return nil, err
	}
	return board.Open(c, board.OpenPanel)
}

func TestEveryKindOfPanelIsOpenedFromItsConfiguration(t *testing.T) {
	for _, c := range []struct{ config, size string }{
		{`{"spi": "sim", "columns": 8, "rows": 1, "brightness": 6}`, "(64,8)"},
		{`{"kind": "max7219", "spi": "sim", "columns": 8, "rows": 2, "hours": [{"from": "18:00", "brightness": 2}], "test": true}`, "(64,16)"},
		{`{"kind": "ws2812", "spi": "sim", "width": 32, "height": 8, "down": true, "serpentine": true, "color": "#18ff40", "brightness": 15}`, "(32,8)"},
		{`{"kind": "ddp", "udp": "sim", "width": 128, "height": 64}`, "(128,64)"},
		{`{"kind": "ddp", "udp": "127.0.0.1:4048", "width": 64, "height": 32}`, "(64,32)"},
		{`{"kind": "ssd1306", "i2c": "sim", "height": 32}`, "(128,32)"},
	} {
		b, err := panelOf(c.config)
		if err != nil {
			t.Errorf("%s: %v", c.config, err)
			continue
		}
		if got := fmt.Sprint(b.Panel.Bounds().Size()); got != c.size || b.Signs != nil {
			t.Errorf("%s: %s, want %s", c.config, got, c.size)
		}
		b.Close()
	}
	b, err := panelOf(`{"kind": "signs", "port": "sim", "profile": "modbus-rtu", "signs": [{"window": "1", "address": 1}, {"window": "2", "address": 7}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if b.Panel != nil || len(b.Signs) != 2 || b.Signs["2"].String() != "sign{modbus-rtu, 7}" {
		t.Errorf("panel %v, signs %v", b.Panel, b.Signs)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestMistakeInAPanelsConfigurationIsNamed(t *testing.T) {
	for _, c := range []struct{ config, say string }{
		{`{"kind": "hub75"}`, `kind "hub75"; legal are max7219, ws2812, ssd1306, ddp, signs`},
		{`{"kind": "ws2812", "spi": "sim", "width": 8, "height": 8, "color": "red"}`, `color "red", legal is #rrggbb`},
		{`{"kind": "ws2812", "spi": "SPI77.0", "width": 8, "height": 8}`, `SPI bus "SPI77.0", legal are`},
		{`{"kind": "ssd1306", "i2c": "I2C77", "height": 64}`, `I2C bus "I2C77", legal are`},
		{`{"kind": "ssd1306", "i2c": "sim", "height": 48}`, "height 48"},
		{`{"kind": "ddp", "udp": "10.0.0.8", "width": 8, "height": 8}`, `udp "10.0.0.8", legal is HOST:PORT`},
		{`{"kind": "signs", "port": "sim", "profile": "onbon"}`, `profile "onbon" is not known`},
		{`{"kind": "signs", "port": "sim", "profile": "modbus-rtu"}`, "no signs"},
		{`{"kind": "signs", "port": "sim", "profile": "modbus-rtu", "signs": [{"window": "1", "address": 1}, {"window": "1", "address": 2}]}`, "two signs"},
		{`{"kind": "signs", "port": "sim", "profile": "modbus-rtu", "signs": [{"window": "1", "address": 300}]}`, "address 300, must be 1 to 255 with profile modbus-rtu"},
		{`{"kind": "signs", "port": "sim", "profile": "example-stx", "brightness": 44, "signs": [{"window": "1", "address": 1}]}`, "brightness 44, legal is 0 to 15"},
		{`{"kind": "ssd1306", "i2c": "sim", "height": 64, "address": 65596}`, "address 65596, legal are 60 and 61, or 0 for 60"},
	} {
		b, err := panelOf(c.config)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want %q", c.config, err, c.say)
		}
	}
}

func TestTwoSignsWithOneAddressAreRefusedSinceBothWouldShowBothNumbers(t *testing.T) {
	_, err := panelOf(`{"kind": "signs", "port": "sim", "profile": "modbus-rtu", "signs": [{"window": "1", "address": 4}, {"window": "2", "address": 4}]}`)
	if err == nil || !strings.Contains(err.Error(), `address 4 is given to windows "1" and "2"; legal is one address for each sign`) {
		t.Error(err)
	}
}

func TestAddressZeroOfModbusIsRefusedSinceItMeansAllSigns(t *testing.T) {
	_, err := panelOf(`{"kind": "signs", "port": "sim", "profile": "modbus-rtu", "signs": [{"window": "1", "address": 0}]}`)
	if err == nil || !strings.Contains(err.Error(), "address 0, must be 1 to 255 with profile modbus-rtu") {
		t.Error(err)
	}
	b, err := panelOf(`{"kind": "signs", "port": "sim", "profile": "example-stx", "signs": [{"window": "1", "address": 0}]}`)
	if err != nil {
		t.Fatalf("a profile without such a rule: %v", err)
	}
	b.Close()
}

func TestPanelWithoutABusByNameTakesNoneThatThereIs(t *testing.T) {
	if err := spireg.Register("SPI9.9", nil, -1, func() (spi.PortCloser, error) { return nil, errors.New("taken") }); err != nil {
		t.Fatal(err)
	}
	if err := i2creg.Register("I2C99", nil, -1, func() (i2c.BusCloser, error) { return nil, errors.New("taken") }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(spireg.Unregister("SPI9.9"), i2creg.Unregister("I2C99")); err != nil {
			t.Error(err)
		}
	})
	for config, say := range map[string]string{
		`{"columns": 8, "rows": 2}`:                    `SPI bus "", legal are names such as "SPI0.0"; there are: SPI9.9: none is named`,
		`{"kind": "ws2812", "width": 32, "height": 8}`: `SPI bus "", legal are names such as "SPI0.0"; there are: SPI9.9: none is named`,
		`{"kind": "ssd1306", "height": 64}`:            `I2C bus "", legal are names such as "I2C1"; there are: I2C99: none is named`,
	} {
		_, err := panelOf(config)
		var wrong *board.MistakeError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v, want a mistake: %q", config, err, say)
		}
	}
}

func TestPanelWithoutItsBusNamesTheLegalForm(t *testing.T) {
	for config, say := range map[string]string{
		`{"columns": 8, "rows": 2}`:                         `SPI bus "", legal are names such as "SPI0.0"; there are: `,
		`{"kind": "ws2812", "width": 32, "height": 8}`:      `SPI bus "", legal are names such as "SPI0.0"; there are: `,
		`{"kind": "ssd1306", "height": 64}`:                 `I2C bus "", legal are names such as "I2C1"; there are: `,
		`{"kind": "ssd1306", "i2c": "I2C77", "height": 64}`: `I2C bus "I2C77", legal are names such as "I2C1"; there are: `,
		`{"spi": "SPI77.0", "columns": 8, "rows": 2}`:       `SPI bus "SPI77.0", legal are names such as "SPI0.0"; there are: `,
	} {
		b, err := panelOf(config)
		if err == nil {
			b.Close()
			t.Logf("%s: this machine has a bus", config)
			continue
		}
		if !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "Init()") {
			t.Errorf("%s: %v, want %q", config, err, say)
		}
	}
}

func TestWhatAPadDoesNotHaveIsRefused(t *testing.T) {
	for pad, say := range map[string]string{
		`{"i2c": "sim", "height": 64, "hours": [{"from": "18:00", "brightness": 2}]}`: "pad: hours and test are a panel's",
		`{"i2c": "sim", "height": 64, "test": true}`:                                  "pad: hours and test are a panel's",
		`{"kind": "ws2812", "spi": "sim", "width": 32, "height": 8}`:                  `pad: kind "ws2812", legal is ssd1306`,
		`{"i2c": "sim", "height": 64, "address": 65596}`:                              "pad: address 65596",
	} {
		c, err := board.Parse([]byte(`{"hall": "bemowo", "device": "terminal-3", "pad": ` + pad + `}`))
		if err != nil {
			t.Fatal(err)
		}
		b, err := board.Open(c, board.OpenPad)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v, want %q", pad, err, say)
		}
	}
}

func TestTwoButtonsForOneServiceAreRefused(t *testing.T) {
	_, err := board.Parse([]byte(`{"hall": "bemowo", "device": "dispenser-1", "buttons": [{"service": "social", "pin": "GPIO17"}, {"service": "tax", "pin": "GPIO27"},
		{"service": "social", "pin": "GPIO22"}]}`))
	if err == nil || !strings.Contains(err.Error(), `buttons 1 and 3 are both for service "social", legal is one for each`) {
		t.Error(err)
	}
}

func TestPadIsOpenedBesideWhateverElseThereIs(t *testing.T) {
	c, err := board.Parse([]byte(`{"hall": "bemowo", "device": "terminal-3", "pad": {"i2c": "I2C1", "height": 64, "brightness": 12}}`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := board.Open(c.Simulated(), board.OpenPad)
	if err != nil {
		t.Fatal(err)
	}
	if b.Pad == nil || b.SimScreen == nil || b.Panel != nil {
		t.Errorf("pad %v, panel %v", b.Pad, b.Panel)
	}
	if err := b.Close(); err != nil || b.Close() != nil {
		t.Error(err)
	}
}

func TestPlugOfAPanelIsPulledOnTheSimPageWhichSaysWhatNobodyCanKnow(t *testing.T) {
	for _, c := range []struct {
		config string
		silent bool
		fails  bool
	}{
		{`{"spi": "sim", "columns": 8, "rows": 2}`, true, false},
		{`{"kind": "ssd1306", "i2c": "sim", "height": 64}`, false, true},
		{`{"kind": "ddp", "udp": "sim", "width": 64, "height": 16}`, false, true},
	} {
		b, err := panelOf(c.config)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(b.SimHandler())
		state := func() (s struct {
			Panel struct{ Pulled, Silent bool }
		}) {
			r, err := http.Get(server.URL + "/state")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			raw, err := io.ReadAll(r.Body)
			if err != nil || json.Unmarshal(raw, &s) != nil {
				t.Fatalf("%v %s", err, raw)
			}
			return s
		}
		post := func(path string) int {
			req, err := http.NewRequest("POST", server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", server.URL)
			r, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			return r.StatusCode
		}
		if got := post("/panel/out"); got != 204 || !state().Panel.Pulled || state().Panel.Silent != c.silent {
			t.Errorf("%s: %d, %+v", c.config, got, state())
		}
		if err := b.Panel.Refresh(); (err != nil) != c.fails {
			t.Errorf("%s: refresh without its plug: %v", c.config, err)
		}
		if got := post("/panel/in"); got != 204 || state().Panel.Pulled {
			t.Errorf("%s: %d, %+v", c.config, got, state())
		}
		if got := post("/panel/fire"); got != 404 {
			t.Errorf("%s: %d", c.config, got)
		}
		server.Close()
		b.Close()
	}
}
