//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
)

// onTheBus is what the recorder keeps of the given pictures, one after the other.
func onTheBus(of ...picture) []transfer {
	var sent []transfer
	for _, p := range of {
		for _, data := range p.sent {
			sent = append(sent, transfer{record{Speed: 2_000_000, Bits: 8, Last: 1}, bytes.Clone(data)})
		}
	}
	return sent
}

func numberAndDark(t *testing.T) []picture {
	t.Helper()
	rows := make([]byte, 8*wiring.Columns*wiring.Rows)
	dark, err := pictures("dark", rows)
	if err != nil {
		t.Fatal(err)
	}
	rows[5] = 0x40
	lit, err := pictures("A001", rows)
	if err != nil {
		t.Fatal(err)
	}
	return append(lit, dark...)
}

func TestBlinkingNumberIsReadBackFromTheBus(t *testing.T) {
	known := numberAndDark(t)
	lit, anew, dark := known[0], known[1], known[2]
	names, err := parse(onTheBus(lit, dark, lit, anew), known)
	if got := strings.Join(names, ", "); err != nil || got != "A001, dark, A001, A001 anew" {
		t.Errorf("read %s, %v", got, err)
	}
}

func TestOneWrongBitOnTheBusIsFound(t *testing.T) {
	known := numberAndDark(t)
	for at := range onTheBus(known[0], known[1]) {
		sent := onTheBus(known[0], known[1], known[2], known[0])
		sent[at].data[31] ^= 1
		if names, err := parse(sent, known); err == nil {
			t.Errorf("a wrong bit in transfer %d reads as %v", at, names)
		}
	}
}

func TestWrongModeOnTheBusIsFound(t *testing.T) {
	known := numberAndDark(t)
	sent := onTheBus(known[0])
	sent[7].Mode = 3
	if _, err := parse(sent, known); err == nil {
		t.Error("mode 3 was taken for mode 0")
	}
}
