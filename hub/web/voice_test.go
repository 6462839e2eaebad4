package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestABoardIsSilentUnlessItsAddressAsksForAVoice(t *testing.T) {
	b := newBench(t, smallPlan(t))
	if a := b.get("/board"); a.status != http.StatusOK || strings.Contains(a.body, "voice") {
		t.Errorf("the plain board (%d) has a voice:\n%s", a.status, a.body)
	}
	// This hub has no voice at all: a zone is then as unknown as one that is misspelt.
	a := b.get("/board?voice=%3Cattic%3E&lang=zh-CN")
	b.has(a, "没有语音分区“&lt;attic&gt;”")
	if strings.Contains(a.body, "voice.js") {
		t.Error("the page of an unknown zone speaks")
	}
	for _, path := range []string{"/live/voice/attic", "/voice/attic/x-1.wav", "/voice/all/x"} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, a.status)
		}
	}
}
