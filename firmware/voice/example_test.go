package voice_test

import (
	"context"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"jiaohao/firmware/voice"
)

func ExampleClips_Words() {
	clips, err := voice.Load(voice.Demo())
	if err != nil {
		fmt.Println(err)
		return
	}
	a := voice.Announcement{Calls: []voice.Call{{Number: "A012", Label: "3"}}}
	fmt.Println(strings.Join(clips.Words(a, "zh-CN", "plain"), " "))
	fmt.Println(strings.Join(clips.Words(a, "zh-CN", "radio"), " "))
	fmt.Println(strings.Join(clips.Words(a, "en", "plain"), " "))
	// Output:
	// qing3 A ling2 yi1 er4 hao4 , dao4 san1 hao4 chuang1kou3
	// qing3 A dong4 yao1 liang3 hao4 , dao4 san1 hao4 chuang1kou3
	// number A zero one two , please-go-to window three
}

func ExamplePlan() {
	plan, err := voice.NewPlan(voice.Rules{Times: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	for i, number := range []string{"A011", "A012", "A013"} {
		window := []string{"3", "5", "3"}[i]
		if err := plan.Add(now, voice.Call{ID: uint64(i), Number: number, Window: window, Label: window}); err != nil {
			fmt.Println(err)
		}
	}
	for {
		a, _, ok := plan.Next(now)
		if !ok {
			break
		}
		for _, c := range a.Calls {
			fmt.Print(c.Number, " ")
		}
		fmt.Println("to window", a.Calls[0].Label)
		plan.Done(now)
	}
	// Output:
	// A011 A013 to window 3
	// A012 to window 5
}

func ExampleSpeaker() {
	clips, err := voice.Load(voice.Demo(), fstest.MapFS{}) // in a hall: os.DirFS("/etc/jiaohao/clips")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := voice.New(voice.Options{Clips: clips, Sink: voice.Aplay("default"), Zone: "east"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Announce(voice.Call{ID: 1201, Number: "A012", Label: "3", Languages: []string{"zh-CN", "en"}}); err != nil {
		fmt.Println(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // in a hall: when the program is stopped
	fmt.Println(s.Run(ctx))
	// Output: <nil>
}
