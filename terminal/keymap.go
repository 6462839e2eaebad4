package terminal

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"jiaohao/protocol"
)

// Keymap is what the keys of a keypad do: a key alone, or two keys one after the other.
type Keymap struct {
	alone map[string]stroke
	pairs map[string]map[string]stroke // by first key
}

// stroke is a key of the terminal, with what is chosen in its menu at once.
type stroke struct {
	key    KeyID
	choice string
}

// DefaultLayout names the keys of a 4 by 4 keypad, row by row.
func DefaultLayout() []string { return []string{"123A", "456B", "789C", "*0#D"} }

// DefaultKeys returns the usual key map of a pad with these keys, as [ParseKeys] reads it: that of a number pad when
// there is an Enter, of a 4 by 4 keypad when there is an A, that of their own names when one of these is an action
// (single buttons: "next", "recall"), else of a 3 by 4 keypad. In a menu and at sign-on the digits are
// digits, the big key confirms and the key of undo goes back.
func DefaultKeys(names []string) map[string]string {
	keys := ownNames(names)
	switch {
	case slices.Contains(names, "Enter"):
		keys = paired(
			"Enter", "big", "+", "recall", "-", "no_show", "*", "rate", "/", "pause", ".", "undo", "Backspace", "undo", "NumLock", "help",
			"1", "finish", "2", "hold", "3", "transfer", "4", "resume", "5", "arrived", "6", "print", "7", "help", "9", "sign_off")
	case slices.Contains(names, "A"):
		keys = paired(
			"#", "big", "A", "recall", "B", "arrived", "C", "no_show", "D", "finish", "*", "undo",
			"1", "pause", "2", "hold", "3", "transfer", "4", "resume", "5", "rate", "6", "print", "7", "help", "9", "sign_off")
	case len(keys) == 0:
		keys = paired(
			"#", "big", "*", "undo", "1", "recall", "2", "no_show", "3", "transfer", "4", "hold", "5", "rate", "6", "pause",
			"7", "resume", "8", "print", "9", "help", "0 9", "sign_off")
	}
	for i, r := range protocol.Results() {
		if r != protocol.Returned { // needs a reason: its menu asks for it
			keys["0 "+strconv.Itoa(i)] = "finish:" + string(r)
		}
	}
	maps.DeleteFunc(keys, func(spec, _ string) bool {
		return len(names) > 0 && slices.ContainsFunc(strings.Fields(spec), func(key string) bool { return !slices.Contains(names, key) })
	})
	return keys
}

// paired makes a map of keys and values in turn. A map that is written down as one is some kilobytes of code.
func paired(list ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// bigName is what else a button may be called that is the big key.
const bigName = "next"

// ownNames is the key map of buttons that are called what they do.
func ownNames(names []string) map[string]string {
	keys := map[string]string{}
	for _, name := range names {
		if _, err := parseStroke(name); err == nil {
			keys[name] = name
		} else if name == bigName {
			keys[name] = string(KeyBig)
		}
	}
	return keys
}

// KeymapOf returns what the keys of a keypad do: keys as [ParseKeys] reads it or, when that is nil, [DefaultKeys].
// names are the keys that the keypad has.
//
// The error names what is wrong in keys, buttons whose names say nothing, and a keypad of which no key does anything.
func KeymapOf(keys map[string]string, names []string) (Keymap, error) {
	usual := keys == nil
	if usual {
		keys = DefaultKeys(names)
	}
	m, err := ParseKeys(keys, names)
	if err != nil || len(names) == 0 {
		return m, err
	}
	legal := fmt.Sprintf(`give them in "keys", or name them %s or one of %v`, bigName, mappable())
	if len(keys) == 0 {
		return Keymap{}, fmt.Errorf("no key of %s does anything: %s", strings.Join(names, " "), legal)
	}
	if !usual || slices.Contains(names, "Enter") || slices.Contains(names, "A") {
		return m, nil
	}
	var mute []string
	for _, name := range names {
		if _, known := m.alone[name]; !known && utf8.RuneCountInString(name) > 1 { // a digit is for menus
			mute = append(mute, name)
		}
	}
	if len(mute) > 0 {
		return Keymap{}, fmt.Errorf("keys %s are no actions: %s", strings.Join(mute, " "), legal)
	}
	return m, nil
}

// ParseKeys reads a key map: "#": "big", or for two keys one after the other "F1 3": "finish:joint". What stands
// behind the colon is chosen in the menu of the key at once. names are the keys that the pad has; none
// means that any will do.
//
// The error names the key or the action that is wrong, and those that are legal.
func ParseKeys(keys map[string]string, names []string) (Keymap, error) {
	m := Keymap{alone: map[string]stroke{}, pairs: map[string]map[string]stroke{}}
	for _, spec := range slices.Sorted(maps.Keys(keys)) {
		parts := strings.Fields(spec)
		if len(parts) < 1 || len(parts) > 2 {
			return Keymap{}, fmt.Errorf("key %q, must be one key or two with a space between them", spec)
		}
		for _, key := range parts {
			if len(names) > 0 && !slices.Contains(names, key) {
				return Keymap{}, fmt.Errorf("key %q is not on this keypad, which has %s", key, strings.Join(names, " "))
			}
		}
		s, err := parseStroke(keys[spec])
		if err != nil {
			return Keymap{}, fmt.Errorf("key %q: %w", spec, err)
		}
		if len(parts) == 1 {
			m.alone[parts[0]] = s
			continue
		}
		if m.pairs[parts[0]] == nil {
			m.pairs[parts[0]] = map[string]stroke{}
		}
		m.pairs[parts[0]][parts[1]] = s
	}
	for _, key := range slices.Sorted(maps.Keys(m.pairs)) {
		if s, twice := m.alone[key]; twice {
			return Keymap{}, fmt.Errorf("key %q is %q alone and begins pairs, must be one of the two", key, s.key)
		}
	}
	return m, nil
}

func parseStroke(action string) (stroke, error) {
	name, choice, chosen := strings.Cut(action, ":")
	s := stroke{KeyID(name), choice}
	if legal := mappable(); !slices.Contains(legal, s.key) {
		return stroke{}, fmt.Errorf("action %q, must be one of %v", name, legal)
	}
	if !chosen {
		return s, nil
	}
	n, err := strconv.Atoi(choice)
	number := err == nil && n > 0 && n <= choicesMax
	legal, well := "", false
	switch s.key {
	case KeyFinish:
		legal, well = fmt.Sprintf("one of %v without returned, which needs a reason", protocol.Results()), slices.Contains(protocol.Results(), protocol.Result(choice)) && choice != string(protocol.Returned)
	case KeyPause, KeyHelp:
		legal, well = "the number of a reason", number
	case KeyHold:
		legal, well = "the number of a reason, or none", number || choice == choiceNone
	case KeyTransfer:
		legal, well = "service:ID or window:ID", isTarget(choice)
	case KeySignOff:
		legal, well = choiceYes, choice == choiceYes
	case KeyPrint:
		legal, well = fmt.Sprintf("one of %v", papers()), slices.Contains(papers(), choice)
	default:
		return stroke{}, fmt.Errorf("action %q has no choice %q", name, choice)
	}
	if !well {
		return stroke{}, fmt.Errorf("choice %q of %q, must be %s", choice, name, legal)
	}
	return s, nil
}

// isTarget reports whether a choice names where a ticket may be transferred to.
func isTarget(choice string) bool {
	to, service := strings.CutPrefix(choice, toService)
	if !service {
		var window bool
		if to, window = strings.CutPrefix(choice, toWindow); !window {
			return false
		}
	}
	return protocol.CheckID("", to) == nil
}

// mappable are the keys of the terminal that a keypad may have. A rating is not among them: only the evaluator's own
// keys give one.
func mappable() []KeyID {
	all := []KeyID{KeyBig, KeyBack}
	for _, rule := range keyRules() {
		if rule.id != KeyCall { // its number and reason are written
			all = append(all, rule.id)
		}
	}
	slices.Sort(all)
	return all
}
