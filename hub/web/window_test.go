package web

import (
	"bufio"
	"flag"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// With -screens the pictures of the window's screen in docs are taken anew, by Chromium.
var screens = flag.Bool("screens", false, "take the pictures of the window's screen in docs/pictures/panels")

// windowPlan is the small hall with both languages and a notice.
func windowPlan(t testing.TB) queue.Plan {
	p := smallPlan(t)
	p.Languages = []protocol.Lang{protocol.Chinese, protocol.English}
	p.Notice = protocol.Say("十二点至十三点半休息", "Lunch break 12:00 to 13:30")
	p.Pairs[0].Delay = 0
	p.Windows[0].Name = protocol.Say("社保综合窗口", "Social insurance desk")
	return p
}

func TestScreenOfAWindowSaysWhatTheWindowDoesInBothLanguages(t *testing.T) {
	b := newBench(t, windowPlan(t))
	b.openDay()
	b.has(b.get("/window/1"), "未开放", "Closed", "社保综合窗口", "Social insurance desk", "十二点至十三点半休息", "Lunch break")
	b.signOn("1", "lin")
	b.has(b.get("/window/1"), "请等候叫号", "Please wait to be called", "办理业务：社会保险", "Services: Social insurance")
	b.issue("social")
	b.at("1", protocol.WindowCallNext)
	called := b.get("/window/1")
	b.has(called, "A001", "请到本窗口", "Please come here", " called")
	if strings.Contains(called.body, "林晓") || strings.Contains(called.body, "Lin Xiao") {
		t.Error("the screen names the clerk")
	}
	b.at("1", protocol.WindowArrived)
	b.has(b.get("/window/1"), "A001", "正在办理", "Serving")
	b.has(b.get("/window/3"), "未开放")
}

func TestScreenOfACoveredWindowSendsPeopleToThePartner(t *testing.T) {
	b := newBench(t, windowPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "材料整理"})
	b.has(b.get("/window/1"), "请到2号窗口", "Please go to Window 2", " covered")
}

func TestScreenSpeaksOneLanguageWhenItsAddressSaysSo(t *testing.T) {
	b := newBench(t, windowPlan(t))
	b.openDay()
	a := b.get("/window/1?lang=en")
	b.has(a, `<html lang="en">`, "Closed", "/live/window/1?view=page&amp;lang=en")
	if strings.Contains(a.body, "未开放") || len(a.header.Values("Set-Cookie")) != 0 {
		t.Errorf("cookies %q\n%s", a.header.Values("Set-Cookie"), a.body)
	}
}

func TestScreenOfAWindowThatIsNotThereIsNotFound(t *testing.T) {
	b := newBench(t, windowPlan(t))
	b.openDay()
	for _, path := range []string{"/window/99", "/live/window/99"} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestScreenIsLive(t *testing.T) {
	b := newBench(t, windowPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	b.issue("social")
	answer, err := b.client.Do(b.request(http.MethodGet, "/live/window/1", "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	until := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("the stream ended without %q: %v", text, lines.Err())
	}
	until(`"status":"open"`)
	b.at("1", protocol.WindowCallNext)
	until(`"number":"A001","called":true`)
}

// TestScreensOfAWindowArePhotographed takes the pictures that docs show, at the two sizes that such screens have.
func TestScreensOfAWindowArePhotographed(t *testing.T) {
	if !*screens {
		t.Skip("with -screens; it needs Chromium and Node.js")
	}
	b := newBench(t, windowPlan(t))
	b.openDay()
	b.signOn("1", "lin")
	b.signOn("2", "wang")
	b.signOn("3", "zhou")
	b.issue("social")
	b.issue("tax")
	b.at("1", protocol.WindowCallNext)
	b.at("2", protocol.WindowCallNext)
	b.at("2", protocol.WindowArrived)
	photograph(t, "window-called=1920x1080="+b.site.URL+"/window/1", "window-called-small=800x480="+b.site.URL+"/window/1",
		"window-serving=1920x1080="+b.site.URL+"/window/2", "window-free=1920x1080="+b.site.URL+"/window/3",
		"window-free-small=800x480="+b.site.URL+"/window/3?lang=en")
	b.at("1", protocol.WindowNoShow)
	b.ask(protocol.Request{Do: protocol.WindowPause, Window: "1", Reason: "材料整理"})
	b.ask(protocol.Request{Do: protocol.WindowSignOff, Window: "3"})
	photograph(t, "window-covered=1920x1080="+b.site.URL+"/window/1", "window-covered-small=800x480="+b.site.URL+"/window/1",
		"window-closed=1920x1080="+b.site.URL+"/window/3")
}

func photograph(t *testing.T, shots ...string) {
	t.Helper()
	args := append([]string{filepath.Join("..", "..", ".ci", "browser", "window.mjs"), filepath.Join("..", "..", "docs", "pictures", "panels")}, shots...)
	if out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
