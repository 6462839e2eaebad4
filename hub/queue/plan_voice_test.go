package queue

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"jiaohao/protocol"
)

// spoken is the voice of a hall whose windows are those of testdata/hall.yaml. It is put behind that
// file, so that its first line is voiceLine.
const spoken = `voice:
  languages: [zh-CN, yue, en]
  digits: {zh-CN: yao}
  times: 2
  gap: 8s
  chime: always
  hours: [{from: "08:30", percent: 80}, {from: "12:00", percent: 0}]
  silent: ["3"]
  zones:
    - {id: east, name: {zh-CN: 东厅}, windows: ["1"], hours: [{from: "00:00", percent: 50}]}
    - {id: west, name: {zh-CN: 西厅}, windows: ["2"]}
`

func hallWithVoice(t *testing.T, voice string) (plan Plan, before int, err error) {
	t.Helper()
	src, err := os.ReadFile("testdata/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(src), "devices:\n", "devices:\n  - {id: a1, kind: announcer, zone: east}\n", 1)
	plan, err = ParsePlan([]byte(text + "\n" + voice))
	return plan, strings.Count(text, "\n") + 1, err
}

func TestAHallSaysWhereAndHowItsCallsAreSpoken(t *testing.T) {
	p, _, err := hallWithVoice(t, spoken)
	if err != nil {
		t.Fatal(err)
	}
	if z := p.VoiceZone("2"); z == nil || z.ID != "west" || p.VoiceZone("3") != nil {
		t.Errorf("window 2 is in zone %+v, window 3 in %+v; want west and none", z, p.VoiceZone("3"))
	}
	again, err := FormatPlan(p)
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParsePlan(again)
	if err != nil || q.Voice.Zoned("east").Hours[0].Percent != 50 || q.Voice.Digits[protocol.Chinese] != "yao" || q.Device("a1").Zone != "east" {
		t.Errorf("written and read again it is %+v, %v", q.Voice, err)
	}
}

func TestMistakeInTheVoiceIsNamedByItsLine(t *testing.T) {
	for _, c := range []struct {
		from, to string
		line     int // of the voice
		want     string
	}{
		{"yue, en]", "yue, yue]", 2, `voice.languages[2]: "yue" is there twice or no language tag such as zh-CN, en or yue`},
		{"yue, en]", "普通话]", 2, `voice.languages[1]: "普通话" is there twice or no language tag`},
		{"yue, en]", "yue, en, fr, de]", 2, `voice.languages: are 5, legal are at most 4`},
		{"{zh-CN: yao}", "{zh-CN: 幺}", 3, `voice.digits: zh-CN: 幺 is not of the form zh-CN: yao`},
		{"times: 2", "times: 6", 4, `voice.times: 6, legal are 1 to 5`},
		{"times: 2", "merge: 6", 4, `voice.merge: 6, legal are 1 to 5`},
		{"gap: 8s", "gap: 8", 5, `duration "8" is not of the form 90s, 5m or 1h30m`},
		{"gap: 8s", "gap: 1h", 2, `voice: gap 1h0m0s or chime_after 0s is longer than 5m0s`},
		{"chime: always", "chime: ding", 6, `voice.chime: "ding" is unknown, legal are silence, always, never`},
		{`"12:00"`, `"8:30"`, 7, `voice.hours[1].from: "8:30" is not a time of day of the form 08:30`},
		{`"12:00"`, `"08:30"`, 7, `voice.hours[1].from: 08:30 is not after 08:30`},
		{"percent: 80", "percent: 101", 7, `voice.hours[0].percent: 101, legal are 0 to 100`},
		{`silent: ["3"]`, `silent: ["9"]`, 8, `voice.silent[0]: window "9" is unknown, legal are 1, 2, 3`},
		{"id: west", "id: east", 11, `voice.zones[1].id: zone "east" is there twice, or the word for all zones`},
		{"id: west", "id: all", 11, `voice.zones[1].id: zone "all" is there twice, or the word for all zones`},
		{`windows: ["2"]`, `windows: ["1"]`, 11, `voice.zones[1].windows[0]: window 1 is in zone "east" already`},
		{`windows: ["2"]`, `windows: []`, 11, `voice.zones[1].windows: is empty, give some of 1, 2, 3`},
		{"percent: 50", "percent: -1", 10, `voice.zones[0].hours[0].percent: -1, legal are 0 to 100`},
		{"{zh-CN: 西厅}", "{en: West}", 11, `voice.zones[1].name: has no zh-CN text`},
		{"chime: always", "loud: very", 6, `unknown field "loud"`},
	} {
		_, before, err := hallWithVoice(t, strings.Replace(spoken, c.from, c.to, 1))
		var wrong *PlanError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) || wrong.Line != before+c.line {
			t.Errorf("%s\n  got  %v\n  want line %d: %s", c.to, err, before+c.line, c.want)
		}
	}
	_, _, err := hallWithVoice(t, strings.Replace(spoken, "id: east", "id: north", 1))
	if err == nil || !strings.Contains(err.Error(), `devices[0].zone: zone "east" is unknown, legal are north, west, or none for all`) {
		t.Errorf("an announcer of no zone: %v", err)
	}
	if _, _, err = hallWithVoice(t, ""); err == nil || !strings.Contains(err.Error(), "voice.zones has none") {
		t.Errorf("a zone in a hall without zones: %v", err)
	}
}

func TestTheVoiceInTheDocumentIsAPlan(t *testing.T) {
	text, err := os.ReadFile("../../docs/voice.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, _ = strings.Cut(sample, "```")
	var part struct {
		Voice   Voice    `yaml:"voice"`
		Devices []Device `yaml:"devices"`
	}
	if err := yaml.NewDecoder(strings.NewReader(sample), yaml.Strict()).Decode(&part); err != nil {
		t.Fatal(err)
	}
	p, _, err := hallWithVoice(t, spoken)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []protocol.WindowID{"4", "5", "6"} {
		p.Windows = append(p.Windows, Window{ID: id, Name: p.Name, Primary: p.Windows[0].Primary})
	}
	p.Voice, p.Devices = part.Voice, part.Devices
	if err := p.Check(); err != nil || len(p.Voice.Zones) != 2 || p.Devices[0].Zone != "east" {
		t.Errorf("%v: %+v", err, p.Voice)
	}
}
