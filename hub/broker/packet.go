package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Control packet types of MQTT 3.1.1, table 2.1, as the upper half of the first byte.
const (
	typeConnect     = 0x10
	typeConnAck     = 0x20
	typePublish     = 0x30
	typePubAck      = 0x40
	typeSubscribe   = 0x80
	typeUnsubscribe = 0xa0
	typePingReq     = 0xc0
	typeDisconnect  = 0xe0
)

// CONNACK return codes of MQTT 3.1.1, table 3.1. closeOnly is ours: the peer gets no CONNACK, as [MQTT-3.1.4-1] wants
// for a packet that is malformed.
const (
	closeOnly              = 0
	wrongLevel             = 1
	wrongClientID          = 2
	serverUnavailable      = 3
	wrongUserOrSecret      = 4
	notAuthorized          = 5
	protocolLevel          = 4
	flagClean         byte = 0x02
	flagWill          byte = 0x04
	flagRetain        byte = 0x20
	flagPassword      byte = 0x40
	flagUser          byte = 0x80
)

// refusal is the reason not to let a peer in, with the CONNACK code that tells it, or closeOnly.
type refusal struct {
	code byte
	why  string
}

func (r *refusal) Error() string { return r.why }

func refuse(code byte, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

var errShort = errors.New("packet ends too early")

// connect is what a CONNECT packet says.
type connect struct {
	id, user  string
	password  []byte
	keepAlive uint16 // seconds
	flags     byte
	willTopic string
	will      []byte
}

func (c connect) willQoS() byte { return c.flags >> 3 & 3 }

// readPacket reads one packet into buf, growing it if need be, and returns the whole packet and its body, both valid
// until the next call with the same buf. It refuses a body of more than limit bytes before it reads or allocates any.
func readPacket(r interface {
	io.Reader
	io.ByteReader
}, buf []byte, limit int) (packet, body []byte, err error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, nil, err
	}
	buf = append(buf[:0], first)
	length := 0
	for more, shift := true, 0; more; shift += 7 {
		if shift > 21 { // [MQTT-2.2.3]: at most 4 bytes
			return nil, nil, errors.New("remaining length of more than 4 bytes")
		}
		b, err := r.ReadByte()
		if err != nil {
			return nil, nil, err
		}
		buf = append(buf, b)
		length |= int(b&0x7f) << shift
		more = b >= 0x80
	}
	if length > limit {
		return nil, nil, fmt.Errorf("packet of %d bytes: want at most %d", length, limit)
	}
	head := len(buf)
	packet = slices.Grow(buf, length)[:head+length]
	if _, err := io.ReadFull(r, packet[head:]); err != nil {
		return nil, nil, err
	}
	return packet, packet[head:], nil
}

// field cuts a length-prefixed field off the front of b.
func field(b []byte) (value, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, errShort
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, errShort
	}
	return b[2 : 2+n], b[2+n:], nil
}

// parseConnect reads the body of a CONNECT packet. Every error is a *refusal. It checks the form, not the rights.
func parseConnect(body []byte) (connect, error) {
	name, rest, err := field(body)
	if err != nil || len(rest) < 1 {
		return connect{}, refuse(closeOnly, "CONNECT without a protocol name")
	}
	if string(name) != "MQTT" && string(name) != "MQIsdp" {
		return connect{}, refuse(closeOnly, "protocol %.16q: want MQTT", name)
	}
	if level := rest[0]; string(name) != "MQTT" || level != protocolLevel {
		return connect{}, refuse(wrongLevel, "protocol %s level %d: want MQTT level 4", name, level)
	}
	if len(rest) < 4 {
		return connect{}, refuse(closeOnly, "CONNECT: %v", errShort)
	}
	c := connect{flags: rest[1], keepAlive: binary.BigEndian.Uint16(rest[2:])}
	if err := c.checkFlags(); err != nil {
		return connect{}, err
	}
	if err := c.parsePayload(rest[4:]); err != nil {
		return connect{}, refuse(closeOnly, "CONNECT: %v", err)
	}
	return c, nil
}

func (c *connect) checkFlags() error {
	f := c.flags
	switch {
	case f&1 != 0: // [MQTT-3.1.2-3]
		return refuse(closeOnly, "CONNECT flags %#02x: want the reserved bit 0", f)
	case f&flagWill == 0 && (c.willQoS() != 0 || f&flagRetain != 0): // [MQTT-3.1.2-13], [MQTT-3.1.2-15]
		return refuse(closeOnly, "CONNECT flags %#02x: QoS or retain of a Will without a Will", f)
	case c.willQoS() == 3: // [MQTT-3.1.2-14]
		return refuse(closeOnly, "Will at QoS 3: want 0 or 1")
	case f&flagUser == 0 && f&flagPassword != 0: // [MQTT-3.1.2-22]
		return refuse(closeOnly, "password without a user name")
	}
	return nil
}

// parsePayload reads client id, Will, user name and password, in that order [MQTT-3.1.3-1].
func (c *connect) parsePayload(b []byte) error {
	next := func(present bool) (value []byte, err error) {
		if !present {
			return nil, nil
		}
		value, b, err = field(b)
		return value, err
	}
	hasWill := c.flags&flagWill != 0
	id, err := next(true)
	willTopic, err1 := next(hasWill)
	will, err2 := next(hasWill)
	user, err3 := next(c.flags&flagUser != 0)
	password, err4 := next(c.flags&flagPassword != 0)
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return errShort
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes after the last field", len(b))
	}
	c.id, c.user, c.password = string(id), string(user), slices.Clone(password)
	c.willTopic, c.will = string(willTopic), slices.Clone(will)
	return nil
}

// packet encodes the CONNECT with another password. Whoever parsed it has bounded every field.
func (c connect) packet(password string) []byte {
	body := []byte("\x00\x04MQTT\x04")
	body = append(body, c.flags|flagUser|flagPassword)
	body = binary.BigEndian.AppendUint16(body, c.keepAlive)
	put := func(s string) {
		body = binary.BigEndian.AppendUint16(body, uint16(len(s)))
		body = append(body, s...)
	}
	put(c.id)
	if c.flags&flagWill != 0 {
		put(c.willTopic)
		put(string(c.will))
	}
	put(c.user)
	put(password)
	return append(binary.AppendUvarint([]byte{typeConnect}, uint64(len(body))), body...)
}

// inspect checks one packet of a client that is let in. It clears the retain flag in packet[0] where the account may not
// retain, and says so. The error, if any, is the reason to cut the connection.
func inspect(a Account, packet, body []byte) (cleared bool, err error) {
	first := packet[0]
	switch kind, flags := first&0xf0, first&0x0f; {
	case kind == typePublish:
		topic, err := parsePublish(flags, body)
		if err != nil {
			return false, fmt.Errorf("PUBLISH: %w", err)
		}
		if flags&1 != 0 && !a.mayRetain(topic) {
			packet[0] &^= 1
			return true, nil
		}
		return false, nil
	case kind == typeSubscribe && flags == 2:
		return false, checkFilters("SUBSCRIBE", body, 1)
	case kind == typeUnsubscribe && flags == 2:
		return false, checkFilters("UNSUBSCRIBE", body, 0)
	case kind == typePubAck && flags == 0 && len(body) == 2,
		kind == typePingReq && flags == 0 && len(body) == 0,
		kind == typeDisconnect && flags == 0 && len(body) == 0:
		return false, nil
	}
	return false, fmt.Errorf("packet type %d flags %#x with %d bytes: not for a client of this broker",
		first>>4, first&0x0f, len(body))
}

// parsePublish checks the form of a PUBLISH and returns its topic.
func parsePublish(flags byte, body []byte) (topic string, err error) {
	name, payload, err := field(body)
	if err != nil {
		return "", err
	}
	topic = string(name)
	if err := checkText(topic, topicMax); err != nil {
		return "", err
	}
	if slices.Contains(name, '+') || slices.Contains(name, '#') { // [MQTT-3.3.2-2]
		return "", fmt.Errorf("topic %.40q: want no wildcard", name)
	}
	switch flags >> 1 & 3 {
	case 0:
	case 1:
		if len(payload) < 2 || payload[0]|payload[1] == 0 { // [MQTT-2.3.1-1]
			return "", errors.New("QoS 1 without a packet id")
		}
		payload = payload[2:]
	default:
		return "", errors.New("QoS above 1: want 0 or 1")
	}
	if len(payload) > payloadMax {
		return "", fmt.Errorf("payload of %d bytes: want at most %d", len(payload), payloadMax)
	}
	return topic, nil
}

// checkFilters checks the form of a SUBSCRIBE (with options = 1 byte after each filter) or UNSUBSCRIBE (0).
func checkFilters(kind string, body []byte, options int) error {
	if len(body) < 3 || body[0]|body[1] == 0 {
		return fmt.Errorf("%s: want a packet id and a filter", kind) // [MQTT-2.3.1-1], [MQTT-3.8.3-3]
	}
	for rest := body[2:]; len(rest) > 0; {
		filter, more, err := field(rest)
		if err == nil && len(more) < options {
			err = errShort
		}
		if err == nil {
			err = checkText(string(filter), topicMax)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if options > 0 && more[0] > 2 { // [MQTT-3.8.3-4]
			return fmt.Errorf("%s: QoS byte %#x: want 0 to 2", kind, more[0])
		}
		rest = more[options:]
	}
	return nil
}
