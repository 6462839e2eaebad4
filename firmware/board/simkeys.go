package board

import (
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"jiaohao/firmware/keyport"
	"jiaohao/firmware/sim"
)

// SimKeypad is a simulated keypad, for people to press and to pull.
type SimKeypad struct {
	Rows  [][]string       // how its keys lie
	Plug  func(in bool)    // pulls its cable, or plugs it in again; nil when it has none
	tap   func(key string) // presses and releases; it takes as long as a finger does
	pull  atomic.Bool
	lit   atomic.Bool
	beeps atomic.Int64
}

func (k *SimKeypad) light(on bool) { k.lit.Store(on) }

func (k *SimKeypad) sound(on bool) {
	if on {
		k.beeps.Add(1)
	}
}

// Lit reports whether the lamp beside the keys shines.
func (k *SimKeypad) Lit() bool { return k.lit.Load() }

// Tap presses a key and lets it go, and reports whether there is such a key.
func (k *SimKeypad) Tap(key string) bool {
	if !slices.ContainsFunc(k.Rows, func(row []string) bool { return slices.Contains(row, key) }) {
		return false
	}
	k.tap(key)
	return true
}

func simMatrix(pad *sim.Keypad, layout []string) *SimKeypad {
	k := &SimKeypad{}
	type place struct{ row, col int }
	places := map[string]place{}
	for r, text := range layout {
		var row []string
		for _, key := range text {
			places[string(key)] = place{r, len(row)}
			row = append(row, string(key))
		}
		k.Rows = append(k.Rows, row)
	}
	k.tap = func(key string) {
		at := places[key]
		pad.Press(at.row, at.col)
		time.Sleep(pressFor)
		pad.Release(at.row, at.col)
	}
	return k
}

func simRow(buttons map[string]*sim.Button, names []string) *SimKeypad {
	return &SimKeypad{Rows: [][]string{names}, tap: func(key string) {
		buttons[key].Press()
		time.Sleep(pressFor)
		buttons[key].Release()
	}}
}

func simCable(cable *sim.Cable, dev *keyport.Dev, rows [][]string) *SimKeypad {
	if rows == nil {
		rows = slices.Collect(slices.Chunk(dev.Keys(), 4))
	}
	k := &SimKeypad{Rows: rows, tap: func(key string) { cable.Send(dev.Bytes(key)) }}
	k.Plug = func(in bool) {
		k.pull.Store(!in)
		cable.Plug(in)
	}
	return k
}

// simKeys is a keypad as the page shows it.
type simKeys struct {
	Name   string     `json:"name"` // keypad, evaluator
	Rows   [][]string `json:"rows"`
	Lit    bool       `json:"lit"`
	Beeps  int64      `json:"beeps"`  // so far
	Cable  bool       `json:"cable"`  // it can be pulled
	Pulled bool       `json:"pulled"` // and is
}

// keypads are the keypads by the names that the page has for them.
func (b *Board) keypads() map[string]*SimKeypad {
	all := map[string]*SimKeypad{}
	if b.Keypad != nil && b.Keypad.Sim != nil {
		all["keypad"] = b.Keypad.Sim
	}
	if b.Evaluator != nil && b.Evaluator.Sim != nil {
		all["evaluator"] = b.Evaluator.Sim
	}
	return all
}

func (b *Board) simKeys() []simKeys {
	var list []simKeys
	for _, name := range []string{"keypad", "evaluator"} {
		if k := b.keypads()[name]; k != nil {
			list = append(list, simKeys{name, k.Rows, k.Lit(), k.beeps.Load(), k.Plug != nil, k.pull.Load()})
		}
	}
	return list
}

func (b *Board) pressKey(w http.ResponseWriter, r *http.Request) {
	k := b.keypads()[r.PathValue("pad")]
	if k == nil || !k.Tap(r.URL.Query().Get("key")) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (b *Board) plugKeypad(w http.ResponseWriter, r *http.Request) {
	k, in := b.keypads()[r.PathValue("pad")], r.PathValue("state") == "in"
	if k == nil || k.Plug == nil || !in && r.PathValue("state") != "out" {
		http.NotFound(w, r)
		return
	}
	k.Plug(in)
	w.WriteHeader(http.StatusNoContent)
}
