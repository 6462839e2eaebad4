package voice

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"jiaohao/firmware/voice/internal/sound"
)

const (
	// killWait is how long a player may take to go after it was killed.
	killWait = time.Second
	// complaintMax bounds what is kept of the end of a player's error text, in bytes.
	complaintMax = 300
	// recordMax bounds what a recorder keeps: 38 MB.
	recordMax = 20 * time.Minute
)

// Sink plays sound. Play returns when the WAV file has been heard to its end, or with an
// error; it must return soon after ctx ends. *Player and *Recorder are sinks.
type Sink interface {
	Play(ctx context.Context, wav []byte) error
}

// Player is a [Sink] that runs a program for each announcement and gives it the WAV file on its
// standard input, so that a sound card that was pulled or changed is found again by itself.
type Player struct {
	Program string
	Args    []string
}

// Aplay returns the player of ALSA for a device such as "default" or "plughw:1,0".
func Aplay(device string) *Player {
	return &Player{Program: "aplay", Args: []string{"-q", "-D", device, "-"}}
}

// Play runs the program. Its error ends with what the program complained of.
func (p *Player) Play(ctx context.Context, wav []byte) error {
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, p.Program, p.Args...)
	cmd.Stdin = bytes.NewReader(wav)
	cmd.Stderr = &complaint
	cmd.WaitDelay = killWait
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if text := cause(complaint.String()); text != "" {
		return fmt.Errorf("voice: %s: %w: %s", p.Program, err, text)
	}
	return fmt.Errorf("voice: %s: %w", p.Program, err)
}

// cause is the end of what a player complained of: ALSA tells first how it came about, aplay last what is wrong.
func cause(complaint string) string {
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	text := strings.Join(strings.Fields(strings.Join(lines[max(0, len(lines)-2):], "; ")), " ")
	return text[max(0, len(text)-complaintMax):]
}

// Recorder is a [Sink] that keeps all sound on one time line, with the silence
// between the announcements. Each takes as long as it would be heard.
type Recorder struct {
	mu     sync.Mutex // guards all below: WAV may be asked for while Run plays; a channel would need an owner
	start  time.Time
	sound  []int16
	played []Span
}

// Span is the time of one announcement on a recorder.
type Span struct{ Start, End time.Time }

// Play keeps the sound and waits as long as it lasts.
func (r *Recorder) Play(ctx context.Context, wav []byte) error {
	s, err := sound.Decode(wav)
	if err != nil {
		return err
	}
	start := time.Now()
	if have := r.length(start) + sound.Duration(len(s)); have > recordMax {
		return fmt.Errorf("voice: recording of %v, legal are at most %v", have, recordMax)
	}
	timer := time.NewTimer(sound.Duration(len(s)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.start.IsZero() {
		r.start = start
	}
	if gap := sound.Samples(start.Sub(r.start)) - len(r.sound); gap > 0 {
		r.sound = append(r.sound, make([]int16, gap)...)
	}
	r.sound = append(r.sound, s...)
	r.played = append(r.played, Span{start, time.Now()})
	return nil
}

// length returns how long the recording is at now.
func (r *Recorder) length(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.start.IsZero() {
		return 0
	}
	return now.Sub(r.start)
}

// WAV returns all that was heard so far as one WAV file.
func (r *Recorder) WAV() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sound.EncodePCM(r.sound)
}

// Spans returns when each announcement was heard.
func (r *Recorder) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Span(nil), r.played...)
}
