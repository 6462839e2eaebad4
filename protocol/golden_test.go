package protocol_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"jiaohao/protocol"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func TestMessagesOnTheWireAreByteForByteAsTheyWere(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			payload, err := protocol.Encode(s.message)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, payload, "", "\t"); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", s.name+".json")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s has changed; if that is right, run go test ./protocol -update and name it in doc.go\n%s", path, got.String())
			}
		})
	}
}

func TestDecodedMessageIsTheOneThatWasEncoded(t *testing.T) {
	for _, s := range samples() {
		payload, err := protocol.Encode(s.message)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(s.message))
		if err := protocol.Decode(payload, back.Interface()); err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		again, err := protocol.Encode(back.Elem().Interface())
		if err != nil || string(again) != string(payload) {
			t.Errorf("%s: came back as %s, %v", s.name, again, err)
		}
	}
}

func TestEveryFieldOfEveryMessageIsInAGoldenFile(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples() {
		note(reflect.ValueOf(s.message), seen)
	}
	for _, s := range samples() {
		for _, field := range allFields(reflect.TypeOf(s.message)) {
			if !seen[field] {
				t.Errorf("%s is empty in all samples", field)
			}
		}
	}
}

// note writes down which fields of structs have a value somewhere.
func note(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			note(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			note(v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); v.Type().Field(i).IsExported() && !f.IsZero() {
				seen[v.Type().Name()+"."+v.Type().Field(i).Name] = true
				note(f, seen)
			}
		}
	}
}

func allFields(t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return allFields(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return nil
		}
		var all []string
		for i := range t.NumField() {
			all = append(all, t.Name()+"."+t.Field(i).Name)
			all = append(all, allFields(t.Field(i).Type)...)
		}
		return all
	}
	return nil
}

func TestBoardOfTwoHundredWindowsFitsIntoOnePayload(t *testing.T) {
	b := protocol.Board{
		Version: 1, Stamp: protocol.Stamp{Epoch: 1000, Seq: 1_000_000}, At: morning, Hall: "bemowo",
		Name: protocol.Say("政务服务大厅", "Public service hall"), Open: true, Notice: protocol.Say("十二点休息", "Lunch break at noon"),
	}
	for i := range 200 {
		id := fmt.Sprint(i + 1)
		b.Windows = append(b.Windows, protocol.BoardWindow{Window: protocol.WindowID(id), Label: id, Status: protocol.Open, Number: "A123"})
	}
	for range 12 {
		b.Calls = append(b.Calls, protocol.BoardCall{Number: "A123", Window: "123", Label: "123", At: morning, Call: 1_000_000, Live: true})
	}
	for i := range 10 {
		b.Services = append(b.Services, protocol.BoardService{
			Service: protocol.ServiceID(fmt.Sprintf("service-%d", i)), Name: social, Open: true, Waiting: 123, Wait: wait,
		})
	}
	payload, err := protocol.Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("200 windows, 12 calls and 10 services: %d of %d bytes", len(payload), protocol.PayloadMax)
}

func TestTooLargeMessageIsNotSent(t *testing.T) {
	_, err := protocol.Encode(protocol.Request{Reason: strings.Repeat("号", protocol.PayloadMax/3)})
	if err == nil || !strings.Contains(err.Error(), "16384") {
		t.Errorf("error %v, want one that names the limit", err)
	}
}
