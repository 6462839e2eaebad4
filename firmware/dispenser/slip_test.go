package dispenser_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "rewrite golden files")

func ticket() protocol.Ticket {
	return protocol.Ticket{
		ID: "20261123-A012", Number: "A012", Service: "social", ServiceName: protocol.Say("社会保险", "Social insurance"), Class: protocol.Regular,
		IssuedAt: time.Date(2026, 11, 23, 1, 58, 0, 0, time.UTC), Ahead: 12, Wait: protocol.Range{Known: true, LowMS: 601_000, HighMS: 1_170_000},
	}
}

func china(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Skip("no time zones on this machine:", err)
	}
	return zone
}

// onPaper prints a slip on a simulated printer.
func onPaper(t *testing.T, profile string, doc escpos.Doc) sim.Slip {
	t.Helper()
	p, err := escpos.ProfileByName(profile)
	if err != nil {
		t.Fatal(err)
	}
	printer, err := sim.NewPrinter(p)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := escpos.New(printer, &escpos.Opts{Profile: p, Glyph: sim.DrawGlyph})
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Print(doc); err != nil {
		t.Fatal(err)
	}
	slips := printer.Slips()
	if len(slips) != 1 || slips[0].Err != nil {
		t.Fatalf("%d slips came out, the first: %v", len(slips), slips[0].Err)
	}
	return slips[0]
}

func TestSlipsReadAsTheyDid(t *testing.T) {
	zone := china(t)
	c := config()
	linked := ticket()
	linked.Link = "http://10.0.0.2:8080/t/k3f9x2m7q8w1z5"
	green := ticket()
	green.Class, green.Wait = protocol.Green, protocol.Range{}
	own := protocol.Ticket{Number: "Y003", ServiceName: protocol.Say("企业开办与变更登记", "Company registration"), Offline: true}
	long := ticket()
	long.Number = "AB1023"
	for _, c := range []struct {
		name, profile string
		doc           escpos.Doc
	}{
		{"linked-80", "simulated", dispenser.Slip(linked, &c, dispenser.Layout{Dots: dispenser.Paper80, Zone: zone})},
		{"linked-58", "simulated-58", dispenser.Slip(linked, &c, dispenser.Layout{Dots: dispenser.Paper58, Zone: zone})},
		{"green-58", "simulated-58", dispenser.Slip(green, &c, dispenser.Layout{Dots: dispenser.Paper58, Zone: zone})},
		{"offline-80", "simulated", dispenser.Slip(own, &c, dispenser.Layout{Dots: dispenser.Paper80, Zone: zone})},
		{"offline-58", "simulated-58", dispenser.Slip(own, &c, dispenser.Layout{Dots: dispenser.Paper58, Zone: zone})},
		{"again-80", "simulated", dispenser.Slip(long, &c, dispenser.Layout{Dots: dispenser.Paper80, Again: true, Zone: zone})},
	} {
		t.Run(c.name, func(t *testing.T) {
			slip := onPaper(t, c.profile, c.doc)
			golden(t, c.name+".txt", []byte(slipText(slip.Bytes)))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what it was; look at it, then run: go test ./firmware/dispenser -run %s -update\n%s", path, t.Name(), got)
	}
}

func TestOrdinarySlipHasAtMost300Bytes(t *testing.T) {
	c := config()
	for _, dots := range []int{dispenser.Paper58, dispenser.Paper80} {
		p, err := escpos.ProfileByName(map[int]string{dispenser.Paper58: "gbk-58", dispenser.Paper80: "gbk-80"}[dots])
		if err != nil {
			t.Fatal(err)
		}
		raw, err := escpos.Encode(dispenser.Slip(ticket(), &c, dispenser.Layout{Dots: dots}), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 300 {
			t.Errorf("%d dots: %d bytes, want at most 300: 0.3 s at 9600 baud", dots, len(raw))
		}
	}
}

func TestLongestLinkFitsNarrowPaperAndALongerOneCostsNoSlip(t *testing.T) {
	c := config()
	for _, n := range []int{120, 121, 2000} {
		linked := ticket()
		linked.Link = "http://" + strings.Repeat("a", n-7)
		onPaper(t, "simulated-58", dispenser.Slip(linked, &c, dispenser.Layout{Dots: dispenser.Paper58}))
	}
}

func TestSlipShowsOnlyTheHubsTime(t *testing.T) {
	c := config()
	own := ticket()
	own.Offline = true
	for _, item := range dispenser.Slip(own, &c, dispenser.Layout{Dots: dispenser.Paper80}) {
		if s := fmt.Sprintf("%v", item); strings.Contains(s, "2026") {
			t.Errorf("offline slip shows a time: %s", s)
		}
	}
}

func ExampleSlip() {
	c := protocol.Config{HallName: protocol.Say("市政务服务大厅", "City Service Hall")}
	t := protocol.Ticket{Number: "A012", ServiceName: protocol.Say("社会保险", "Social insurance"), Ahead: 3}
	for _, item := range dispenser.Slip(t, &c, dispenser.Layout{Dots: dispenser.Paper58}) {
		switch item := item.(type) {
		case escpos.Line:
			fmt.Println(item.Text)
		case escpos.Pair:
			fmt.Println(item.Left, "|", item.Right)
		}
	}
	// Output:
	// 市政务服务大厅
	// A012
	// 社会保险
	// Social insurance
	// 前面等候 Ahead | 3 人
	// 预计等候 Wait | 未知 unknown
}
