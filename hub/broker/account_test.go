package broker

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFilterCoversTheTopicsThatMQTTSays(t *testing.T) {
	for _, test := range []struct {
		filter string
		topics string // covered
		others string // not covered
	}{
		{"a/b", "a/b", "a a/b/c b a/c"},
		{"a/+", "a/b a/c", "a a/b/c b/c"},
		{"a/+/c", "a/b/c a/x/c", "a/b a/c a/b/d a/b/c/d"},
		{"a/#", "a a/b a/b/c", "b ab ab/c"},
		{"a/+/#", "a/b a/b/c a/b/c/d", "a b/c"},
	} {
		for _, topic := range strings.Fields(test.topics) {
			if !matches(test.filter, topic) {
				t.Errorf("%q does not cover %q", test.filter, topic)
			}
		}
		for _, topic := range strings.Fields(test.others) {
			if matches(test.filter, topic) {
				t.Errorf("%q covers %q", test.filter, topic)
			}
		}
	}
}

func TestEveryTopicIsCoveredByItselfAndByEachWildcardInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "窗口1", "x.y"}), 1, 5).Draw(t, "levels")
		topic := strings.Join(levels, "/")
		i := rapid.IntRange(0, len(levels)-1).Draw(t, "level")
		plus := slices.Clone(levels)
		plus[i] = "+"
		rest := strings.Join(append(slices.Clone(levels[:i]), "#"), "/")
		for _, filter := range []string{topic, strings.Join(plus, "/"), rest, topic + "/#"} {
			if !matches(filter, topic) {
				t.Fatalf("%q does not cover %q", filter, topic)
			}
		}
		if matches(topic, topic+"/a") || matches(topic+"/a", topic) || matches(topic+"/+", topic) {
			t.Fatalf("%q covers too much", topic)
		}
	})
}

func TestAccountThatCouldReachBeyondItsTopicsIsRefused(t *testing.T) {
	good := Account{ID: "d-1.a_B", Publish: []string{"t/h1/#"}, Retain: []string{"t/+/a"}, Subscribe: []string{"t"}, Will: "t/h1/窗口"}
	if err := good.Validate(); err != nil {
		t.Errorf("good account: %v", err)
	}
	for _, id := range []string{"", "a b", "a/b", "甲", "a\n", "a+", strings.Repeat("a", idMax+1)} {
		if err := (Account{ID: id}).Validate(); err == nil {
			t.Errorf("id %q passes", id)
		}
	}
	for _, filter := range []string{
		"", "#", "+/a", "$MQTT/#", "$SYS", "a//b", "/a", "a/", "a/#/b", "a/b#", "a/+b", "a b", "a/*", "a/>", "a\x00", "a\x7f", "\xff",
		strings.Repeat("a", topicMax+1),
	} {
		for _, a := range []Account{
			{ID: "a", Publish: []string{filter}}, {ID: "a", Retain: []string{filter}}, {ID: "a", Subscribe: []string{filter}}, {ID: "a", Will: filter},
		} {
			if err := a.Validate(); err == nil && !(filter == "" && a.Will == filter && a.Publish == nil && a.Retain == nil && a.Subscribe == nil) {
				t.Errorf("filter %q passes in %+v", filter, a)
			}
		}
	}
	if err := (Account{ID: "a", Will: "t/+"}).Validate(); err == nil {
		t.Error("will with a wildcard passes")
	}
}

func TestAccountWithoutTopicsIsBannedFromAll(t *testing.T) {
	p := Account{ID: "a"}.permissions()
	if !slices.Contains(p.Publish.Deny, ">") || !slices.Contains(p.Subscribe.Deny, ">") {
		t.Errorf("publish %+v, subscribe %+v: want a ban on >", p.Publish, p.Subscribe)
	}
}

func TestOneRightBecomesTheSubjectsOfTheEngine(t *testing.T) {
	p := Account{ID: "a", Publish: []string{"t/x.y/+"}, Subscribe: []string{"t/h1/#"}, Will: "t/w"}.permissions()
	if want := []string{"t.x//y.*", "t.w"}; !slices.Equal(p.Publish.Allow, want) {
		t.Errorf("publish %q, want %q", p.Publish.Allow, want)
	}
	if want := []string{"t.h1.>", "t.h1"}; !slices.Equal(p.Subscribe.Allow, want) {
		t.Errorf("subscribe %q, want %q", p.Subscribe.Allow, want)
	}
	if want := []string{"$MQTT.sub.>"}; !slices.Equal(p.Subscribe.Deny, want) {
		t.Errorf("subscribe deny %q, want %q", p.Subscribe.Deny, want)
	}
}
