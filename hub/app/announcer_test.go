package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/voice"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// aplay is a loudspeaker that keeps what it is given.
const aplay = "#!/bin/sh\necho \"$*\" >>\"$0.log\"\ncat >\"$0.$$\"\nmv \"$0.$$\" \"$0.wav\"\n"

// TestTheAnnouncerSpeaksByThePlan runs the real program as a device of its kind against a hub.
func TestTheAnnouncerSpeaksByThePlan(t *testing.T) {
	if os.Getenv("JIAOHAO_FULL") != "1" {
		t.Skip("it builds a program: make test runs it")
	}
	dir := t.TempDir()
	program, card := filepath.Join(dir, "announcer"), filepath.Join(dir, "aplay")
	if out, err := exec.Command("go", "build", "-o", program, "jiaohao/firmware/cmd/announcer").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	plan := speakingHall(t)
	plan.Devices = append(plan.Devices, queue.Device{ID: "a1", Kind: protocol.KindAnnouncer, Zone: "west"})
	r := &clerks{running: start(t, Options{Dir: filepath.Join(dir, "hub"), Plan: plan})}
	password, err := r.Accounts.Enroll("a1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"hall": "test", "device": "a1", "broker": "tcp://%s", "state_dir": %q}`, r.MQTTAddr(), dir)
	for name, text := range map[string]string{card: aplay, program + ".json": config, program + "-voice.json": `{"device": "plughw:1,0"}`} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run := exec.CommandContext(ctx, program, "-config", program+".json", "-voice", program+"-voice.json")
	run.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "JIAOHAO_PASSWORD="+password)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	var said bytes.Buffer
	run.Stderr = &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, "the announcer to come", func() bool {
		for _, d := range r.Wire.Devices() {
			if d.ID == "a1" {
				return d.Online && d.Kind == protocol.KindAnnouncer && d.Health.UptimeMS >= 0
			}
		}
		return false
	})
	r.burst()
	wait(t, "a call to be played", func() bool {
		wav, err := os.ReadFile(card + ".wav")
		return err == nil && voice.Duration(wav) > 3*time.Second
	})
	cancel()
	if err := run.Wait(); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	log, err := os.ReadFile(card + ".log")
	if err != nil || strings.Count(string(log), "-q -D plughw:1,0 -\n") == 0 {
		t.Errorf("aplay was run as %q, %v", log, err)
	}
	if !strings.Contains(said.String(), "zone=west") {
		t.Errorf("it does not say that its zone is west: %s", said.String())
	}
}
