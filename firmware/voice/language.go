package voice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pause is the word that stands for a short silence.
const Pause = ","

// Plain is the style in which digits are read unless the hall chose another one.
const Plain = "plain"

// Language is the file language.json in a language's folder. Sentences are words
// separated by spaces; a word is the name of a WAV file in the folder without ".wav",
// [Pause], or a place in braces.
type Language struct {
	Name   string `json:"name"`             // for people, in the language itself
	Borrow string `json:"borrow,omitempty"` // tag of the language whose words stand in for missing ones

	Call   string `json:"call"`   // {number} and {window}
	Short  string `json:"short"`  // the same when many wait
	Look   string `json:"look"`   // {number}: look at the screen, the window cannot be read
	Join   string `json:"join"`   // between two numbers of one sentence
	Window string `json:"window"` // {label}: a window without a recorded name

	Styles  map[string]string `json:"styles"`  // name to the words for 0 to 9; "plain" is needed
	Numbers map[string]string `json:"numbers"` // of windows, from 10 on: irregular ones and the tens

	Espeak *Recipe `json:"espeak,omitempty"` // how the words are made, if not recorded
}

// Recipe tells the program makeclips how espeak-ng makes a language's words.
type Recipe struct {
	Voice string            `json:"voice"`
	Speed int               `json:"speed"`         // words a minute
	Say   map[string]string `json:"say,omitempty"` // word to its text, where that is not the word itself
}

// letters are the words for the letters of numbers.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// ParseLanguage reads a language.json and checks all that can be checked without the words.
func ParseLanguage(data []byte) (*Language, error) {
	var l Language
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, err
	}
	for _, s := range []struct{ name, text, places string }{
		{"call", l.Call, "{number} {window}"}, {"short", l.Short, "{number} {window}"},
		{"look", l.Look, "{number}"}, {"window", l.Window, "{label}"}, {"join", l.Join, ""},
	} {
		var places []string
		for _, w := range strings.Fields(s.text) {
			if strings.HasPrefix(w, "{") {
				places = append(places, w)
			}
		}
		slices.Sort(places)
		if got := strings.Join(places, " "); got != s.places {
			return nil, fmt.Errorf("%s has the places %q, legal are %q once each", s.name, got, s.places)
		}
	}
	if _, ok := l.Styles[Plain]; !ok {
		return nil, fmt.Errorf("styles are %q, %q is needed", l.styles(), Plain)
	}
	for name, words := range l.Styles {
		if n := len(strings.Fields(words)); n != 10 {
			return nil, fmt.Errorf("style %q has %d words, legal are 10, for 0 to 9", name, n)
		}
	}
	for n := range l.Numbers {
		if len(n) != 2 || strings.Trim(n, "0123456789") != "" || n[0] == '0' {
			return nil, fmt.Errorf("numbers has %q, legal are 10 to 99", n)
		}
	}
	return &l, nil
}

// styles returns the names of the styles in order.
func (l *Language) styles() []string {
	var out []string
	for name := range l.Styles {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Words returns the words that the language's sentences and numbers need, in order.
// Letters are not among them: not every hall has them in its numbers.
func (l *Language) Words() []string {
	text := []string{l.Call, l.Short, l.Look, l.Join, l.Window}
	for _, words := range l.Styles {
		text = append(text, words)
	}
	for _, words := range l.Numbers {
		text = append(text, words)
	}
	out := strings.Fields(strings.Join(text, " "))
	out = slices.DeleteFunc(out, func(w string) bool { return w == Pause || strings.HasPrefix(w, "{") })
	slices.Sort(out)
	return slices.Compact(out)
}

// Letters returns the words for A to Z, or nothing if the language borrows them.
func (l *Language) Letters() []string {
	if l.Borrow != "" {
		return nil
	}
	return strings.Split(letters, "")
}

// reader reads calls in one language. has reports whether there is a recording of a word.
type reader struct {
	*Language
	tag   string
	style string
	has   func(word string) bool
}

// sentence returns the words of an announcement, or nothing if one of its numbers cannot be read.
func (r reader) sentence(a Announcement) []string {
	var numbers []string
	for i, c := range a.Calls {
		words, ok := r.spell(c.Number)
		if !ok || len(words) == 0 {
			return nil
		}
		if i > 0 {
			numbers = append(numbers, strings.Fields(r.Join)...)
		}
		numbers = append(numbers, words...)
	}
	if len(numbers) == 0 {
		return nil
	}
	window, ok := r.window(a.Calls[0])
	places := map[string][]string{"{number}": numbers, "{window}": window}
	switch {
	case !ok:
		return fill(r.Look, places)
	case a.Short:
		return fill(r.Short, places)
	}
	return fill(r.Call, places)
}

// spell reads s sign by sign. It fails if a sign that is to be spoken has no word.
func (r reader) spell(s string) ([]string, bool) {
	digits := strings.Fields(r.Styles[r.style])
	var out []string
	for _, sign := range s {
		sign = narrow(sign)
		word := string(unicode.ToUpper(sign))
		switch {
		case '0' <= sign && sign <= '9':
			out = append(out, digits[sign-'0'])
		case r.has(word):
			out = append(out, word)
		case !unicode.IsSpace(sign) && !unicode.IsPunct(sign):
			return nil, false
		}
	}
	return out, true
}

// window reads the window's name if it was recorded, else its label.
func (r reader) window(c Call) ([]string, bool) {
	for _, name := range []string{c.Name[r.tag], c.Label} {
		if utf8.RuneCountInString(name) > 1 && r.has(name) {
			return []string{name}, true
		}
	}
	var words []string
	for rest := strings.Map(narrow, c.Label); rest != ""; {
		n := strings.IndexFunc(rest, func(s rune) bool { return s < '0' || s > '9' })
		if n < 0 {
			n = len(rest)
		}
		if n > 0 {
			words = append(words, r.count(rest[:n])...)
			rest = rest[n:]
			continue
		}
		if n = strings.IndexAny(rest, "0123456789"); n < 0 {
			n = len(rest)
		}
		spelled, ok := r.spell(rest[:n])
		if !ok {
			return nil, false
		}
		words = append(words, spelled...)
		rest = rest[n:]
	}
	if len(words) == 0 {
		return nil, false
	}
	return fill(r.Window, map[string][]string{"{label}": words}), true
}

// count reads the digits of a window's label: 1 to 99 as one counts, all else digit by digit.
func (r reader) count(digits string) []string {
	plain := strings.Fields(r.Styles[Plain])
	if words := strings.Fields(r.Numbers[digits]); len(words) > 0 {
		return words
	}
	if len(digits) == 1 {
		return plain[digits[0]-'0' : digits[0]-'0'+1]
	}
	if tens := strings.Fields(r.Numbers[digits[:1]+"0"]); len(digits) == 2 && len(tens) > 0 {
		return append(tens, plain[digits[1]-'0'])
	}
	words, _ := r.spell(digits)
	return words
}

// fill puts words into the places of a sentence.
func fill(sentence string, places map[string][]string) []string {
	var out []string
	for _, word := range strings.Fields(sentence) {
		if words, ok := places[word]; ok {
			out = append(out, words...)
		} else {
			out = append(out, word)
		}
	}
	return out
}

// narrow returns the ordinary form of a full-width sign, as Chinese keyboards type it.
func narrow(r rune) rune {
	if 0xff01 <= r && r <= 0xff5e {
		return r - 0xfee0
	}
	return r
}
