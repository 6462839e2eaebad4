package app

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"jiaohao/hub/queue"
)

// freeAddress returns a loopback address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// mosquitto runs Debian's broker with our rights for the users, and returns
// their passwords.
func mosquitto(t *testing.T, program, address string, plan *queue.Plan, users ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := WriteMosquitto(plan, address, dir); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{}
	for i, user := range users {
		passwords[user] = rand.Text()
		args := []string{"-b", file("passwords"), user, passwords[user]}
		if i == 0 {
			args = append([]string{"-c"}, args...)
		}
		if out, err := exec.Command("mosquitto_passwd", args...).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	conf, err := os.ReadFile(file("mosquitto.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		conf = append([]byte("user root\n"), conf...)
	}
	if err := os.WriteFile(file("conf"), conf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", file("conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Log(fmt.Errorf("mosquitto: %w", err))
		}
		_ = cmd.Wait()
	})
	return passwords
}
