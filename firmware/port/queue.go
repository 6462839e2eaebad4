package port

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of a print queue.
const (
	// jobWait is how long a slip may be in a queue before it is cancelled; jobWaitMin and
	// jobWaitMax bound what a port's spec may say instead. Below a second nothing is printed, and
	// after a minute nobody stands there any more.
	jobWait    = 10
	jobWaitMin = 2
	jobWaitMax = 60
	// jobLook is how often the job's state is asked for.
	jobLook = 100 * time.Millisecond
	// askMax bounds one question to the print server.
	askMax = 4 * time.Second
	// ippPort is where print servers are.
	ippPort = "631"
	// queueUser owns our jobs: a print server lets the owner cancel them, and tells them from others.
	queueUser = "jiaohao"
	// queueNameMax bounds a queue's name, as CUPS does.
	queueNameMax = 127
	// remember is how long the reasons of a slip that failed still count when the queue has nothing
	// to do. The server keeps them until the next job, so that only a job can tell that there is paper again.
	remember = 30 * time.Second
)

// Queue is a raw queue of a print server (CUPS): a port that does not have the printer itself.
//
// A slip that is not out in time is cancelled, and what an earlier run left in the queue is cancelled
// before the next slip: a queue that was stopped must not bring old slips. Nothing can be read back
// through a queue; its Reasons tell how the printer is, as far as the server's backend knows.
//
// Its methods may be called concurrently; they take turns.
type Queue struct {
	spec, name      string
	host, path, uri string

	wait, remember, answer time.Duration // jobWait, remember and askMax, others in tests

	ctx    context.Context // ends at Close, and with it every question
	cancel context.CancelFunc

	using  sync.Mutex // held by the method that asks; guards what follows
	asked  int        // questions so far: their ids
	failed time.Time  // when a slip failed last
	left   bool       // that slip may still be in the queue, or come to it
}

// OpenQueue returns the queue that spec names and does not ask the server yet:
//
//	cups:slips                    queue slips of the print server on this machine
//	cups:10.0.0.9/slips           of another one; HOST:PORT if its port is not 631
//	cups:slips?wait=20            cancel what is not printed after 20 s; 2 to 60, 10 if left out
//
// The queue must be raw: bytes are for the printer, no filter may touch them.
func OpenQueue(spec string) (*Queue, error) {
	q, err := parseQueue(spec)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", spec, err)
	}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q, nil
}

func parseQueue(spec string) (*Queue, error) {
	rest, ok := strings.CutPrefix(spec, "cups:")
	if !ok {
		return nil, errors.New("it is not of the form cups:QUEUE or cups:HOST/QUEUE")
	}
	rest, query, _ := strings.Cut(rest, "?")
	options, err := parseOptions(query, "wait")
	if err != nil {
		return nil, err
	}
	seconds, err := options.number("wait", jobWait, jobWaitMin, jobWaitMax)
	if err != nil {
		return nil, err
	}
	host, name, remote := strings.Cut(rest, "/")
	if !remote {
		host, name = "localhost", rest
	}
	if name == "" || len(name) > queueNameMax || strings.ContainsAny(name, "/#?'\"\\ \t") {
		return nil, fmt.Errorf("queue name %q is not 1 to %d characters without blanks, / and #", name, queueNameMax)
	}
	if !strings.Contains(host, ":") {
		host += ":" + ippPort
	}
	if err := checkAddress(host); err != nil {
		return nil, err
	}
	path := "/printers/" + url.PathEscape(name)
	return &Queue{spec: spec, name: name, host: host, path: path, uri: "ipp://" + host + path, wait: time.Duration(seconds) * time.Second, remember: remember, answer: askMax}, nil
}

// String returns the spec that the queue was opened with.
func (q *Queue) String() string { return q.spec }

// Write prints b as one job and returns when the server has given all of it to the printer. After
// 10 s, or what the spec says, it cancels the job and returns os.ErrDeadlineExceeded with what
// the server knows of the printer. An empty b prints nothing.
func (q *Queue) Write(b []byte) (int, error) {
	q.using.Lock()
	defer q.using.Unlock()
	if len(b) == 0 {
		return 0, nil
	}
	if err := q.print(b); err != nil {
		q.failed, q.left = time.Now(), true
		if q.ctx.Err() != nil {
			err = ErrClosed
		}
		return 0, fmt.Errorf("port %s: %w", q.spec, err)
	}
	return len(b), nil
}

func (q *Queue) print(b []byte) error {
	if err := q.clear(); err != nil {
		return fmt.Errorf("cancel old slips: %w", err)
	}
	answer, err := q.ask(ippPrintJob, func(r *ippRequest) {
		r.text(tagName, "job-name", "slip")
		r.text(tagMIME, "document-format", "application/vnd.cups-raw")
	}, b)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	job := answer.number("job-id")
	end := time.NewTimer(q.wait)
	defer end.Stop()
	look := time.NewTicker(jobLook)
	defer look.Stop()
	for {
		state, err := q.ask(ippJobState, ofJob(job), nil)
		if err != nil {
			return errors.Join(fmt.Errorf("job %d: %w", job, err), q.withdraw(job))
		}
		switch state.number("job-state") {
		case jobCompleted:
			return nil
		case jobAborted, jobCanceled:
			return fmt.Errorf("job %d was given up by the print server", job)
		}
		select {
		case <-look.C:
		case <-q.ctx.Done():
			return errors.Join(ErrClosed, q.withdraw(job))
		case <-end.C:
			why := q.why()
			if err := q.withdraw(job); err != nil {
				return fmt.Errorf("job %d is not out after %s and may come later%s: %w", job, q.wait, why, err)
			}
			return fmt.Errorf("job %d is not out after %s and was cancelled%s: %w", job, q.wait, why, os.ErrDeadlineExceeded)
		}
	}
}

// Discard cancels all slips that are in the queue, also those of an earlier run, so that none comes out
// when somebody brings paper. The error is that of a server that does not answer or refuses.
func (q *Queue) Discard() error {
	q.using.Lock()
	defer q.using.Unlock()
	if err := q.clear(); err != nil {
		return fmt.Errorf("port %s: cancel old slips: %w", q.spec, err)
	}
	return nil
}

// clear cancels what an earlier run or a slip that failed left in the queue.
func (q *Queue) clear() error {
	old, err := q.ask(ippJobs, func(r *ippRequest) {
		r.text(tagBoolean, "my-jobs", "\x01")
		r.text(tagKeyword, "requested-attributes", "job-id")
	}, nil)
	if err != nil {
		return err
	}
	for _, job := range old.numbers("job-id") {
		if err := q.withdraw(job); err != nil {
			return err
		}
	}
	return nil
}

// ofJob names a job of the queue.
func ofJob(job int) func(*ippRequest) {
	return func(r *ippRequest) { r.integer("job-id", job) }
}

// withdraw cancels a job. It also works while the queue is being closed.
func (q *Queue) withdraw(job int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.ctx), q.answer)
	defer cancel()
	_, err := q.askIn(ctx, ippCancelJob, ofJob(job), nil)
	return err
}

// why returns what the server knows of a printer that does not print, to stand in brackets.
func (q *Queue) why() string {
	reasons, err := q.state()
	if err != nil || len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, ", ") + ")"
}

// Reasons returns why the printer cannot print or soon will not, in the keywords of IPP such as
// media-empty-error, cover-open-error and offline-report, and stopped for a stopped queue; none is well.
//
// They are as new as the last job: a print server looks at the printer only while it prints. So the
// reasons why a slip failed are forgotten after 30 s, and the next slip is a new try.
//
// A slip that failed is first cancelled, again and again for these 30 s: a busy server may take it
// in when Write has long given up.
func (q *Queue) Reasons() ([]string, error) {
	q.using.Lock()
	defer q.using.Unlock()
	if q.left {
		if err := q.clear(); err != nil {
			return nil, fmt.Errorf("port %s: cancel old slips: %w", q.spec, err)
		}
		q.left = time.Since(q.failed) <= q.remember
	}
	reasons, err := q.state()
	if err != nil {
		return nil, fmt.Errorf("port %s: ask for state: %w", q.spec, err)
	}
	return reasons, nil
}

func (q *Queue) state() ([]string, error) {
	answer, err := q.ask(ippPrinterState, func(r *ippRequest) {
		r.text(tagKeyword, "requested-attributes", "printer-state")
		r.text(tagKeyword, "", "printer-state-reasons")
	}, nil)
	if err != nil {
		return nil, err
	}
	reasons := answer.reasons()
	if answer.number("printer-state") == printerIdle && time.Since(q.failed) > q.remember {
		// Of what the last job left behind only the warning that does not stop a slip still counts.
		reasons = slices.DeleteFunc(reasons, func(s string) bool { return !strings.HasPrefix(s, "media-low") })
	}
	return reasons, nil
}

// ask sends one request and returns its answer, which is no refusal.
func (q *Queue) ask(operation int, more func(*ippRequest), document []byte) (ippAnswer, error) {
	return q.askIn(q.ctx, operation, more, document)
}

func (q *Queue) askIn(ctx context.Context, operation int, more func(*ippRequest), document []byte) (ippAnswer, error) {
	q.asked++
	r := newIPP(operation, q.asked)
	r.text(tagURI, "printer-uri", q.uri)
	if operation == ippCancelJob || operation == ippJobState {
		more(r) // the job stands behind its printer
		more = nil
	}
	r.text(tagName, "requesting-user-name", queueUser)
	if more != nil {
		more(r)
	}
	r.WriteByte(tagEnd)
	r.Write(document)
	body, err := q.post(ctx, r.Bytes())
	if err != nil {
		return ippAnswer{}, err
	}
	answer, err := parseIPP(body)
	if err != nil {
		return ippAnswer{}, err
	}
	return answer, answer.err(q.name)
}

// post sends one HTTP request on a connection of its own and returns the answer's body. It does so by
// hand: the client of net/http is a quarter of a megabyte, and a device program has to stay small.
func (q *Queue) post(ctx context.Context, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, q.answer)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", q.host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()                                                               // the answer was read
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	defer stop()
	head := "POST " + q.path + " HTTP/1.0\r\nHost: " + q.host + "\r\nContent-Type: application/ipp\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\n\r\n" // 1.0: the answer is whole, and ends with the connection
	if _, err := conn.Write(append([]byte(head), body...)); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(conn, ippAnswerMax))
	if err != nil {
		return nil, err
	}
	answer, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	first, _, _ := strings.Cut(string(answer), "\r\n")
	if word := strings.Fields(first); !found || len(word) < 2 || !strings.HasPrefix(word[0], "HTTP/1.") {
		return nil, errIPP
	} else if word[1] != "200" {
		return nil, fmt.Errorf("print server answers %q", first)
	}
	return body, nil
}

// Read returns os.ErrDeadlineExceeded: no answer of a printer comes through a queue.
func (q *Queue) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// Close ends a Write that waits, whose job is cancelled. It is idempotent.
func (q *Queue) Close() error {
	q.cancel()
	return nil
}
