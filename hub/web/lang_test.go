package web

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

var verb = regexp.MustCompile(`%[a-z]`)

func texts(t *testing.T) *catalogue {
	t.Helper()
	c, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryTextIsInEveryLanguageWithTheSameValues(t *testing.T) {
	c := texts(t)
	for lang, all := range c.texts {
		for key, text := range c.texts[protocol.Chinese] {
			other, ok := all[key]
			if !ok || strings.TrimSpace(other) == "" {
				t.Errorf("%s lacks %q", lang, key)
				continue
			}
			if a, b := verb.FindAllString(text, -1), verb.FindAllString(other, -1); !slices.Equal(a, b) {
				t.Errorf("%s of %q has %v, Chinese has %v", lang, key, b, a)
			}
		}
		if len(all) != len(c.texts[protocol.Chinese]) {
			t.Errorf("%s has %d texts, Chinese %d", lang, len(all), len(c.texts[protocol.Chinese]))
		}
	}
}

// usedKeys are the keys in templates and Go files, and those that are put together.
func usedKeys(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	literal := regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9_]+)+)"`)
	collect := func(fsys fs.FS, glob string) {
		files, err := fs.Glob(fsys, glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", glob, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = true
			}
		}
	}
	collect(templateFiles, "template/*.html")
	collect(os.DirFS("."), "*.go")
	for _, k := range queue.Kinds() {
		used["event."+k] = true
	}
	for prefix, list := range map[string]string{
		"stage.": "waiting called serving held no_show finished cancelled", "status.": "open paused closed away",
		"board.window.": "open paused closed away", "class.": "regular green appointment", "rate.": "1 2 3 4 5 0",
		"ticket.hint.": "serving held no_show finished cancelled", "grade.": "bad warn new well", "cover.": "away overload idle",
		"device.": "dispenser display terminal announcer guest", "alarm.kind.": "help unserved late over device fault soon leftover",
		"trouble.": "new offline_ offline_dispenser offline_display offline_terminal offline_announcer offline_guest",
		"do.":      "new offline",
		"error.":   "400 403 404 405 413 429 503",
		"figure.": "time arrivals clerk hours cover no_show green time.title arrivals.title clerk.title hours.title cover.title no_show.title green.title" +
			" time.why arrivals.why clerk.why hours.why cover.why no_show.why green.why time.n arrivals.n clerk.n hours.n cover.n no_show.n green.n",
		"heat.": "arrivals waits calls arrivals.hint waits.hint calls.hint arrivals.total waits.total calls.total" +
			" arrivals.cell waits.cell calls.cell",
		"whatif.":     "waiting.unit mean.unit",
		"whatif.say.": "open close teach untake backup pair unpair rule promise green_in_row",
		"whatif.do.":  "open close teach untake backup pair unpair rule promise green_in_row",
		"whatif.why.": "unknown already never promise range time",
		"ratings.by.": "window clerk",
		"staff.bad.":  "days target lunch",
		"rule.":       "fifo_class_ratio apq longest priority own_first",
		"staff.what.": "windows lunch skills",
		"advice.":     "open return teach",
	} {
		for _, word := range strings.Fields(list) {
			used[prefix+word] = true
		}
	}
	for _, f := range protocol.Faults() {
		if f.Code != "offline" || f.Part != "link" { // the hub sees that itself
			used["do."+f.Part+"_"+f.Code] = true
		}
	}
	for _, r := range protocol.Results() {
		used["result."+string(r)] = true
	}
	return used
}

func TestEveryTextIsUsedAndEveryUsedTextExists(t *testing.T) {
	all, used := texts(t).texts[protocol.Chinese], usedKeys(t)
	for key := range all {
		if !used[key] && !used[strings.TrimSuffix(key, ".title")] {
			t.Errorf("nothing uses the text %q", key)
		}
	}
	about := regexp.MustCompile(`^(site|lang|bar|nav|foot|stale|flash|start|login|error|board|window|wait|ticket|stage|class|rate|cancel|devices|grade|device|trouble|do|alarms|alarm|posts|status|lines|covers|cover|count|figures|search|history|result|act|time)\.`)
	for key := range used {
		if _, ok := all[key]; !ok && about.MatchString(key) && !isAction(key) {
			t.Errorf("there is no text for %q", key)
		}
	}
}

func isAction(key string) bool {
	return slices.Contains(protocol.Actions(), protocol.Action(key)) || slices.Contains([]string{"board.css", "window.css"}, key)
}

func TestTheLanguageIsChosenByAddressThenLinkThenBrowser(t *testing.T) {
	c := texts(t)
	for _, x := range []struct{ query, cookie, accept, want string }{
		{"", "", "", "zh-CN"},
		{"", "", "en-US,en;q=0.9", "en"},
		{"", "", "zh-TW", "zh-CN"},
		{"", "", "fr,de;q=0.5", "zh-CN"},
		{"", "", "fr,en;q=0.5", "en"},
		{"", "", "not a language;;;", "zh-CN"},
		{"", "en", "zh-CN", "en"},
		{"?lang=zh-CN", "en", "en", "zh-CN"},
		{"?lang=xx", "", "en", "en"},
		{"?lang=en", "", "zh-CN", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+x.query, nil)
		r.Header.Set("Accept-Language", x.accept)
		if x.cookie != "" {
			r.AddCookie(&http.Cookie{Name: langCookie, Value: x.cookie})
		}
		if got := c.choose(r); string(got) != x.want {
			t.Errorf("%+v: %s", x, got)
		}
	}
}

func TestTheSwitchLinkKeepsWhereOneIs(t *testing.T) {
	b := newBench(t, smallPlan(t))
	b.openDay()
	b.login("chen")
	b.has(b.get("/manager?window=1&lang=zh-CN"), `href="/manager?lang=en&amp;window=1"`)
	b.has(b.get("/devices?lang=en"), `href="/devices?lang=zh-CN"`)
	b.has(b.get("/manager"), `<html lang="en">`) // remembered
}

func page0(t *testing.T, lang protocol.Lang) *page {
	return &page{Lang: lang, texts: texts(t), zone: time.UTC}
}

func TestWaitsAreRangesRoundedOutwards(t *testing.T) {
	zh, en := page0(t, protocol.Chinese), page0(t, protocol.English)
	for _, c := range []struct {
		r      protocol.Range
		zh, en string
	}{
		{protocol.Range{}, "未知", "unknown"},
		{protocol.Range{Known: true}, "约 1 分钟", "about 1 min"},
		{protocol.Range{Known: true, LowMS: 10_000, HighMS: 60_000}, "约 1 分钟", "about 1 min"},
		{protocol.Range{Known: true, LowMS: 10_000, HighMS: 61_000}, "1–2 分钟", "1–2 min"},
		{protocol.Range{Known: true, LowMS: 299_000, HighMS: 301_000}, "4–6 分钟", "4–6 min"},
		{protocol.Range{Known: true, LowMS: 300_000, HighMS: 300_000}, "约 5 分钟", "about 5 min"},
	} {
		if z, e := zh.Minutes(c.r), en.Minutes(c.r); z != c.zh || e != c.en {
			t.Errorf("%+v: %q %q, want %q %q", c.r, z, e, c.zh, c.en)
		}
	}
}

func TestClocksAndLabelsReadAsPeopleSayThem(t *testing.T) {
	zh, en := page0(t, protocol.Chinese), page0(t, protocol.English)
	for _, c := range [][2]string{
		{zh.Clock(0), "0:00"}, {zh.Clock(-time.Second), "0:00"}, {zh.Clock(125 * time.Second), "2:05"}, {zh.Clock(3725 * time.Second), "1:02:05"},
		{zh.WindowLabel("3"), "3号窗口"}, {en.WindowLabel("3"), "Window 3"}, {zh.WindowLabel("A12"), "A12号窗口"},
		{zh.WindowLabel("咨询台"), "咨询台"}, {zh.WindowLabel(""), ""}, {zh.Stars(4), "★★★★☆"}, {zh.Stars(9), "★★★★★"},
		{fmt.Sprint(zh.Long("社会保险", 8)), "false"}, {fmt.Sprint(zh.Long("社会保险费", 8)), "true"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}
