package port

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The operations of the Internet Printing Protocol that a slip needs (RFC 8011, 4.2 and 4.3).
const (
	ippPrintJob     = 0x0002
	ippCancelJob    = 0x0008
	ippJobState     = 0x0009 // Get-Job-Attributes
	ippJobs         = 0x000a // Get-Jobs: those not done yet
	ippPrinterState = 0x000b // Get-Printer-Attributes
)

// The tags of attributes (RFC 8010, 3.5).
const (
	tagOperation = 0x01
	tagEnd       = 0x03
	tagGroups    = 0x10 // below it is a group's tag, from it on a value's
	tagInteger   = 0x21
	tagBoolean   = 0x22
	tagName      = 0x42
	tagKeyword   = 0x44
	tagURI       = 0x45
	tagCharset   = 0x47
	tagLanguage  = 0x48
	tagMIME      = 0x49
)

// Answers and states (RFC 8011, 4.1.6, 5.3.7 and 5.4.11).
const (
	ippErrors         = 0x0100 // below it is success
	ippNotFound       = 0x0406
	ippNotAccepting   = 0x0506
	jobCanceled       = 7
	jobAborted        = 8
	jobCompleted      = 9
	printerIdle       = 3
	printerStopped    = 5
	ippValueMax       = 1023 // bytes of a value that we send: a URI's limit
	ippAnswerMax      = 64 << 10
	ippVersion        = 0x0101
	ippHeader         = 8
	ippLengthOfLength = 2
)

// ippRequest builds a request: the operation, its charset and language, then what follows.
type ippRequest struct{ bytes.Buffer }

func newIPP(operation, id int) *ippRequest {
	r := &ippRequest{}
	r.put16(ippVersion)
	r.put16(operation)
	r.Write(binary.BigEndian.AppendUint32(nil, uint32(id)))
	r.WriteByte(tagOperation)
	r.text(tagCharset, "attributes-charset", "utf-8")
	r.text(tagLanguage, "attributes-natural-language", "en")
	return r
}

func (r *ippRequest) put16(n int) { r.Write([]byte{byte(n >> 8), byte(n)}) }

// text appends an attribute. An empty name is one more value of the attribute before.
func (r *ippRequest) text(tag byte, name, value string) {
	r.WriteByte(tag)
	r.put16(len(name))
	r.WriteString(name)
	r.put16(len(value))
	r.WriteString(value)
}

func (r *ippRequest) integer(name string, n int) {
	r.text(tagInteger, name, string(binary.BigEndian.AppendUint32(nil, uint32(n))))
}

// ippAnswer is an answer's status and its attributes, of all groups together.
type ippAnswer struct {
	status int
	values map[string][]string
}

// errIPP says that an answer is none of IPP.
var errIPP = errors.New("answer is not IPP; is a print server at that address?")

// parseIPP reads an answer. It is bounded by its length and believes no length in it.
func parseIPP(p []byte) (ippAnswer, error) {
	if len(p) < ippHeader+1 || p[0] < 1 || p[0] > 2 {
		return ippAnswer{}, errIPP
	}
	a := ippAnswer{status: int(binary.BigEndian.Uint16(p[2:])), values: map[string][]string{}}
	name := ""
	for p = p[ippHeader:]; len(p) > 0; {
		tag := p[0]
		p = p[1:]
		if tag == tagEnd {
			return a, nil
		}
		if tag < tagGroups {
			continue
		}
		var key, value []byte
		var ok bool
		if key, p, ok = ippField(p); !ok {
			break
		}
		if value, p, ok = ippField(p); !ok {
			break
		}
		if len(key) > 0 {
			name = string(key)
		}
		a.values[name] = append(a.values[name], string(value))
	}
	return ippAnswer{}, errIPP
}

// ippField splits a field off that begins with its length.
func ippField(p []byte) (field, rest []byte, ok bool) {
	if len(p) < ippLengthOfLength {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(p))
	if p = p[ippLengthOfLength:]; n > len(p) {
		return nil, nil, false
	}
	return p[:n], p[n:], true
}

// number returns an integer or enum, 0 if it is not there.
func (a ippAnswer) number(name string) int {
	if n := a.numbers(name); len(n) > 0 {
		return n[0]
	}
	return 0
}

// numbers returns all values of an integer or enum, also those of several groups.
func (a ippAnswer) numbers(name string) (n []int) {
	for _, v := range a.values[name] {
		if len(v) == 4 {
			n = append(n, int(binary.BigEndian.Uint32([]byte(v))))
		}
	}
	return n
}

// reasons returns what is the matter with the printer, without "none".
func (a ippAnswer) reasons() []string {
	out := slices.DeleteFunc(slices.Clone(a.values["printer-state-reasons"]), func(s string) bool { return s == "none" })
	if a.number("printer-state") == printerStopped {
		out = append(out, "stopped")
	}
	return out
}

// err returns what an answer refuses, or nil.
func (a ippAnswer) err(queue string) error {
	switch {
	case a.status < ippErrors:
		return nil
	case a.status == ippNotFound:
		return fmt.Errorf("print server has no queue or job of %q", queue)
	case a.status == ippNotAccepting:
		return fmt.Errorf("queue %q takes no jobs: let it with cupsaccept", queue)
	}
	why := ""
	if m := a.values["status-message"]; len(m) > 0 {
		why = ": " + m[0]
	}
	return fmt.Errorf("print server refuses with %#04x%s", a.status, why)
}
