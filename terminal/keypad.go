package terminal

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"jiaohao/protocol"
)

// Keypad is a keypad of keys with names; *button.Keypad, *button.Row and *keyport.Dev are such.
type Keypad interface {
	// Run tells each key that goes down until ctx ends; state is told why there are none, or nil.
	Run(ctx context.Context, press func(key string), state func(error)) error
	// Keys returns the names of the keys.
	Keys() []string
}

// chordFor is how long the second key of two may take.
const chordFor = 3 * time.Second

// chord is the first key of two.
type chord struct {
	key string
	at  time.Time
}

// keyOf is what a key of the keypad means now; a press without Key is the first of two. A key that means nothing is
// refused, and so is one that does not go on what another has begun, whatever it does alone: who pressed it
// must not believe that it was done.
func (d *desk) keyOf(key string, keys *Keymap, now time.Time) (Press, *protocol.Refusal) {
	first := d.chord
	d.chord = chord{}
	d.taps++
	alone, known := keys.alone[key]
	if d.menu != nil || d.stage() == StageSignedOff {
		switch {
		case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
			return Press{Key: KeyDigit, Choice: key}, nil
		case known && alone.key == KeyUndo:
			return Press{Key: KeyBack}, nil
		}
	} else if first.key != "" && now.Sub(first.at) < chordFor {
		s, known := keys.pairs[first.key][key]
		if !known {
			return Press{Key: alone.key}, protocol.Refuse(protocol.BadRequest,
				fmt.Sprintf("没有执行：前面按了 %s，而 %s %s 没有对应功能。请重按。", first.key, first.key, key),
				fmt.Sprintf("Not done: %s was pressed before, and %s %s means nothing. Press again.", first.key, first.key, key))
		}
		return Press{Key: s.key, Choice: s.choice}, nil
	} else if keys.pairs[key] != nil {
		d.chord = chord{key, now}
		return Press{}, nil
	}
	if !known {
		return Press{}, protocol.Refuse(protocol.BadRequest, "按键 "+key+" 在此没有功能", "Key "+key+" does nothing here")
	}
	return Press{Key: alone.key, Choice: alone.choice}, nil
}

// tellKey shows why a key of the keypad came to nothing; p is what it does alone.
func (d *desk) tellKey(p Press, r *protocol.Refusal, now time.Time) {
	rule, ok := ruleOf(p.Key)
	switch {
	case ok:
		d.tell(p.ID, p.Key, rule.do, r, now)
	case p.Key == KeyBig:
		d.tell(p.ID, p.Key, d.bigAction(), r, now)
	default:
		d.note, d.noteAtT = &Note{ID: p.ID, What: protocol.Say("小键盘", "Keypad"), Code: r.Code, Text: r.Text}, now
	}
}

// entry is a sign-on on the keypad: a clerk's number, then a PIN.
type entry struct {
	typed string
	clerk protocol.ClerkID
	pin   string
	at    time.Time
}

func (e *entry) started() bool { return e.typed != "" || e.clerk != "" }

func (e *entry) digit(digit string, now time.Time) {
	e.at = now
	if e.clerk == "" && len(e.typed) < digitsMax {
		e.typed += digit
	} else if e.clerk != "" && len(e.pin) < digitsMax {
		e.pin += digit
	}
}

// confirmEntry goes on with the sign-on on the keypad.
func (d *desk) confirmEntry(p *Press, now time.Time) (*protocol.Request, *protocol.Refusal) {
	p.Key = KeySignOn
	d.entry.at = now
	if d.entry.clerk != "" {
		p.Clerk, p.PIN = d.entry.clerk, d.entry.pin
		return d.signOn(p)
	}
	if d.entry.typed == "" {
		return nil, protocol.Refuse(protocol.BadRequest, "请输入工号，按 # 确认", "Type your number, then #")
	}
	typed := d.entry.typed
	d.entry.typed = ""
	if len(d.plan().Clerks) == 0 {
		d.entry.clerk = protocol.ClerkID(typed)
		return nil, nil
	}
	for i, no := range clerkNumbers(d.plan().Clerks) {
		if strings.TrimLeft(no, "0") == strings.TrimLeft(typed, "0") {
			d.entry.clerk = d.plan().Clerks[i].Clerk
			return nil, nil
		}
	}
	return nil, protocol.Refuse(protocol.UnknownClerk, "没有工号 "+typed, "There is no number "+typed)
}

// clerkNumbers are the numbers by which clerks sign on on a keypad, in their order:
// the digits of their ids where these are all different, else their places in the list.
func clerkNumbers(clerks []protocol.ConfigClerk) []string {
	numbers := make([]string, len(clerks))
	seen := map[string]bool{}
	for i, c := range clerks {
		numbers[i] = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, string(c.Clerk))
		bare := strings.TrimLeft(numbers[i], "0")
		if bare == "" || seen[bare] {
			for n := range numbers {
				numbers[n] = strconv.Itoa(n + 1)
			}
			return numbers
		}
		seen[bare] = true
	}
	return numbers
}

func (d *desk) signOnView() *SignOnView {
	v := &SignOnView{Clerks: []ClerkView{}, Typed: d.entry.typed, Stars: len(d.entry.pin)}
	numbers := clerkNumbers(d.plan().Clerks)
	for i, c := range d.plan().Clerks {
		v.Clerks = append(v.Clerks, ClerkView{Clerk: c.Clerk, No: numbers[i], Name: c.Name})
		if c.Clerk == d.entry.clerk {
			v.Clerk = c.Name
		}
	}
	if d.entry.clerk != "" && len(v.Clerk) == 0 {
		v.Clerk = protocol.Say(string(d.entry.clerk), string(d.entry.clerk))
	}
	return v
}
