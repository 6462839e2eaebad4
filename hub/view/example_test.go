package view_test

import (
	"fmt"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// A window at which nobody has signed on.
func ExampleWindow() {
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	s := queue.New()
	s.Apply(queue.Record{Seq: 1, At: now, Event: &queue.DayOpened{Day: "2026-11-23", Plan: queue.Plan{
		Zone:    "Asia/Shanghai",
		Windows: []queue.Window{{ID: "3", Name: protocol.Say("3号窗口", "Window 3")}},
	}}})
	v := view.Window(s, "3", now)
	fmt.Println(v.Status, v.Label, v.Name.In(protocol.Chinese), v.Notice.In(protocol.Chinese), v.Notice.In(protocol.English))
	// Output: closed 3 3号窗口 未开放 Closed
}

// The link on a slip, and who may open it.
func ExampleLinks() {
	links := view.Links{Base: "http://192.168.1.10:8080", Key: []byte("sixteen bytes or more")}
	token := links.Token("20261123-A012")
	fmt.Println(links.Open(token))
	fmt.Println(links.Open("20261123-A013." + token[len("20261123-A012."):]))
	// Output:
	// 20261123-A012 true
	//  false
}
