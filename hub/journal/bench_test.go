package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkGroupCommit appends n events with one fsync beside a bare file that gets the same bytes and one
// fdatasync, turn by turn on the same disk. of-raw is the ratio of their rates: 1 is what the disk allows.
func BenchmarkGroupCommit(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			j := mustOpen(b, filepath.Join(dir, "hub"))
			raw, err := os.Create(filepath.Join(dir, "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer raw.Close()
			entries := make([]Entry, n)
			for i := range entries {
				entries[i] = Entry{At: morning, Kind: "issued", Body: typical}
			}
			var journal, bare time.Duration
			for b.Loop() {
				prev, _ := j.Last()
				start := time.Now()
				if _, err := j.Append(prev, entries); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if err := appendRaw(raw, n); err != nil {
					b.Fatal(err)
				}
				journal += middle.Sub(start)
				bare += time.Since(middle)
			}
			events := float64(b.N * n)
			b.ReportMetric(events/journal.Seconds(), "events/s")
			b.ReportMetric(events/bare.Seconds(), "raw/s")
			b.ReportMetric(bare.Seconds()/journal.Seconds(), "of-raw")
			b.ReportMetric(0, "ns/op") // both together; says nothing
		})
	}
}

// typical is an event of the usual size.
var typical = []byte(`{"ticket":"20260302-A017","number":"A017","service":"passport","class":"regular",` +
	`"device":"dispenser-1","request":"01J9ZQ3W8G5T7V2M4N6P8R0S1T","ahead":12,"estimate_ms":[600000,1260000]}`)

// appendRaw writes n events of the same size one by one and syncs once.
func appendRaw(f *os.File, n int) error {
	for range n {
		if _, err := f.Write(typical); err != nil {
			return err
		}
	}
	return syscall.Fdatasync(int(f.Fd()))
}

// BenchmarkDayFigures reads the figures of one day out of a service log of 1,000 days with 1,000 visits each.
func BenchmarkDayFigures(b *testing.B) {
	j, err := Open(b.TempDir(), Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	const days, visits = 1000, 1000
	err = j.ReplaceServiceLines(func(put func(ServiceLine) error) error {
		for seq := range uint64(days * visits) {
			l := visit(seq, fmt.Sprint("service-", seq%12), time.Duration(seq*7919%3600)*time.Second, time.Duration(seq*104729%1800)*time.Second)
			l.Day = morning.AddDate(0, 0, int(seq/visits)).Format(time.DateOnly)
			if err := put(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for day := 0; b.Loop(); day++ {
		f, err := j.DayFigures(b.Context(), morning.AddDate(0, 0, day%days).Format(time.DateOnly))
		if err != nil || f.All.Count != visits {
			b.Fatal(f.All.Count, err)
		}
	}
}

// BenchmarkReplay reads a large hall's day of 115,000 events, chain check included.
func BenchmarkReplay(b *testing.B) {
	j, err := Open(b.TempDir(), Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	const events = 115_000
	entries := make([]Entry, 1000)
	for i := range entries {
		entries[i] = Entry{At: morning, Kind: "issued", Body: typical}
	}
	for prev := uint64(0); prev < events; prev += uint64(len(entries)) {
		if _, err := j.Append(prev, entries); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if got := readAll(b, j, 0); len(got) != events {
			b.Fatal(len(got))
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}
