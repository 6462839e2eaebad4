package protocol

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// HallID names a hall, such as "bemowo".
type HallID string

// DeviceID names a device and is its MQTT user and client id, such as "dispenser-1".
type DeviceID string

// WindowID names a window (窗口), such as "1".
type WindowID string

// ServiceID names a service (业务), such as "social".
type ServiceID string

// ClerkID names a clerk or manager (工作人员), such as "c07".
type ClerkID string

// TicketID names a ticket for ever, such as "20261122-A012": business day and number.
type TicketID string

// RequestID is made at the source when the button goes down and kept until the
// reply. The same id is answered by the same answer for the whole business day.
type RequestID string

// CheckID returns nil when s is an id: 1 to [IDMax] of a-z, A-Z, 0-9, '-' and
// '_', beginning with a letter or digit. what names the id in the error, such
// as "service". Ids become levels of topics, so they hold no space, dot or slash.
func CheckID(what, s string) error {
	if len(s) == 0 || len(s) > IDMax {
		return words{
			fmt.Sprintf("%s 编号 %q 有 %d 字节，应为 1 至 %d 字节", what, clip(s), len(s), IDMax),
			fmt.Sprintf("%s id %q has %d bytes, legal are 1 to %d", what, clip(s), len(s), IDMax),
		}
	}
	for i := range len(s) {
		if !idByte(s[i], i == 0) {
			return words{
				fmt.Sprintf("%s 编号 %q 第 %d 字节不可用，只能用 a-z、A-Z、0-9、-、_，且以字母或数字开头", what, s, i+1),
				fmt.Sprintf("%s id %q: byte %d is not one of a-z A-Z 0-9 - _ (first a letter or digit)", what, s, i+1),
			}
		}
	}
	return nil
}

// CheckRequestID returns nil when s is 1 to [RequestIDMax] printable ASCII
// characters without spaces.
func CheckRequestID(s string) error {
	if len(s) == 0 || len(s) > RequestIDMax {
		return words{
			fmt.Sprintf("请求编号 %q 有 %d 字节，应为 1 至 %d 字节", clip(s), len(s), RequestIDMax),
			fmt.Sprintf("request id %q has %d bytes, legal are 1 to %d", clip(s), len(s), RequestIDMax),
		}
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return words{
				fmt.Sprintf("请求编号 %q 第 %d 字节不可用，只能用可见的 ASCII 字符", clip(s), i+1),
				fmt.Sprintf("request id %q: byte %d is not visible ASCII", clip(s), i+1),
			}
		}
	}
	return nil
}

// CheckText returns nil when s is a text of at most [TextMax] runes of valid
// UTF-8 without control characters, also those that turn the direction of what
// stands around them (Unicode's Bidi_Control) or end a line. An empty text is legal.
func CheckText(what, s string) error {
	if !utf8.ValidString(s) {
		return words{what + " 不是有效的 UTF-8 文本", what + " is not valid UTF-8"}
	}
	if n := utf8.RuneCountInString(s); n > TextMax {
		return words{
			fmt.Sprintf("%s %q 有 %d 个字，最多 %d 个字", what, clip(s), n, TextMax),
			fmt.Sprintf("%s %q has %d characters, legal are at most %d", what, clip(s), n, TextMax),
		}
	}
	for i, r := range s {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return words{
				fmt.Sprintf("%s %q 第 %d 字节处有控制字符 %U，只能用可见字符", what, clip(s), i+1, r),
				fmt.Sprintf("%s %q holds the control character %U at byte %d, legal is printable text", what, clip(s), r, i+1),
			}
		}
	}
	return nil
}

// words is an error in both languages, for programs in English and for refusals in both.
type words struct{ zh, en string }

func (w words) Error() string { return w.en }

// badField makes a refusal of an error of CheckID, CheckRequestID or CheckText.
func badField(err error) *Refusal {
	var w words
	if !errors.As(err, &w) {
		panic("protocol: an error in one language only: " + err.Error())
	}
	return Refuse(BadRequest, w.zh, w.en)
}

func idByte(b byte, first bool) bool {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		return true
	}
	return !first && (b == '-' || b == '_')
}

// clip shortens a bad value for an error, so that no message grows with its input.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
