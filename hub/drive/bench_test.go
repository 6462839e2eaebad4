package drive

import (
	"testing"

	"jiaohao/hub/queue"
)

// BenchmarkDay plays a day of 40 windows through the engine with all rules on and the
// journal in memory, without and with a promise for every ticket. It tells the hall's
// seconds and the journal's events that pass in a second.
func BenchmarkDay(b *testing.B) {
	for _, c := range []struct {
		name string
		opts Options
	}{
		{"longest", Options{Rule: queue.RuleLongest, Silent: true}},
		{"apq", Options{Silent: true}},
		{"apqWithPromises", Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			day := Generate(Kinds()[10], 5, 1)[0]
			events := 0
			for b.Loop() {
				hub := New(c.opts)
				if _, err := Play(day, hub, 0); err != nil {
					b.Fatal(err)
				}
				events += len(hub.Journal())
			}
			b.ReportMetric(float64(b.N)*openFor/b.Elapsed().Seconds(), "xrealtime")
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
