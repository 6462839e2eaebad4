package demo

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStageTellsAllPartsFirstAndThenWhatChanges(t *testing.T) {
	s := newStage()
	s.put("kiosk/1", 1)
	s.put("panel/1", 2)
	server := httptest.NewServer(s)
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	next := func() map[string]string {
		t.Helper()
		for lines.Scan() {
			if body, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var list []told
				if err := json.Unmarshal([]byte(body), &list); err != nil {
					t.Fatal(err)
				}
				parts := map[string]string{}
				for _, p := range list {
					parts[p.ID] = string(p.Body)
				}
				return parts
			}
		}
		t.Fatal("the stream ended")
		return nil
	}
	if first := next(); len(first) != 2 || first["kiosk/1"] != "1" || first["panel/1"] != "2" {
		t.Errorf("first %v, want both parts", first)
	}
	s.put("kiosk/1", 1) // as before
	s.put("panel/1", 3)
	if second := next(); len(second) != 1 || second["panel/1"] != "3" {
		t.Errorf("then %v, want the panel alone", second)
	}
}

func TestStageTakesNoMorePagesThanItCanServe(t *testing.T) {
	s := newStage()
	for range stageMax {
		if !s.enter() {
			t.Fatal("a page is refused too early")
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "64") {
		t.Errorf("page %d is answered %d %q", stageMax+1, w.Code, w.Body)
	}
	s.leave()
	if !s.enter() {
		t.Error("a place that became free is not given again")
	}
}

func TestTapTakesEachStateOfALivePage(t *testing.T) {
	var seen []string
	w := &tap{header: http.Header{}, set: func(b json.RawMessage) { seen = append(seen, string(b)) }}
	for _, message := range []string{"data: {\"n\":1}\n\n", ": sign of life\n\n", "data: {\"n\":2}\n\n"} {
		if n, err := w.Write([]byte(message)); n != len(message) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if got := strings.Join(seen, " "); got != `{"n":1} {"n":2}` {
		t.Errorf("seen %s", got)
	}
}
