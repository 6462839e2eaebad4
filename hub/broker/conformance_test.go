package broker

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// probes are what the rest of the hall needs of a broker, embedded or not.
var probes = []struct {
	name string
	run  func(t *testing.T, addr string)
}{
	{"retained state reaches a late subscriber, the newest only", func(t *testing.T, addr string) {
		hub := dial(t, addr, "hub")
		for i := range 5 {
			publish(t, hub, "t/h1/board", 0, true, fmt.Sprint("state ", i))
		}
		publish(t, hub, "t/h1/window/1/state", 1, true, "end")
		watch(t, hub, "t/h1/window/1/state").await(t, "t/h1/window/1/state", "end")
		in := watch(t, dial(t, addr, "d1"), "t/h1/board")
		if m := in.await(t, "t/h1/board", "state 4"); !m.Retained() {
			t.Error("not marked as retained")
		}
		if n := len(in.messages()); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	}},
	{"a clean DISCONNECT speaks no will, a cut line does, and it stays", func(t *testing.T, addr string) {
		in := watch(t, dial(t, addr, "hub"), "t/h1/device/+/presence")
		mortal := func(id string) (c paho.Client, line net.Conn) {
			c = dial(t, addr, id, func(o *paho.ClientOptions) {
				o.SetWill("t/h1/device/"+id+"/presence", "gone", 1, true)
				o.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (_ net.Conn, err error) {
					line, err = net.Dial("tcp", u.Host)
					return line, err
				})
			})
			return c, line
		}
		polite, _ := mortal("d1")
		polite.Disconnect(100)
		_, line := mortal("d2")
		line.Close()
		in.await(t, "t/h1/device/d2/presence", "gone")
		for _, m := range in.messages() {
			if m.Topic() != "t/h1/device/d2/presence" {
				t.Errorf("spoken: %s = %s", m.Topic(), m.Payload())
			}
		}
		late := watch(t, dial(t, addr, "hub"), "t/h1/device/d2/presence")
		late.await(t, "t/h1/device/d2/presence", "gone")
	}},
	{"a device's QoS 1 requests reach the hub in order", func(t *testing.T, addr string) {
		hub, d1 := dial(t, addr, "hub"), dial(t, addr, "d1")
		in := &inbox{}
		if code := subscribe(t, hub, "t/h1/device/+/request", 1, in); code != 1 {
			t.Fatalf("code %#x, want 1", code)
		}
		for i := range 50 {
			d1.Publish("t/h1/device/d1/request", 1, false, fmt.Sprint(i))
		}
		in.await(t, "t/h1/device/d1/request", "49")
		wantInOrder(t, in, 50)
	}},
	{"QoS 0 state reaches a device in order and complete", func(t *testing.T, addr string) {
		hub := dial(t, addr, "hub")
		in := watch(t, dial(t, addr, "d1"), "t/h1/window/1/state")
		for i := range 300 {
			publish(t, hub, "t/h1/window/1/state", 0, false, fmt.Sprint(i))
		}
		in.await(t, "t/h1/window/1/state", "299")
		wantInOrder(t, in, 300)
	}},
	{"a device publishes for nobody else and hears nobody else's", func(t *testing.T, addr string) {
		hub, d1, d2 := dial(t, addr, "hub"), dial(t, addr, "d1"), dial(t, addr, "d2")
		heard, spied := watch(t, hub, "t/h1/#"), &inbox{}
		for _, filter := range []string{"#", "t/h1/#", "t/h1/device/d2/reply", "t/h1/device/+/request"} {
			subscribe(t, d1, filter, 0, spied) // refused or silent
		}
		for qos := range byte(2) {
			publish(t, d1, "t/h1/device/d2/request", qos, false, "forged")
			publish(t, d1, "t/h1/board", qos, true, "forged")
		}
		publish(t, d2, "t/h1/device/d2/request", 1, false, "mine")
		heard.await(t, "t/h1/device/d2/request", "mine")
		publish(t, hub, "t/h1/device/d2/reply", 0, false, "yours")
		if code := subscribe(t, d1, "t/h1/device/d1/reply", 0, spied); code != 0 {
			t.Fatalf("own reply: code %#x, want 0", code)
		}
		publish(t, d1, "t/h1/device/d1/request", 1, false, "end")
		heard.await(t, "t/h1/device/d1/request", "end")
		publish(t, hub, "t/h1/device/d1/reply", 0, false, "end")
		spied.await(t, "t/h1/device/d1/reply", "end")
		for _, m := range heard.messages() {
			if string(m.Payload()) == "forged" {
				t.Errorf("hub heard %s = %s", m.Topic(), m.Payload())
			}
		}
		for _, m := range spied.messages() {
			if m.Topic() != "t/h1/device/d1/reply" && m.Topic() != "t/h1/board" {
				t.Errorf("device heard %s = %s", m.Topic(), m.Payload())
			}
		}
	}},
	{"a wrong password and an unknown user stay out", func(t *testing.T, addr string) {
		for id, secret := range map[string]string{"d1": "guess", "nobody": password("nobody"), "": ""} {
			c := paho.NewClient(pahoOptions(addr, id).SetPassword(secret))
			if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() == nil {
				t.Errorf("%q came in with %q", id, secret)
			}
		}
	}},
	{"the same device connecting again replaces its old connection", func(t *testing.T, addr string) {
		lost := make(chan error, 1)
		dial(t, addr, "d1", func(o *paho.ClientOptions) {
			o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
		})
		again := dial(t, addr, "d1")
		select {
		case <-lost:
		case <-time.After(patience):
			t.Fatal("old connection still there")
		}
		publish(t, again, "t/h1/device/d1/health", 1, false, "good")
	}},
}

func wantInOrder(t *testing.T, in *inbox, n int) {
	t.Helper()
	list := in.messages()
	if len(list) != n {
		t.Errorf("%d messages, want %d", len(list), n)
	}
	for i, m := range list {
		if string(m.Payload()) != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, m.Payload())
		}
	}
}

func TestEmbeddedBrokerDoesWhatTheHallNeeds(t *testing.T) {
	t.Parallel()
	for _, p := range probes {
		t.Run(p.name, func(t *testing.T) { p.run(t, start(t).Addr().String()) })
	}
}

func TestMosquittoWithOurConfigurationDoesWhatTheHallNeeds(t *testing.T) {
	t.Parallel()
	server, errServer := findProgram("mosquitto")
	passwd, errPasswd := findProgram("mosquitto_passwd")
	if errServer != nil || errPasswd != nil {
		t.Skip("mosquitto is not installed (Debian: apt-get install mosquitto)")
	}
	for _, p := range probes {
		t.Run(p.name, func(t *testing.T) { p.run(t, startMosquitto(t, server, passwd)) })
	}
}

// findProgram looks where daemons live, too, which is not on everybody's path.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

// startMosquitto runs a Mosquitto with the accounts of a hall until the test ends and returns its address.
func startMosquitto(t *testing.T, server, passwd string) string {
	t.Helper()
	dir := t.TempDir()
	accounts := slices.SortedFunc(maps.Values(newHall().accounts), func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	acl, err := MosquittoACL(accounts)
	if err != nil {
		t.Fatal(err)
	}
	passwords, aclFile := filepath.Join(dir, "passwords"), filepath.Join(dir, "acl")
	addr := freeAddr(t)
	conf, err := MosquittoConf(addr, passwords, aclFile)
	if err != nil {
		t.Fatal(err)
	}
	var clear strings.Builder
	for _, a := range accounts {
		fmt.Fprintf(&clear, "%s:%s\n", a.ID, password(a.ID))
	}
	user := "user root\n" // else it becomes another user, who may not read the test's directory
	for name, text := range map[string]string{"conf": user + conf, "acl": acl, "passwords": clear.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(passwd, "-U", passwords).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	var said strings.Builder
	cmd := exec.Command(server, "-c", filepath.Join(dir, "conf"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("mosquitto: %s", said.String())
		}
	})
	eventually(t, "mosquitto listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return addr
}

// freeAddr is a loopback address that was free a moment ago; Mosquitto cannot tell which port it got.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
