package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"jiaohao/hub/journal"
)

// A ticket is issued and called, and a second writer that has not seen the call is refused.
func Example() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		panic(err)
	}
	defer j.Close()

	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	_, err = j.Append(0, []journal.Entry{
		{At: at, Kind: "issued", Body: []byte(`{"ticket":"t1","number":"A001"}`)},
		{At: at.Add(time.Minute), Kind: "called", Body: []byte(`{"ticket":"t1","window":"3"}`)},
	})
	if err != nil {
		panic(err)
	}
	_, err = j.Append(1, []journal.Entry{{At: at, Kind: "called", Body: []byte(`{"ticket":"t1","window":"4"}`)}})
	fmt.Println(errors.Is(err, journal.ErrConflict))

	err = j.Read(context.Background(), 0, func(r journal.Record) error {
		fmt.Printf("%d %s %s %s %x\n", r.Seq, r.At.Format(time.TimeOnly), r.Kind, r.Body, r.Hash[:4])
		return nil
	})
	if err != nil {
		panic(err)
	}
	summary, err := journal.Verify(context.Background(), dir)
	fmt.Println(summary.Events, err)
	// Output:
	// true
	// 1 09:00:00 issued {"ticket":"t1","number":"A001"} febb5257
	// 2 09:01:00 called {"ticket":"t1","window":"3"} 7381af54
	// 2 <nil>
}
