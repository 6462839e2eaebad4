package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
	"jiaohao/protocol/link"
)

// patience bounds every wait of these tests; nothing here takes a tenth of it
// on an idle machine.
const patience = 20 * time.Second

// testPlan is a small hall with a device of each kind.
func testPlan(t *testing.T) *queue.Plan {
	t.Helper()
	src, err := os.ReadFile("testdata/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := queue.ParsePlan(src)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

// running is a hub at work, and how to stop it.
type running struct {
	*Hub
	t    *testing.T
	stop func()
}

func start(t *testing.T, o Options) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o.HTTP, o.DayAuto = "127.0.0.1:0", true
	if o.Broker == "" && o.MQTT == "" {
		o.MQTT = "127.0.0.1:0"
	}
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	if o.Plan == nil {
		o.Plan = testPlan(t)
	}
	h, err := Open(ctx, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	r := &running{Hub: h, t: t}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the hub ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the hub does not stop")
		}
	}
	t.Cleanup(r.stop)
	r.ready()
	return r
}

// ready waits until /healthz says so and the hub has its broker.
func (r *running) ready() {
	r.t.Helper()
	wait(r.t, "the hub to be ready", func() bool {
		resp, err := http.Get("http://" + r.HTTPAddr().String() + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK && r.Wire.Online()
	})
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// enroll gives a device an account at this hub.
func (r *running) enroll(id protocol.DeviceID) string {
	r.t.Helper()
	password, err := r.Accounts.Enroll(id, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return password
}

// device connects one of our own devices.
func (r *running) device(id protocol.DeviceID, kind protocol.DeviceKind, password string) *link.Link {
	r.t.Helper()
	tr := link.MQTT(link.MQTTOptions{Broker: "tcp://" + r.MQTTAddr().String(), ClientID: string(id), Password: password})
	return connect(r.t, tr, id, kind)
}

func connect(t *testing.T, tr link.Transport, id protocol.DeviceID, kind protocol.DeviceKind) *link.Link {
	t.Helper()
	l, err := link.New(tr, link.Identity{Hall: "test", Device: id, Kind: kind}, link.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

// ask sends one request and demands a reply.
func ask(t *testing.T, l *link.Link, req protocol.Request) protocol.Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reply, err := l.Request(ctx, req)
	if err != nil {
		t.Fatalf("%s: %v", req.Do, err)
	}
	return reply
}

func TestAHubThatIsStoppedAndStartedIsTheSameHub(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Options{Dir: dir, PublicURL: "http://hall.example"})
	password := first.enroll("d1")
	l := first.device("d1", protocol.KindDispenser, password)
	one := ask(t, l, protocol.Request{ID: "press-1", Do: protocol.TicketIssue, Service: "social"})
	if one.OK == nil || one.OK.Ticket.Number != "A001" {
		t.Fatalf("first ticket: %+v", one)
	}
	address := first.MQTTAddr().String()
	first.stop()

	second := start(t, Options{Dir: dir, MQTT: address, PublicURL: "http://hall.example"})
	again := ask(t, l, protocol.Request{ID: "press-1", Do: protocol.TicketIssue, Service: "social"})
	if a, b := mustJSON(t, one), mustJSON(t, again); !bytes.Equal(a, b) {
		t.Errorf("the same press has another answer after the restart:\n%s\n%s", a, b)
	}
	two := ask(t, l, protocol.Request{Do: protocol.TicketIssue, Service: "social"})
	if two.OK == nil || two.OK.Ticket.Number != "A002" {
		t.Errorf("second ticket: %+v", two)
	}
	if n := len(second.Wire.Devices()); n != len(testPlan(t).Devices) {
		t.Errorf("%d devices are known", n)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARevokedDeviceIsCutAndStaysOut(t *testing.T) {
	r := start(t, Options{Dir: t.TempDir()})
	l := r.device("d1", protocol.KindDispenser, r.enroll("d1"))
	ask(t, l, protocol.Request{Do: protocol.TicketIssue, Service: "social"})
	wait(t, "the accounts to have been looked at", func() bool { return r.Accounts.Revoked() == nil })
	if err := OpenAccounts(r.opt.Dir).Revoke("d1"); err != nil {
		t.Fatal(err)
	}
	wait(t, "the device to be cut", func() bool { return !l.Online() })
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	if _, err := l.Request(ctx, protocol.Request{Do: protocol.TicketIssue, Service: "social"}); err == nil {
		t.Error("a revoked device took a ticket")
	}
}

// third runs Debian's MQTT client as the enrolled account "guest".
func (r *running) third(ctx context.Context, program, password string, args ...string) *exec.Cmd {
	host, port, _ := strings.Cut(r.MQTTAddr().String(), ":")
	base := []string{"-h", host, "-p", port, "-V", "mqttv311", "-i", "guest", "-u", "guest", "-P", password}
	return exec.CommandContext(ctx, program, append(base, args...)...)
}

func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("JIAOHAO_FULL") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// The published contract alone: no code of ours on the client's side.
func TestAThirdPartyClientWatchesTheBoardAndTakesATicket(t *testing.T) {
	needs(t, "mosquitto_sub")
	needs(t, "mosquitto_pub")
	r := start(t, Options{Dir: t.TempDir()})
	password := r.enroll("guest")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	board, err := r.third(ctx, "mosquitto_sub", password, "-t", "jh1/test/board", "-C", "1").Output()
	if err != nil || !strings.Contains(string(board), `"hall":"test"`) {
		t.Fatalf("board: %v: %s", err, board)
	}
	// One session asks and hears the answer: mosquitto_rr subscribes, then publishes.
	needs(t, "mosquitto_rr")
	reply, err := r.third(ctx, "mosquitto_rr", password, "-t", "jh1/test/device/guest/request", "-e", "jh1/test/device/guest/reply",
		"-m", `{"id":"theirs-1","do":"ticket.issue","service":"social"}`).Output()
	if err != nil || !strings.Contains(string(reply), `"number":"A001"`) {
		t.Fatalf("reply: %v: %s", err, reply)
	}
	// The retained board and the change that follows the reply: at most two messages.
	board, err = r.third(ctx, "mosquitto_sub", password, "-t", "jh1/test/board", "-C", "2", "-W", "2").Output()
	if !strings.Contains(string(board), `"waiting":1`) {
		t.Errorf("board after the ticket: %v: %s", err, board)
	}
}

func TestAThirdPartyClientCannotSpeakAsAnotherDevice(t *testing.T) {
	needs(t, "mosquitto_pub")
	r := start(t, Options{Dir: t.TempDir()})
	password := r.enroll("guest")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	forged := `{"id":"forged","do":"ticket.issue","service":"social"}`
	for _, topic := range []string{"jh1/test/device/d1/request", "jh1/test/board", "jh1/test/device/t1/presence"} {
		// At QoS 0 the publish is dropped in silence, as MQTT 3.1.1 has it.
		if out, err := r.third(ctx, "mosquitto_pub", password, "-t", topic, "-m", forged).CombinedOutput(); err != nil {
			t.Logf("%s: %v: %s", topic, err, out)
		}
	}
	if out, err := r.third(ctx, "mosquitto_sub", password, "-t", "jh1/test/device/d1/reply", "-C", "1", "-W", "1").CombinedOutput(); !strings.Contains(string(out), "denied") {
		t.Errorf("the guest may listen to another device's replies: %v: %s", err, out)
	}
	if out, err := r.third(ctx, "mosquitto_sub", password, "-i", "d1", "-t", "jh1/test/board", "-C", "1", "-W", "2").CombinedOutput(); err == nil {
		t.Errorf("the guest connected under another client id: %s", out)
	}
	// What it may do works still, and nobody was served in another's name.
	l := r.device("d1", protocol.KindDispenser, r.enroll("d1"))
	if reply := ask(t, l, protocol.Request{Do: protocol.TicketIssue, Service: "social"}); reply.OK == nil || reply.OK.Ticket.Number != "A001" {
		t.Errorf("a forged request was carried out: %+v", reply)
	}
}

// An external broker is one line of configuration.
func TestTheHubWorksOnDebiansMosquitto(t *testing.T) {
	const program = "/usr/sbin/mosquitto"
	needs(t, program)
	address := freeAddress(t)
	passwords := mosquitto(t, program, address, testPlan(t), "hub", "d1")
	start(t, Options{Dir: t.TempDir(), Broker: "tcp://" + address, BrokerPassword: passwords["hub"]})
	tr := link.MQTT(link.MQTTOptions{Broker: "tcp://" + address, ClientID: "d1", Password: passwords["d1"]})
	l := connect(t, tr, "d1", protocol.KindDispenser)
	for i := range 3 {
		reply := ask(t, l, protocol.Request{Do: protocol.TicketIssue, Service: "social"})
		if want := fmt.Sprintf("A%03d", i+1); reply.OK == nil || reply.OK.Ticket.Number != want {
			t.Fatalf("ticket %s: %+v", want, reply)
		}
	}
}
