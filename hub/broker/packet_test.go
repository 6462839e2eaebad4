package broker

import (
	"bufio"
	"bytes"
	"errors"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestConnectIsReadAsPahoWroteItAndPassedOnWithAnotherPassword(t *testing.T) {
	original := login("d1", func(p *packets.ConnectPacket) {
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, "t/窗口", []byte{0, 1, 0xff}, 1, true
		p.Password = bytes.Repeat([]byte("p"), 200)
	})
	_, body, err := readPacket(bufio.NewReader(bytes.NewReader(original)), nil, connectMax)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := parseConnect(body)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := packets.ReadPacket(bytes.NewReader(hello.packet("pass")))
	if err != nil {
		t.Fatal(err)
	}
	p := decoded.(*packets.ConnectPacket)
	if code := p.Validate(); code != packets.Accepted {
		t.Errorf("passed on: code %d", code)
	}
	if p.ClientIdentifier != "d1" || p.Username != "d1" || string(p.Password) != "pass" || p.Keepalive != 30 || !p.CleanSession ||
		p.WillTopic != "t/窗口" || !bytes.Equal(p.WillMessage, []byte{0, 1, 0xff}) || p.WillQos != 1 || !p.WillRetain {
		t.Errorf("passed on: %v", p)
	}
}

func TestPacketThatAnnouncesTooMuchIsRefusedBeforeItIsRead(t *testing.T) {
	for _, head := range [][]byte{{0x30, 0xff, 0xff, 0xff, 0x7f}, {0x30, 0x81, 0x08}, {0x30, 0xff, 0xff, 0xff, 0xff, 0x01}} {
		in := bufio.NewReader(bytes.NewReader(append(head, make([]byte, 2000)...)))
		if packet, _, err := readPacket(in, nil, connectMax); err == nil {
			t.Errorf("% x: read %d bytes, want an error", head, len(packet))
		}
		if in.Buffered() < 1990 {
			t.Errorf("% x: body was read", head)
		}
	}
}

func TestPacketsThatFollowEachOtherAreReadOneByOne(t *testing.T) {
	first, second := login("d1"), []byte{0xc0, 0}
	in := bufio.NewReader(bytes.NewReader(append(bytes.Clone(first), second...)))
	var buf []byte
	for _, want := range [][]byte{first, second} {
		packet, _, err := readPacket(in, buf, connectMax)
		if err != nil || !bytes.Equal(packet, want) {
			t.Fatalf("got % x (%v), want % x", packet, err, want)
		}
		buf = packet
	}
}

func FuzzConnect(f *testing.F) {
	f.Add(login("d1")[2:])
	f.Add(login("d1", func(p *packets.ConnectPacket) {
		p.WillFlag, p.WillTopic, p.WillMessage = true, "t/h1/device/d1/presence", []byte("gone")
	})[2:])
	f.Add([]byte("\x00\x04MQTT\x05\xc2\x00\x1e\x00\x00\x02d1"))
	f.Add([]byte("\x00\x06MQIsdp\x03\x02\x00\x1e\x00\x02d1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		hello, err := parseConnect(body)
		if err != nil {
			if r := (*refusal)(nil); !errors.As(err, &r) {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		if len(body) > connectMax {
			return
		}
		_, again, err := readPacket(bufio.NewReader(bytes.NewReader(hello.packet("pass"))), nil, 2*connectMax)
		if err != nil {
			t.Fatal(err)
		}
		second, err := parseConnect(again)
		if err != nil {
			t.Fatal(err)
		}
		if second.id != hello.id || second.user != hello.user || second.willTopic != hello.willTopic ||
			!bytes.Equal(second.will, hello.will) || second.keepAlive != hello.keepAlive || string(second.password) != "pass" {
			t.Fatalf("passed on as %+v, was %+v", second, hello)
		}
	})
}

func FuzzPackets(f *testing.F) {
	publish := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	publish.TopicName, publish.Payload, publish.Qos, publish.MessageID, publish.Retain = "t/h1/device/d1/request", []byte("{}"), 1, 7, true
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.Topics, subscribe.Qoss, subscribe.MessageID = []string{"t/h1/board", "t/#"}, []byte{0, 1}, 8
	unsubscribe := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
	unsubscribe.Topics, unsubscribe.MessageID = []string{"t/h1/board"}, 9
	f.Add(append(encode(publish), encode(subscribe)...))
	f.Add(append(encode(unsubscribe), 0xc0, 0, 0x40, 2, 0, 1, 0xe0, 0))
	f.Add([]byte{0x82, 0x08, 0, 1, 0, 0, 3, 'a', '/', 'b'})
	account := device("d1")
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := bufio.NewReader(bytes.NewReader(stream))
		var buf []byte
		for {
			packet, body, err := readPacket(in, buf, packetMax)
			if err != nil {
				return
			}
			buf = packet
			if _, err := inspect(account, packet, body); err != nil {
				return
			}
			holdAgainstPaho(t, account, packet)
		}
	})
}

// holdAgainstPaho decodes what the gate lets pass with another decoder and asserts what the gate promises.
func holdAgainstPaho(t *testing.T, a Account, packet []byte) {
	t.Helper()
	decoded, err := packets.ReadPacket(bytes.NewReader(packet))
	if err != nil {
		t.Fatalf("% x passes, and paho says %v", packet, err)
	}
	switch p := decoded.(type) {
	case *packets.PublishPacket:
		if p.Qos > 1 || len(p.Payload) > payloadMax || len(p.TopicName) > topicMax || bytes.ContainsAny([]byte(p.TopicName), " +#*>\x00\r\n") {
			t.Fatalf("passes: %v", p)
		}
		if p.Retain && !a.mayRetain(p.TopicName) {
			t.Fatalf("stays retained: %v", p)
		}
	case *packets.SubscribePacket, *packets.UnsubscribePacket, *packets.PubackPacket, *packets.PingreqPacket, *packets.DisconnectPacket:
	default:
		t.Fatalf("passes: %v", decoded)
	}
}
