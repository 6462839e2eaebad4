package drive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// lineMax is the longest line in bytes: the init of a hall of 200 windows needs 100 kB.
const lineMax = 4 << 20

// request is one line of the driver: the fields of all operations.
type request struct {
	Op string `json:"op"`
	Setup
	T       float64 `json:"t"`
	W       int     `json:"w"`
	On      bool    `json:"on"`
	Ticket  int     `json:"ticket"`
	Svc     int     `json:"svc"`
	Cls     int     `json:"cls"`
	Outcome string  `json:"outcome"`
}

// Setup is a day's hall as the driver tells it. Times are in s from opening.
type Setup struct {
	Day       int            `json:"day"`
	Services  []ServiceSetup `json:"services"`
	Windows   []WindowSetup  `json:"windows"`
	TurnoverS float64        `json:"turnover_s"`
	CloseS    float64        `json:"close_s"`
}

// ServiceSetup is a service: what the hall believes of its length, and its limit.
type ServiceSetup struct {
	ID       int     `json:"id"`
	Name     string  `json:"name"`
	CfgMeanS float64 `json:"cfg_mean_s"`
	SLAS     float64 `json:"sla_s"`
}

// WindowSetup is a window: its own services, those that it covers, its partner, and
// when it is meant to be open.
type WindowSetup struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Dept    int    `json:"dept"`
	Pair    int    `json:"pair"`
	Partner int    `json:"partner"`
	Primary []int  `json:"primary"`
	Backup  []int  `json:"backup"`
	Roster  []Span `json:"roster"`
}

// Span is a time at a window. When it is not planned, nobody knew its end before.
type Span struct {
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	Planned bool    `json:"planned"`
}

// Quantiles is a promise: the wait in s, from now or from opening.
type Quantiles struct {
	P10 float64 `json:"p10"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`

	late float64 // the probability that the limit is missed
}

// Serve answers every line of in with one line on out, until in ends or ctx is done.
// A line that cannot be carried out is answered with {"error":…}, and changes nothing;
// an empty one has no answer.
func Serve(ctx context.Context, hub *Hub, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	answers := json.NewEncoder(w)
	answers.SetEscapeHTML(false)
	for {
		line, long, err := readLine(lines)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(line) > 0 {
			if err := answers.Encode(answer(hub, line, long)); err != nil {
				return fmt.Errorf("drive: answer: %w", err)
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("drive: answer: %w", err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("drive: read: %w", err)
		}
	}
}

// readLine reads a line without the white space around it. Of one that is too long it
// returns the beginning.
func readLine(from *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := from.ReadSlice('\n')
		if room := lineMax - len(line); len(part) > room {
			part, long = part[:room], true
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return bytes.TrimSpace(line), long, err
		}
	}
}

type done struct {
	OK bool `json:"ok"`
}

type called struct {
	Ticket int `json:"ticket"`
}

type failed struct {
	Error string `json:"error"`
}

// answer carries out one line.
func answer(hub *Hub, line []byte, long bool) any {
	if long {
		return failed{fmt.Sprintf("line is longer than %d bytes, legal are at most so many", lineMax)}
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return failed{badLine(line, err)}
	}
	out, err := carryOut(hub, &r)
	if err != nil {
		return failed{err.Error()}
	}
	return out
}

func carryOut(hub *Hub, r *request) (any, error) {
	switch r.Op {
	case "init":
		return done{true}, hub.Init(r.Setup)
	case "window":
		return done{true}, hub.Window(r.T, r.W, r.On)
	case "issue":
		return hub.Issue(r.T, r.Ticket, r.Svc, r.Cls)
	case "next":
		ticket, err := hub.Next(r.T, r.W)
		return called{ticket}, err
	case "done":
		return done{true}, hub.Done(r.T, r.W, r.Ticket, r.Outcome)
	case "end":
		return done{true}, hub.End()
	}
	return nil, fmt.Errorf("op %q is unknown, legal are init, window, issue, next, done, end", r.Op)
}
