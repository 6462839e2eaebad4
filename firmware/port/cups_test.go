package port

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// backend is a printer as CUPS sees one: it prints into a file, and while a file "fault" is there it
// says so and waits, as a printer without paper makes real backends wait.
const backend = `#!/bin/sh
[ $# -eq 0 ] && { echo 'direct slip "Unknown" "slip"'; exit 0; }
dir="${DEVICE_URI#slip:}"
while [ -f "$dir/fault" ]; do
	echo "STATE: +$(cat "$dir/fault")" >&2
	sleep 0.1
done
echo "STATE: -media-empty-error,cover-open-error" >&2
echo "STATE: +media-low-warning" >&2
cat ${6:+"$6"} >>"$dir/paper"
`

// cups is a print server of this test alone, with one raw queue named slips.
type cups struct {
	t       *testing.T
	dir     string
	address string // over the network
}

// startCUPS starts the real cupsd, from its own folder and on a port of its own.
func startCUPS(t *testing.T) *cups {
	t.Helper()
	cupsd, err := exec.LookPath("cupsd")
	if err != nil {
		cupsd = "/usr/sbin/cupsd"
	}
	if _, err := os.Stat(cupsd); err != nil {
		t.Skip("cupsd (Debian package cups-daemon) is not installed: printing through CUPS is NOT tested")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := &cups{t: t, dir: t.TempDir(), address: address}
	c.write(0o644, "cupsd.conf", "Listen "+address+"\nBrowsing Off\nLogLevel debug\nErrorPolicy retry-job\n"+policies(t))
	c.write(0o644, "cups-files.conf", strings.ReplaceAll("ServerRoot @\nServerBin @/bin\nDataDir @/share\nStateDir @/run\nCacheDir @/cache\nRequestRoot @/spool\n"+
		"TempDir @/tmp\nErrorLog @/error_log\nAccessLog @/access_log\nPageLog @/page_log\nSandboxing relaxed\nPrintcap @/printcap\n", "@", c.dir))
	c.write(0o644, "mime.types", "application/vnd.cups-raw\napplication/octet-stream\n")
	c.write(0o644, "mime.convs", "")
	c.write(0o600, "printers.conf", "<Printer slips>\nDeviceURI slip:"+c.dir+"\nState Idle\nAccepting Yes\nErrorPolicy retry-job\n</Printer>\n")
	c.write(0o700, "bin/backend/slip", backend)
	for _, sub := range []string{"run/certs", "cache", "spool/tmp", "tmp", "share", "bin/filter"} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/usr/lib/cups/daemon", filepath.Join(c.dir, "bin/daemon")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cupsd, "-f", "-c", filepath.Join(c.dir, "cupsd.conf"), "-s", filepath.Join(c.dir, "cups-files.conf"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may be gone
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(c.dir, "error_log"))
			t.Logf("cupsd said %s\n%s", said.String(), log[max(0, len(log)-3000):])
		}
	})
	c.until("cupsd listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return c
}

// policies are the rights that CUPS comes with: who may print and cancel.
func policies(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("/usr/share/cups/cupsd.conf.default")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	return text[strings.Index(text, "<Location />"):]
}

func (c *cups) write(mode os.FileMode, name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		c.t.Fatal(err)
	}
}

// fault has the printer stop for a reason; none lets it go on.
func (c *cups) fault(reason string) {
	c.t.Helper()
	if reason != "" {
		c.write(0o644, "fault", reason)
	} else if err := os.Remove(filepath.Join(c.dir, "fault")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cups) paper() string {
	raw, err := os.ReadFile(filepath.Join(c.dir, "paper"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.t.Fatal(err)
	}
	return string(raw)
}

// until waits for something outside of this process, for at most 20 s.
func (c *cups) until(what string, is func() bool) {
	c.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			c.t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// open returns the queue with another wait.
func (c *cups) open(wait time.Duration) *Queue { return c.openQueue("slips", wait) }

func (c *cups) openQueue(name string, wait time.Duration) *Queue {
	c.t.Helper()
	q, err := OpenQueue("cups:" + c.address + "/" + name)
	if err != nil {
		c.t.Fatal(err)
	}
	q.wait = wait
	c.t.Cleanup(func() { _ = q.Close() })
	return q
}

func TestSlipsGoThroughARealPrintServerByteForByte(t *testing.T) {
	c := startCUPS(t)
	q := c.open(20 * time.Second)
	reasons, err := q.Reasons()
	if err != nil || len(reasons) > 0 {
		t.Fatalf("a queue that is well gives %q, %v", reasons, err)
	}
	var all string
	for _, slip := range []string{"\x1b@\x1c&\xc9\xe7\x00\xff%!PS\n\x1dV\x01", "\x1b@A002\n\x1dV\x01"} {
		if n, err := q.Write([]byte(slip)); err != nil || n != len(slip) {
			t.Fatalf("wrote %d, %v", n, err)
		}
		all += slip
	}
	if got := c.paper(); got != all {
		t.Errorf("printer got %q, want %q", got, all)
	}
	if reasons, err := q.Reasons(); err != nil || !slices.Equal(reasons, []string{"media-low-warning"}) {
		t.Errorf("a printer with little paper gives %q, %v", reasons, err)
	}
	if _, err := q.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read through a queue: %v, want a deadline", err)
	}
}

func TestOldSlipIsCancelledInTheQueueAndDoesNotComeAfterTheRefill(t *testing.T) {
	c := startCUPS(t)
	q := c.open(1500 * time.Millisecond)
	c.fault("media-empty-error")
	start := time.Now()
	_, err := q.Write([]byte("OLD\n"))
	if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "was cancelled (media-empty") {
		t.Fatalf("slip without paper: %v, want that it was cancelled, and why", err)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	c.fault("")
	if reasons, err := q.Reasons(); err != nil || !slices.Contains(reasons, "media-empty-error") {
		t.Errorf("right after that the queue gives %q, %v; want the reason", reasons, err)
	}
	q.wait, q.remember = 20*time.Second, 100*time.Millisecond
	c.until("the queue may be tried again", func() bool { r, err := q.Reasons(); return err == nil && len(r) == 0 })
	if _, err := q.Write([]byte("NEW\n")); err != nil {
		t.Fatal(err)
	}
	if got := c.paper(); got != "NEW\n" {
		t.Errorf("after the refill %q came out, want only the new slip", got)
	}
}

func TestSlipThatAPowerCutLeftInTheQueueIsDroppedBeforeTheNext(t *testing.T) {
	c := startCUPS(t)
	c.fault("cover-open-error")
	lost := c.open(time.Minute)
	job, err := lost.ask(ippPrintJob, func(r *ippRequest) {
		r.text(tagMIME, "document-format", "application/vnd.cups-raw")
	}, []byte("OLD\n"))
	if err != nil || job.number("job-id") == 0 {
		t.Fatalf("job %d, %v", job.number("job-id"), err)
	}
	q := c.open(20 * time.Second) // as after the next start
	c.until("the queue says why", func() bool { r, err := q.Reasons(); return err == nil && slices.Contains(r, "cover-open-error") })
	done := make(chan error, 1)
	go func() {
		_, err := q.Write([]byte("NEW\n"))
		done <- err
	}()
	c.until("the old slip is cancelled", func() bool {
		a, err := lost.ask(ippJobState, ofJob(job.number("job-id")), nil)
		return err == nil && a.number("job-state") == jobCanceled
	})
	c.fault("")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := c.paper(); got != "NEW\n" {
		t.Errorf("%q came out, want only the new slip", got)
	}
}

func TestQueueThatIsNotThereIsNamed(t *testing.T) {
	c := startCUPS(t)
	q := c.openQueue("receipts", time.Second)
	if _, err := q.Write([]byte("A001\n")); err == nil || !strings.Contains(err.Error(), `no queue or job of "receipts"`) {
		t.Errorf("error %v", err)
	}
	if _, err := q.Reasons(); err == nil {
		t.Error("a queue that is not there is well")
	}
}

func TestPrinterNodeThatIsGoneWhileAPrintServerRunsIsExplained(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "cups.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for socket, want := range map[string]string{socket: "CUPS runs and may have taken the printer", filepath.Join(dir, "none"): "off or unplugged"} {
		if _, err := openFile(filepath.Join(dir, "lp0"), socket); !errors.Is(err, os.ErrNotExist) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
