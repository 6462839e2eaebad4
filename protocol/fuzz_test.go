package protocol_test

import (
	"errors"
	"testing"
	"unicode"
	"unicode/utf8"

	"jiaohao/protocol"
)

func FuzzDecodeRequest(f *testing.F) {
	for _, s := range samples() {
		if payload, err := protocol.Encode(s.message); err == nil {
			f.Add(payload)
		}
	}
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var r protocol.Request
		err := protocol.Decode(payload, &r)
		if err == nil {
			err = r.Check()
		}
		var refusal *protocol.Refusal
		if err != nil {
			if !errors.As(err, &refusal) || refusal.Text[protocol.Chinese] == "" || refusal.Text[protocol.English] == "" {
				t.Fatalf("%v is no refusal in both languages", err)
			}
			return
		}
		again, err := protocol.Encode(r)
		if err != nil {
			return // escapes may make it longer than it came
		}
		var back protocol.Request
		if err := protocol.Decode(again, &back); err != nil {
			t.Fatalf("came back as %v: %s", err, again)
		}
		if err := back.Check(); err != nil {
			t.Fatalf("was well formed and came back as %v: %s", err, again)
		}
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add("jh1/bemowo/device/dispenser-1/request")
	f.Add("jh1/bemowo/window/1/state")
	f.Add("jh1/bemowo/board")
	f.Fuzz(func(t *testing.T, s string) {
		if topic, err := protocol.ParseTopic(s); err == nil && topic.String() != s {
			t.Fatalf("%q is read as %+v and written %q", s, topic, topic)
		}
	})
}

func FuzzCheckText(f *testing.F) {
	f.Add("王芳")
	f.Add("a\x00b")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if protocol.CheckText("reason", s) != nil {
			return
		}
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > protocol.TextMax {
			t.Fatalf("%q was taken", s)
		}
		for _, r := range s {
			if unicode.IsControl(r) {
				t.Fatalf("%q was taken with %U", s, r)
			}
		}
	})
}
