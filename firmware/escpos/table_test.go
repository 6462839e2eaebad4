package escpos

import (
	"fmt"
	"strings"
	"testing"
)

const oneEntry = `{"name": "new-58", "source": "manual", "paper_mm": 58, "dots": 384, "charset": "gb2312", "cutter": "none", "tail_feed": 96, "status": "dle_eot"}`

func TestNewPrinterIsANewEntryAndNoCode(t *testing.T) {
	more, err := ParseProfiles([]byte("[\n" + oneEntry + ",\n" + strings.Replace(oneEntry, "new-58", "generic-58", 1) + "\n]\n"))
	if err != nil {
		t.Fatal(err)
	}
	before := BuiltIn()
	table := before.With(more)
	if len(table) != len(before)+1 {
		t.Fatalf("%d profiles, want one more than %d: one is new, one takes another's place", len(table), len(before))
	}
	p, err := table.ByName("new-58")
	if err != nil || p.Charset != CharsetGB2312 || p.Chinese != ChineseOn || p.Receipt || p.Number != NumberText || p.RollMM != 25_000 {
		t.Errorf("%+v, %v; want the careful values for what is left out", p, err)
	}
	if p, _ := table.ByName("generic-58"); p.Charset != CharsetGB2312 {
		t.Errorf("generic-58 still is %+v", p)
	}
	if p, _ := before.ByName("generic-58"); p.Charset != CharsetNone {
		t.Error("the table that was there before has changed")
	}
}

func TestWrongEntryIsRefusedWithItsLineAndWhatIsLegal(t *testing.T) {
	for change, want := range map[string]string{
		`"paper_mm": 58>"paper_mm": 57`:                                `line 3: new-58: paper_mm 57 is not 58 or 80`,
		`"dots": 384>"dots": 380`:                                      `line 3: escpos: profile "new-58": width of 380 dots is not a multiple of 8 from 192 to 1024`,
		`"dots": 384>"dots": 576`:                                      `line 3: new-58: dots 576 do not fit on paper_mm 58; legal there are 192 to 464`,
		`"dle_eot">"none", "receipt": "gs_r"`:                          `line 3: new-58: receipt "gs_r" is an answer, and with status "none" nobody waits for one`,
		`"gb2312">"big5"`:                                              `line 3: new-58: charset "big5" is not one of none, gb2312, gbk`,
		`"cutter": "none">"cutter": true`:                              `line 3: cutter cannot be a bool`,
		`"cutter": "none">"cutter": "half"`:                            `cutter "half" is not one of none, partial, full`,
		`"status": "dle_eot">"status": "gs_r"`:                         `status "gs_r" is not one of dle_eot, asb, line, none`,
		`"status": "dle_eot">"stauts": "dle_eot"`:                      `line 3: json: unknown field "stauts"`,
		`"tail_feed": 96>"tail_feed": 256`:                             `tail feed of 256 dots is not from 0 to 255`,
		`"new-58">"New 58"`:                                            `name "New 58" is not 1 to 40 of a-z, 0-9 and -`,
		`"manual">" "`:                                                 `source is empty`,
		`"cutter": "none">"cutter": "none", "baud": 50`:                `baud 50 is not from 1200 to 921600`,
		`"gb2312">"none", "baud": 9600`:                                `probe printer -strip`,
		`"cutter": "none">"cutter": "none", "roll_mm": 30`:             `roll_mm 30 is not from 5000 to 400000`,
		`"cutter": "none">"cutter": "none", "chinese": "off"`:          `legal with charset gb2312 are "on" and "none"`,
		`"gb2312">"none", "chinese": "on"`:                             `legal with charset none are "off" and "none"`,
		`"cutter": "none">"cutter": "none", "number": "large"`:         `number "large" is not one of text, raster`,
		`"cutter": "none">"cutter": "none", "receipt": "dle_eot"`:      `receipt "dle_eot" is not one of gs_r, none`,
		`"status": "dle_eot"}>"status": "dle_eot"},` + "\n" + oneEntry: `line 4: name "new-58" is there twice`,
		`"status": "dle_eot"}>"status": "dle_eot"`:                     `line 3: invalid character`,
	} {
		from, to, _ := strings.Cut(change, ">")
		text := "[\n\n" + strings.Replace(oneEntry, from, to, 1) + "\n]\n"
		if _, err := ParseProfiles([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", change, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                      "must begin with [",
		"{}":                    "must begin with [",
		"[]\nx":                 "line 2",
		"[" + oneEntry + "] []": "text behind the end",
		"[\xff]":                "UTF-8",
		"[\n{}]":                `line 2: name "" is not 1 to 40`,
		"[\nnull]":              "line 2: null is no printer",
		"[\n1]":                 "line 2: a printer cannot be a number",
	} {
		if _, err := ParseProfiles([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestProfileOfTheTestStripIsReadBackAsItWas(t *testing.T) {
	for _, p := range BuiltIn() {
		raw, err := MarshalProfile(p, "test strip, looked at by Li Lei")
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseProfiles([]byte("[" + string(raw) + "]"))
		if err != nil || len(back) != 1 || back[0] != p {
			t.Errorf("%+v came back as %+v, %v", p, back, err)
		}
	}
}

func ExampleParseProfiles() {
	table, err := ParseProfiles([]byte(`[{"name": "kiosk-80", "source": "maker's manual, page 12", "paper_mm": 80, "dots": 576,
		"charset": "gbk", "cutter": "full", "tail_feed": 120, "qr": true, "status": "asb"}]`))
	fmt.Println(table.Names(), err)
	_, err = ParseProfiles([]byte(`[{"name": "kiosk-80", "source": "maker's manual", "paper_mm": 82}]`))
	fmt.Println(err)
	// Output:
	// [kiosk-80] <nil>
	// printer table: line 1: kiosk-80: charset is missing; legal are none, gb2312, gbk
}
