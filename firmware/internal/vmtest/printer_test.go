//go:build linux

package main

import (
	"testing"

	"jiaohao/firmware/escpos"
)

// fed is a printer that got these bytes in pieces of n.
func fed(p []byte, n int) *printer {
	q := &printer{out: make(chan slip, 10), status: escpos.Status{Answered: true, Paper: escpos.PaperOK}}
	for len(p) > 0 {
		piece := min(n, len(p))
		q.rest, p = append(q.rest, p[:piece]...), p[piece:]
		for len(q.rest) > 0 && q.step() {
		}
	}
	return q
}

func slipBytes(t *testing.T, lines ...string) []byte {
	t.Helper()
	var doc escpos.Doc
	for _, text := range lines {
		doc = append(doc, escpos.Line{Text: text})
	}
	profile, err := escpos.ProfileByName("gbk-80")
	if err != nil {
		t.Fatal(err)
	}
	b, err := escpos.Encode(append(doc, escpos.Cut{}), profile, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSlipIsWhatComesBeforeTheCut(t *testing.T) {
	raw := slipBytes(t, "示范大厅", "A012", "重印 REPRINT")
	for n := 1; n <= len(raw); n++ {
		p := fed(raw, n)
		if len(p.out) != 1 || p.errors() != nil {
			t.Fatalf("in pieces of %d: %d slips, %v", n, len(p.out), p.errors())
		}
		if s := <-p.out; s.Number != "A012" || !s.Again || s.Bytes != len(raw) {
			t.Fatalf("in pieces of %d: %+v, want A012 as a reprint of %d bytes", n, s, len(raw))
		}
	}
}

func TestByteThatIsNoESCPOSIsFound(t *testing.T) {
	if p := fed([]byte("A012\n\x1b\xff"), 10); p.errors() == nil {
		t.Error("1b ff was taken")
	}
}

func TestTextWithoutPaperIsFound(t *testing.T) {
	p := &printer{out: make(chan slip, 10), status: escpos.Status{Paper: escpos.PaperOut}}
	p.rest = []byte("A012\n")
	for len(p.rest) > 0 && p.step() {
	}
	if p.errors() == nil {
		t.Error("a slip without paper was taken")
	}
}
