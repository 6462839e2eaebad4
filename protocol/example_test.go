package protocol_test

import (
	"errors"
	"fmt"

	"jiaohao/protocol"
)

func ExampleParseTopic() {
	topic, err := protocol.ParseTopic("jh1/bemowo/device/dispenser-1/request")
	fmt.Println(topic.Hall, topic.Device, topic.Kind, err)
	_, err = protocol.ParseTopic("jh1/bemowo/device/dispenser 1/request")
	fmt.Println(err)
	// Output:
	// bemowo dispenser-1 request <nil>
	// topic "jh1/bemowo/device/dispenser 1/request": device id "dispenser 1": byte 10 is not one of a-z A-Z 0-9 - _ (first a letter or digit)
}

func ExampleTopic_String() {
	fmt.Println(protocol.WindowTopic("bemowo", "1"))
	fmt.Println(protocol.DeviceTopic("bemowo", "+", protocol.KindPresence)) // a filter
	// Output:
	// jh1/bemowo/window/1/state
	// jh1/bemowo/device/+/presence
}

func ExampleEncode() {
	payload, err := protocol.Encode(protocol.Request{ID: "J4XW7QK2", Do: protocol.TicketIssue, Service: "social"})
	fmt.Println(string(payload), err)
	// Output: {"id":"J4XW7QK2","do":"ticket.issue","service":"social"} <nil>
}

func ExampleDecode() {
	var reply protocol.Reply
	err := protocol.Decode([]byte(`{"id":"J4XW7QK2","refused":{"code":"queue_full","text":{"zh-CN":"号已取完","en":"no more tickets"}}}`), &reply)
	fmt.Println(reply.Refused.Code, reply.Refused.Text.In(protocol.Chinese), err)
	// Output: queue_full 号已取完 <nil>
}

func ExampleRequest_Check() {
	r := protocol.Request{ID: "J4XW7QK2", Do: protocol.TicketRate, Ticket: "A012", Rating: 7}
	err := r.Check()
	fmt.Println(err)
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Text.In(protocol.Chinese))
	}
	// Output:
	// bad_request: rating is 7, legal are 1 to 5
	// 评价 rating 为 7，应为 1 至 5
}
