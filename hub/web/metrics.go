package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"jiaohao/protocol"
)

// metrics is what a monitoring system reads. The hall's numbers are a look at its
// state at the time of asking, so that they cannot differ from the board.
type metrics struct {
	server   *Server
	handler  http.Handler
	requests *prometheus.CounterVec
	latency  prometheus.Histogram

	tickets, waiting, longest, windows, alarms, devices, streams, events *prometheus.Desc
}

func newMetrics(s *Server) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("jiaohao_"+name, help, labels, nil)
	}
	m := &metrics{
		server: s,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jiaohao_http_requests_total", Help: "HTTP requests by route and status.",
		}, []string{"route", "code"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "jiaohao_http_request_duration_seconds", Help: "Time to answer HTTP requests, without live streams.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		tickets: desc("tickets_total", "Tickets of the business day by what happened to them; begins anew with the day.", "event"),
		waiting: desc("waiting_tickets", "Tickets that wait, by service.", "service"),
		longest: desc("longest_wait_seconds", "How long the first in line has waited, by service.", "service"),
		windows: desc("windows", "Windows by status.", "status"),
		alarms:  desc("alarms", "Alarms on the manager's page by kind.", "kind"),
		devices: desc("devices", "Devices by grade.", "grade"),
		streams: desc("live_streams", "Open live streams."),
		events:  desc("journal_events_total", "Events in the journal."),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, m.requests, m.latency, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: hallTimeout})
	return m
}

func (m *metrics) serve(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// Describe names the hall's metrics.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.tickets, m.waiting, m.longest, m.windows, m.alarms, m.devices, m.streams, m.events} {
		ch <- d
	}
}

// Collect looks at the hall. When the hall does not answer its metrics are absent.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	put(m.streams, prometheus.GaugeValue, float64(m.server.streams.count()))
	events, _ := m.server.opts.Journal.Stats()
	put(m.events, prometheus.CounterValue, float64(events))
	g, err := m.server.look(context.Background(), recent())
	if err != nil {
		return
	}
	c := &g.Counts
	for event, n := range map[string]int{
		"issued": c.Issued, "called": c.Called, "finished": c.Finished, "no_show": c.NoShow, "cancelled": c.Cancelled,
	} {
		put(m.tickets, prometheus.CounterValue, float64(n), event)
	}
	for i := range g.Queues {
		q := &g.Queues[i]
		put(m.waiting, prometheus.GaugeValue, float64(q.Waiting), string(q.Service))
		put(m.longest, prometheus.GaugeValue, float64(q.LongestMS)/1000, string(q.Service))
	}
	status := map[string]int{
		string(protocol.Closed): 0, string(protocol.Open): 0, string(protocol.Paused): 0, string(protocol.Away): 0,
	}
	for i := range g.Windows {
		status[string(g.Windows[i].Status)]++
	}
	alarms, grades := map[string]int{}, map[string]int{gradeBad: 0, gradeWarn: 0, gradeNew: 0, gradeWell: 0}
	for _, a := range g.Alarms {
		alarms[a.Kind]++
	}
	for i := range g.Devices {
		grades[g.Devices[i].Grade]++
	}
	for d, counts := range map[*prometheus.Desc]map[string]int{m.windows: status, m.alarms: alarms, m.devices: grades} {
		for label, n := range counts {
			put(d, prometheus.GaugeValue, float64(n), label)
		}
	}
}

// count counts every request by the route that it took, never by its path: a
// path may hold a ticket's link, and there are endless wrong ones.
func (m *metrics) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		route := r.Pattern
		if route == "" {
			route = "/"
		}
		m.requests.WithLabelValues(route, strconv.Itoa(rec.status)).Inc()
		if !strings.HasPrefix(r.URL.Path, "/live/") {
			m.latency.Observe(time.Since(begun).Seconds())
		}
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers and passes on the status.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
