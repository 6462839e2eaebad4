package app

import (
	"context"
	"strings"
	"testing"

	"jiaohao/protocol"
)

func TestTheHubsLineCountsWhoNeedsSomebody(t *testing.T) {
	h := start(t, Options{Dir: t.TempDir()})
	if err := h.Alive(t.Context()); err != nil {
		t.Errorf("a hub at work: %v", err)
	}
	d := h.device("d1", protocol.KindDispenser, h.enroll("d1"))
	says := func(what, words string) {
		t.Helper()
		wait(t, what, func() bool { return strings.Contains(h.StatusLine(), words) })
	}
	before := h.StatusLine()
	if !strings.Contains(before, "台有故障") || !strings.Contains(before, "with faults") {
		t.Errorf("line %q", before)
	}
	d.Health(protocol.Health{Faults: []protocol.Fault{protocol.NewFault("printer", "paper_out", nil)}})
	says("a fault to be counted", "1 with faults")
	d.Health(protocol.Health{})
	says("the fault to be over", "0 with faults")
	h.stop()
	if err := h.Alive(context.Background()); err == nil {
		t.Error("a hub that has stopped is alive")
	}
}
