package broker

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

const connAck = 0x20

func TestWhoDoesNotFitIsRefusedAtConnectWithTheCodeThatSaysWhy(t *testing.T) {
	t.Parallel()
	b := start(t)
	type spoil = func(*packets.ConnectPacket)
	will := func(topic string, qos byte, retain bool) spoil {
		return func(p *packets.ConnectPacket) {
			p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, topic, []byte("x"), qos, retain
		}
	}
	for _, test := range []struct {
		name  string
		id    string
		spoil spoil
		code  byte
	}{
		{"MQTT 5", "d1", func(p *packets.ConnectPacket) { p.ProtocolVersion = 5 }, wrongLevel},
		{"MQTT 3.1", "d1", func(p *packets.ConnectPacket) { p.ProtocolName, p.ProtocolVersion = "MQIsdp", 3 }, wrongLevel},
		{"level 3 with the new name", "d1", func(p *packets.ConnectPacket) { p.ProtocolVersion = 3 }, wrongLevel},
		{"id of another", "d1", func(p *packets.ConnectPacket) { p.ClientIdentifier = "d2" }, wrongClientID},
		{"no id", "d1", func(p *packets.ConnectPacket) { p.ClientIdentifier = "" }, wrongClientID},
		{"id with a line break", "a\nb", func(*packets.ConnectPacket) {}, wrongClientID},
		{"wrong password", "d1", func(p *packets.ConnectPacket) { p.Password = []byte("guess") }, wrongUserOrSecret},
		{"empty password", "d1", func(p *packets.ConnectPacket) { p.Password = nil }, wrongUserOrSecret},
		{"no password", "d1", func(p *packets.ConnectPacket) { p.PasswordFlag = false }, wrongUserOrSecret},
		{"unknown account", "nobody", func(*packets.ConnectPacket) {}, wrongUserOrSecret},
		{"anonymous", "d1", func(p *packets.ConnectPacket) { p.UsernameFlag, p.PasswordFlag = false, false }, notAuthorized},
		{"keep-alive 0", "d1", func(p *packets.ConnectPacket) { p.Keepalive = 0 }, notAuthorized},
		{"keep-alive 61 s", "d1", func(p *packets.ConnectPacket) { p.Keepalive = 61 }, notAuthorized},
		{"hub with keep-alive 301 s", "hub", func(p *packets.ConnectPacket) { p.Keepalive = 301 }, notAuthorized},
		{"persistent session", "d1", func(p *packets.ConnectPacket) { p.CleanSession = false }, notAuthorized},
		{"will of another", "d1", will("t/h1/device/d2/presence", 0, false), notAuthorized},
		{"will in the engine", "d1", will("$MQTT/rmsgs/t", 1, true), notAuthorized},
		{"will on an own topic that is not for it", "d1", will("t/h1/device/d1/request", 1, false), notAuthorized},
		{"will at QoS 2", "d1", will("t/h1/device/d1/presence", 2, false), notAuthorized},
		{"will of an account without one", "guest", will("t/h1/board", 0, false), notAuthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := dialRaw(t, b.Addr().String())
			r.send(login(test.id, test.spoil))
			if got, want := r.expectClosed(), []byte{connAck, 2, 0, test.code}; !bytes.Equal(got, want) {
				t.Errorf("got % x, want CONNACK % x and the end", got, want)
			}
		})
	}
	if s := b.Stats(); s.Admitted != 0 || s.Refused != 20 {
		t.Errorf("admitted %d, refused %d; want 0, 20", s.Admitted, s.Refused)
	}
	dialIn(t, b.Addr().String(), "d1")
	dialRawHub := dialRaw(t, b.Addr().String())
	dialRawHub.send(login("hub", func(p *packets.ConnectPacket) { p.Keepalive = 300 }))
	dialRawHub.expect(connAck, 2, 0, 0)
}

func TestWhatIsNoConnectIsClosedWithoutAWord(t *testing.T) {
	t.Parallel()
	b := start(t)
	spoilt := func(at int, value byte) []byte {
		p := login("d1")
		p[at] = value
		return p
	}
	for name, packet := range map[string][]byte{
		"256 MB announced":         {0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4, 'M', 'Q', 'T', 'T', 4},
		"length of five bytes":     {0x10, 0xff, 0xff, 0xff, 0xff, 0x01, 0},
		"CONNECT over 1 KiB":       login("d1", func(p *packets.ConnectPacket) { p.Password = make([]byte, connectMax) }),
		"reserved flag":            spoilt(9, 0xc3),
		"will QoS without a will":  spoilt(9, 0xca),
		"password without a user":  spoilt(9, 0x42),
		"field beyond the packet":  spoilt(12, 0xff),
		"fixed header flags":       spoilt(0, 0x11),
		"another protocol":         spoilt(4, 'X'),
		"HTTP":                     []byte("GET / HTTP/1.1\r\nHost: hall\r\n\r\n"),
		"PUBLISH first":            {0x30, 3, 0, 1, 'a'},
		"trailing bytes":           append([]byte{0x10, login("d1")[1] + 1}, append(login("d1")[2:], 0)...),
		"truncated MQTT 5 command": {0x82, 0x08, 0, 1, 0, 0, 3, 'a'},
	} {
		t.Run(name, func(t *testing.T) {
			r := dialRaw(t, b.Addr().String())
			r.send(packet)
			if tcp := r.Conn.(interface{ CloseWrite() error }); name == "truncated MQTT 5 command" {
				tcp.CloseWrite()
			}
			if rest := r.expectClosed(); len(rest) > 0 {
				t.Errorf("got % x, want nothing", rest)
			}
		})
	}
	dialIn(t, b.Addr().String(), "d1")
}

func TestPacketThatNoClientMaySendCutsIt(t *testing.T) {
	t.Parallel()
	b := start(t)
	const own = "t/h1/device/d1/request"
	pub := func(first byte, topic string, id []byte, payload int) []byte {
		body := binary.BigEndian.AppendUint16(nil, uint16(len(topic)))
		body = append(append(append(body, topic...), id...), make([]byte, payload)...)
		return append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...)
	}
	id := []byte{0, 7}
	for name, packet := range map[string][]byte{
		"QoS 2":                   pub(0x34, own, id, 1),
		"QoS 3":                   pub(0x36, own, id, 1),
		"payload over 16 KiB":     pub(0x32, own, id, payloadMax+1),
		"QoS 0 payload over":      pub(0x30, own, nil, payloadMax+1),
		"256 MB announced":        {0x30, 0xff, 0xff, 0xff, 0x7f, 0, 4, 'a', 'b'},
		"topic with a space":      pub(0x30, own+" x", nil, 1),
		"topic with a line break": pub(0x30, own+"\r\n", nil, 1),
		"topic with a wildcard":   pub(0x30, "t/h1/device/+/request", nil, 1),
		"topic with an asterisk":  pub(0x30, "t/h1/device/*/request", nil, 1),
		"topic of 60 kB":          pub(0x30, strings.Repeat("a", 16000), nil, 1),
		"topic of 257 bytes":      pub(0x30, strings.Repeat("a", topicMax+1), nil, 1),
		"topic not UTF-8":         pub(0x30, "t/\xff", nil, 1),
		"no topic":                pub(0x30, "", nil, 1),
		"QoS 1 without an id":     pub(0x32, own, nil, 0),
		"QoS 1 with id 0":         pub(0x32, own, []byte{0, 0}, 1),
		"second CONNECT":          login("d1"),
		"CONNACK":                 {0x20, 2, 0, 0},
		"PUBREC":                  {0x50, 2, 0, 1},
		"PUBREL":                  {0x62, 2, 0, 1},
		"PUBCOMP":                 {0x70, 2, 0, 1},
		"PINGRESP":                {0xd0, 0},
		"type 0":                  {0x00, 0},
		"type 15":                 {0xf0, 0},
		"PINGREQ with a body":     {0xc0, 1, 0},
		"SUBSCRIBE with flags 0":  {0x80, 8, 0, 1, 0, 3, 't', '/', 'a', 0},
		"SUBSCRIBE with nothing":  {0x82, 2, 0, 1},
		"SUBSCRIBE at QoS 3":      {0x82, 8, 0, 1, 0, 3, 't', '/', 'a', 3},
		"SUBSCRIBE cut off":       {0x82, 8, 0, 0, 0, 9, 't', '/', 'a', 0},
		"UNSUBSCRIBE cut off":     {0xa2, 7, 0, 1, 0, 9, 't', '/', 'a'},
	} {
		t.Run(name, func(t *testing.T) {
			before := b.Stats().Violations
			r := dialRaw(t, b.Addr().String())
			r.send(login("d1"))
			r.expect(connAck, 2, 0, 0)
			r.send(packet)
			r.expectClosed()
			if after := b.Stats().Violations; name != "256 MB announced" && after != before+1 {
				t.Errorf("violations went from %d to %d, want one more", before, after)
			}
		})
		eventually(t, "the connection is gone", func() bool { return b.Stats().Clients == 0 })
	}
}

func TestLargestMessageAllowedPasses(t *testing.T) {
	t.Parallel()
	b := start(t)
	hub, d1 := dial(t, b.Addr().String(), "hub"), dial(t, b.Addr().String(), "d1")
	in := watch(t, hub, "t/h1/device/+/request")
	payload := strings.Repeat("长", payloadMax/3)
	publish(t, d1, "t/h1/device/d1/request", 1, false, payload)
	in.await(t, "t/h1/device/d1/request", payload)
}

func TestThiefOfAClientIDIsRefusedAndTheOwnerStays(t *testing.T) {
	t.Parallel()
	b := start(t)
	owner := dial(t, b.Addr().String(), "d2")
	in := watch(t, owner, "t/h1/device/d2/reply")
	thief := paho.NewClient(pahoOptions(b.Addr().String(), "d2").SetUsername("d1").SetPassword(password("d1")))
	if token := thief.Connect(); !token.WaitTimeout(patience) || token.Error() == nil {
		t.Fatal("thief got in")
	}
	publish(t, dial(t, b.Addr().String(), "hub"), "t/h1/device/d2/reply", 0, false, "for the owner")
	in.await(t, "t/h1/device/d2/reply", "for the owner")
}

func TestForbiddenSubscriptionGetsTheFailureCode(t *testing.T) {
	t.Parallel()
	b := start(t)
	d1 := dial(t, b.Addr().String(), "d1")
	for _, filter := range []string{
		"#", "+/#", "t/#", "t/h1/#", "t/+/board", "+/h1/board", "t/h1/device/d2/reply", "t/h1/device/+/reply", "t/h1/device/+/request",
		"t/h1/device/d1/#", "t/h1/window/+/state", "t/h1/window/2/state", "t/h1/device/d1/request",
		"$MQTT/#", "$MQTT/sub/#", "$MQTT/msgs/#", "$MQTT/rmsgs/#", "$SYS/#", "$JS/API/#", "$JS/#", "_INBOX/#",
		"$share/g/t/h1/board", "$share/g/#",
	} {
		for qos := range byte(3) {
			if code := subscribe(t, d1, filter, qos, &inbox{}); code != 0x80 {
				t.Errorf("subscribe %q at QoS %d: code %#x, want 0x80", filter, qos, code)
			}
		}
	}
	for qos := byte(1); qos <= 2; qos++ {
		if code := subscribe(t, d1, "t/h1/board", qos, &inbox{}); code != 0x80 {
			t.Errorf("device subscribes its own topic at QoS %d: code %#x, want 0x80", qos, code)
		}
	}
	if code := subscribe(t, dial(t, b.Addr().String(), "hub"), "t/h1/#", 1, &inbox{}); code != 1 {
		t.Errorf("hub subscribes at QoS 1: code %#x, want 1", code)
	}
}

func TestAccountWithoutRightsCanDoNothing(t *testing.T) {
	t.Parallel()
	h := newHall()
	mute := Account{ID: "mute", Secret: h.accounts["d1"].Secret}
	h.accounts["mute"] = mute
	b := startWith(t, h.find)
	c := dial(t, b.Addr().String(), "mute", func(o *paho.ClientOptions) { o.SetPassword(password("d1")) })
	for _, filter := range []string{"t/h1/board", "#", "a"} {
		if code := subscribe(t, c, filter, 0, &inbox{}); code != 0x80 {
			t.Errorf("subscribe %q: code %#x, want 0x80", filter, code)
		}
	}
	hub := dial(t, b.Addr().String(), "hub")
	in := watch(t, hub, "t/h1/#")
	publish(t, c, "t/h1/board", 1, false, "from mute")
	publish(t, hub, "t/h1/board", 0, false, "end")
	in.await(t, "t/h1/board", "end")
	if n := len(in.messages()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestDeadClientIsFoundByItsKeepAliveAndItsWillIsSpoken(t *testing.T) {
	t.Parallel()
	b := start(t)
	in := watch(t, dial(t, b.Addr().String(), "hub"), "t/h1/device/+/presence")
	r := dialRaw(t, b.Addr().String())
	r.send(login("d1", func(p *packets.ConnectPacket) {
		p.Keepalive = 1
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, "t/h1/device/d1/presence", []byte("gone"), 1, true
	}))
	r.expect(connAck, 2, 0, 0)
	begin := time.Now()
	r.expectClosed()
	if took := time.Since(begin); took < 900*time.Millisecond || took > 4*time.Second {
		t.Errorf("closed after %v, want 1 to 1.5 s", took)
	}
	in.await(t, "t/h1/device/d1/presence", "gone")
}
