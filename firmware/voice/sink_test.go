package voice

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shell is a player that is a line of shell.
func shell(t *testing.T, line string) *Player {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	return &Player{Program: "sh", Args: []string{"-c", line}}
}

func TestThePlayerGetsTheWholeFile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "heard.wav")
	wav := WAV(make([]int16, 5*Rate))
	if err := shell(t, "cat > "+out).Play(t.Context(), wav); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, wav) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(wav))
	}
}

func TestAPlayersComplaintIsInTheError(t *testing.T) {
	err := shell(t, "echo 'audio open error: No such file or directory' >&2; exit 1").Play(t.Context(), WAV(make([]int16, Rate)))
	if err == nil || !strings.Contains(err.Error(), "sh: exit status 1: audio open error: No such file") {
		t.Errorf("error %v", err)
	}
	if err := (&Player{Program: "no-such-player"}).Play(t.Context(), nil); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error %v, want that the program is not there", err)
	}
}

func TestAPlayerThatHangsIsEnded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := shell(t, "exec sleep 60").Play(ctx, WAV(make([]int16, 60*Rate)))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 5*time.Second {
		t.Errorf("error %v after %v", err, time.Since(begin))
	}
}

func TestAplayIsGivenItsDevice(t *testing.T) {
	if got := strings.Join(Aplay("plughw:1,0").Args, " "); got != "-q -D plughw:1,0 -" {
		t.Errorf("aplay %s", got)
	}
}

func TestAplayTakesOurFiles(t *testing.T) {
	if _, err := exec.LookPath("aplay"); err != nil {
		t.Skip("aplay is not installed")
	}
	wav := WAV(demoClips(t).Say(call("A012", "3"), nil))
	if err := Aplay("null").Play(t.Context(), wav); err != nil {
		t.Error(err)
	}
	if err := Aplay("no-such-device").Play(t.Context(), wav); err == nil || !strings.Contains(err.Error(), "no-such-device") {
		t.Errorf("error %v, want one that names the device", err)
	}
}

func TestTheRecorderKeepsTheSilenceBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Recorder
		second := WAV(level(1000, Rate))
		for range 2 {
			if err := r.Play(t.Context(), second); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second) // on the bubble's clock
		}
		if got := Duration(r.WAV()); got != 5*time.Second {
			t.Errorf("%v recorded, want 5s", got)
		}
		time.Sleep(recordMax)
		if err := r.Play(t.Context(), second); err == nil || !strings.Contains(err.Error(), "legal are at most 20m") {
			t.Errorf("error %v, want that it is full", err)
		}
		if err := r.Play(t.Context(), []byte("x")); err == nil {
			t.Error("what is no sound is recorded")
		}
	})
}

func level(v int16, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = v
	}
	return s
}
