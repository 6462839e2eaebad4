package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Encode returns the JSON of a message. It fails when the message is larger than
// [PayloadMax], naming both sizes.
func Encode(message any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(message); err != nil {
		return nil, fmt.Errorf("protocol: encode %T: %w", message, err)
	}
	payload := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(payload) > PayloadMax {
		return nil, fmt.Errorf("protocol: %T has %d bytes, legal are at most %d", message, len(payload), PayloadMax)
	}
	return payload, nil
}

// Decode reads one message. It refuses payloads that are larger than
// [PayloadMax], not UTF-8, not exactly one JSON value, or of an unknown version;
// unknown fields are tolerated. message is a pointer to one of this package's types.
// The error is a *[Refusal] of code [BadRequest] or [UnknownVersion].
func Decode(payload []byte, message any) error {
	if len(payload) > PayloadMax {
		return bad("报文 %d 字节，上限 %d 字节", "payload has %d bytes, legal are at most %d", len(payload), PayloadMax)
	}
	if !utf8.Valid(payload) {
		return Refuse(BadRequest, "报文不是有效的 UTF-8 文本", "payload is not valid UTF-8")
	}
	var head struct {
		Version int `json:"v"`
	}
	if err := one(payload, &head); err != nil {
		return jsonRefusal(err)
	}
	if head.Version != 0 && head.Version != Version {
		return unknownVersion(head.Version)
	}
	if err := one(payload, message); err != nil {
		return jsonRefusal(err)
	}
	return nil
}

func one(payload []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// jsonRefusal turns an error of encoding/json into words that name the field or
// the place, without Go's type names.
func jsonRefusal(err error) *Refusal {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		zh, en := jsonKind(wrongType.Value)
		return Refuse(BadRequest, fmt.Sprintf("字段 %q 的类型不对，收到的是%s", clip(wrongType.Field), zh),
			fmt.Sprintf("field %q has the wrong type, it is %s", clip(wrongType.Field), en))
	case errors.As(err, &wrongType):
		zh, en := jsonKind(wrongType.Value)
		return Refuse(BadRequest, "报文应为 JSON 对象，收到的是"+zh, "payload must be a JSON object, it is "+en)
	case errors.As(err, &syntax):
		return bad("报文不是有效的 JSON：第 %d 字节处有误", "payload is not valid JSON: error at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF):
		return Refuse(BadRequest, "报文为空", "payload is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Refuse(BadRequest, "报文不完整", "payload ends in the middle of a JSON value")
	}
	return Refuse(BadRequest, "报文应当只含一个 JSON 值，且时间等字段格式正确",
		"payload must be exactly one JSON value with well-formed times: "+clip(err.Error()))
}

// jsonKind names a JSON value of a wrong type; what is encoding/json's word for
// it, such as "number 1.5".
func jsonKind(what string) (zh, en string) {
	kind, _, _ := strings.Cut(what, " ")
	switch kind {
	case "string":
		return "文本", "a string"
	case "number":
		return "数（种类不符或超出范围）", "a number (of the wrong kind or out of range)"
	case "bool":
		return "真假值", "true or false"
	case "array":
		return "数组", "an array"
	}
	return "对象", "an object"
}

func unknownVersion(v int) *Refusal {
	return Refuse(UnknownVersion,
		fmt.Sprintf("不支持协议版本 %d，只支持版本 %d", v, Version),
		fmt.Sprintf("version %d is unknown, legal is %d", v, Version))
}

func bad(zh, en string, args ...any) *Refusal {
	return Refuse(BadRequest, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}
