package protocol_test

import (
	"fmt"
	"strings"
	"testing"

	"jiaohao/protocol"
)

func TestEveryFaultIsASentenceInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range protocol.Faults() {
		zh, en := f.Text[protocol.Chinese], f.Text[protocol.English]
		if !strings.Contains(zh, "：请") || !strings.Contains(en, ": ") {
			t.Errorf("%s %s does not say what to do: %q, %q", f.Part, f.Code, zh, en)
		}
		if seen[zh] || seen[en] || seen[f.Part+" "+f.Code] {
			t.Errorf("%s %s is there twice, or as another", f.Part, f.Code)
		}
		seen[zh], seen[en], seen[f.Part+" "+f.Code] = true, true, true
	}
}

func TestAFaultMayNameItsPlaceAndOneThatIsNotListedNamesItself(t *testing.T) {
	if got := protocol.NewFault("button", "stuck", protocol.Say("社会保险", "Social insurance")).Text[protocol.English]; got != "A button is stuck: check it (Social insurance)" {
		t.Errorf("text %q", got)
	}
	if got := protocol.NewFault("door", "ajar", nil).Text[protocol.Chinese]; got != "设备故障：door ajar" {
		t.Errorf("text %q", got)
	}
}

func TestTheStatusLineTellsTheWorstFirst(t *testing.T) {
	h := protocol.Health{Faults: []protocol.Fault{protocol.NewFault("printer", "paper_out", nil)}, Paper: "out", CPUMilliC: protocol.HotMilliC}
	for _, c := range []struct {
		online bool
		health protocol.Health
		want   string
	}{
		{true, protocol.Health{}, "一切正常"},
		{true, protocol.Health{Paper: "low"}, "打印纸快用完：请准备纸卷"},
		{true, protocol.Health{Paper: "low", PaperSlips: 60}, "打印纸快用完：请准备纸卷（纸还够约 60 张）"},
		{true, protocol.Health{Paper: "ok", PaperSlips: 60, PaperDays: 1}, "打印纸快用完：请准备纸卷（纸还够约 60 张，约 1 天）"},
		{true, protocol.Health{Paper: "ok", PaperSlips: 600, PaperDays: 2}, "一切正常"},
		{true, protocol.Health{Paper: "out"}, "打印机没纸了：请换纸"},
		{true, protocol.Health{SpoolDepth: protocol.SpoolMany}, "有记录还没有上传：请保持开机和联网"},
		{true, protocol.Health{DiskFreeMiB: protocol.DiskLowMiB - 1}, "存储空间快满了：请联系管理员清理"},
		{false, h, "网络断开：请检查网线；打印机没纸了：请换纸；机器过热：请清理通风口"},
	} {
		if got := c.health.StatusLine(c.online)[protocol.Chinese]; got != c.want {
			t.Errorf("line of %+v: %q, want %q", c.health, got, c.want)
		}
	}
}

func ExampleHealth_StatusLine() {
	h := protocol.Health{Faults: []protocol.Fault{protocol.NewFault("printer", "cover_open", nil)}}
	fmt.Println(h.StatusLine(false).In(protocol.English))
	// Output: No connection to the hub: check the network cable; The printer's cover is open: close it
}
