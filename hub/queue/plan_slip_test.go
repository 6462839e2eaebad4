package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jiaohao/protocol"
)

// slipPlan is the test hall with a slip section.
func slipPlan(t *testing.T, section string) (Plan, error) {
	t.Helper()
	b, err := FormatPlan(readPlan(t, "hall.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return ParsePlan([]byte(string(b) + "slip:\n" + section))
}

func TestLayoutOfSlipsIsDataOfThePlan(t *testing.T) {
	plan, err := slipPlan(t, `
  title: {zh-CN: 滨河区政务服务中心, en: Binhe}
  header: {zh-CN: 人民路 1 号, en: 1 Renmin Road}
  footer: {zh-CN: 热线 12345, en: Hotline 12345}
  languages: [en, zh-CN]
  parts: [title, rule, number, service, marks, facts, materials, rule, code, logo, footer]
  large: true
  logo: |
    .##.
    #..#
    .##.
`)
	if err != nil {
		t.Fatal(err)
	}
	text := plan.Slip.Text()
	if text.Header.In(protocol.English) != "1 Renmin Road" || len(text.Parts) != 11 || text.Languages[0] != protocol.English || !text.Large {
		t.Errorf("devices get %+v", text)
	}
	if logo := text.Logo; logo == nil || logo.Width != 8 || fmt.Sprintf("%x", logo.Bits) != "609060" || logo.Check() != nil {
		t.Errorf("devices get the logo %+v, want 8 dots wide and the rows 60 90 60", logo)
	}
}

func TestMistakeInTheLayoutOfSlipsIsNamed(t *testing.T) {
	for _, c := range []struct{ section, want string }{
		{"  parts: [number, service, marks, fcts]", `slip.parts[3]: "fcts" is unknown, legal are number, service, marks, facts, text, materials, code, logo, title, header, footer, rule`},
		{"  parts: [number, number, service, marks]", `slip.parts[1]: "number" is there twice, legal is once, but for rule`},
		{"  parts: [service, marks, facts]", `slip.parts: "number" is missing, every slip has number, service and marks`},
		{"  parts: [number, service, facts]", `slip.parts: "marks" is missing, every slip has number, service and marks`},
		{"  parts: [logo, number, service, marks]", `slip.parts[0]: "logo" comes before the number, legal there are title, header and rule: the number is printed first`},
		{"  parts: [number, service, marks" + strings.Repeat(", rule", 20) + "]", `slip.parts: has 23 parts, legal are at most 20`},
		{"  languages: [zh-CN, de]", `slip.languages[1]: "de" is there twice or not had, legal are zh-CN and en`},
		{"  languages: [en, en]", `slip.languages[1]: "en" is there twice or not had, legal are zh-CN and en`},
		{"  footer: {zh-CN: \"热\\e[1m线\"}", "slip.footer.zh-CN: text \"热\x1b[1m线\" holds the control character U+001B"},
		{"  header: {zh-CN: \"正\\u202e反\"}", `slip.header.zh-CN: text "正` + "\u202e" + `反" holds the control character U+202E`},
		{"  logo: |\n    ##\n    #", `slip.logo: row 2 has 1 dots, legal are as many as in row 1 (2), at most 96`},
		{"  logo: |\n    #x", `slip.logo: row 1 "#x" holds more than # for ink and . for paper`},
		{"  logo: \"" + strings.Repeat("# ", 65) + "\"", `slip.logo: has 65 rows, legal are 1 to 64`},
		{"  logo: " + strings.Repeat(".", 97), `slip.logo: row 1 has 97 dots, legal are as many as in row 1 (97), at most 96`},
		{"  ttle: {}", `unknown field "ttle"`},
	} {
		_, err := slipPlan(t, c.section)
		if err == nil {
			t.Errorf("%s is taken", c.section)
			continue
		}
		line, what, _ := strings.Cut(err.Error(), ": ")
		if !strings.HasPrefix(line, "line ") || !strings.HasPrefix(strings.ReplaceAll(what, `\x1b`, "\x1b"), c.want) && !strings.HasPrefix(what, strings.ReplaceAll(c.want, "\u202e", `\u202e`)) {
			t.Errorf("%s\n  got  %v\n  want %s", c.section, err, c.want)
		}
	}
}

func TestListOfMaterialsIsASlipAndNotARoll(t *testing.T) {
	for want, list := range map[string][]protocol.Text{
		"services[0].materials: are 31, legal are at most 30":                            slices.Repeat([]protocol.Text{protocol.Say("身份证", "Identity card")}, MaterialsMax+1),
		"services[0].materials[0].zh-CN: has 81 characters, legal are at most 80":        {protocol.Say(strings.Repeat("证", MaterialMax+1), "")},
		"services[0].materials[1].en: text \"a\\tb\" holds the control character U+0009": {{}, protocol.Say("", "a\tb")},
	} {
		plan := readPlan(t, "hall.yaml")
		plan.Services[0].Materials = list
		if err := plan.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
