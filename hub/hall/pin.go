package hall

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"jiaohao/protocol"
)

// How PINs are kept and guessed.
const (
	PINTries     = 5                // wrong PINs in a row at one device until the clerk is locked there
	PINTriesHall = 50               // wrong PINs within PINLock until he is locked everywhere: ten devices that guess
	PINLock      = 15 * time.Minute // how long

	pinMemory  = 19 << 10 // KiB: the least that OWASP gives for argon2id, and a small computer's share
	pinPasses  = 2
	pinThreads = 1
	pinSalt    = 16
	pinHash    = 32

	memoryMax  = 256 << 10 // KiB that a hash of the plan may ask for
	passesMax  = 10
	pinsAtOnce = 2 // hashes computed at the same time, so that guessing does not take the hall's memory
)

// HashPIN returns the argon2id hash of a PIN in the usual form "$argon2id$v=19$…", as
// it stands in a plan. It takes some tens of milliseconds and 19 MiB. The error
// says what a PIN is.
func HashPIN(pin string) (string, error) {
	if !pinForm(pin) {
		return "", fmt.Errorf("hall: a PIN of %d characters, legal are 4 to 12 digits", len(pin))
	}
	salt := make([]byte, pinSalt)
	_, _ = rand.Read(salt) // never fails
	return hashPIN(pin, salt, pinMemory, pinPasses), nil
}

func hashPIN(pin string, salt []byte, memory, passes uint32) string {
	key := argon2.IDKey([]byte(pin), salt, passes, memory, pinThreads, pinHash)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, pinThreads, text(salt), text(key))
}

// VerifyPIN reports whether pin is the one of the hash. A hash that is empty or of
// another form fits no PIN.
func VerifyPIN(hash, pin string) bool {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || !pinForm(pin) {
		return false
	}
	var version int
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(part[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false
	}
	if memory > memoryMax || passes < 1 || passes > passesMax || threads < 1 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	want, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(want) < pinHash/2 || len(want) > 2*pinHash {
		return false
	}
	got := argon2.IDKey([]byte(pin), salt, passes, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

func pinForm(pin string) bool {
	if len(pin) < 4 || len(pin) > 12 {
		return false
	}
	return strings.Trim(pin, "0123456789") == ""
}

// checkPIN returns nil when pin is the clerk's. The refusal is UnknownClerk,
// WrongPIN, or PINLocked after PINTries wrong ones in a row at this device or
// PINTriesHall in the hall, for PINLock. It blocks for the computation of a hash,
// on the caller's goroutine.
func (h *Hall) checkPIN(device protocol.DeviceID, clerk protocol.ClerkID, pin string) *protocol.Refusal {
	c := h.Plan().Clerk(clerk)
	if c == nil {
		return protocol.Refuse(protocol.UnknownClerk,
			fmt.Sprintf("没有工号为 %s 的工作人员", clerk), fmt.Sprintf("there is no clerk %s", clerk))
	}
	at := place{clerk, device}
	left, wait := h.pins.try(at, h.opts.Now())
	if wait > 0 {
		minutes := int((wait + time.Minute - 1) / time.Minute)
		return protocol.Refuse(protocol.PINLocked,
			fmt.Sprintf("密码输错次数过多，工号 %s 已锁定，请 %d 分钟后再试", clerk, minutes),
			fmt.Sprintf("too many wrong PINs: clerk %s is locked, try again in %d min", clerk, minutes))
	}
	if h.pins.verify(c.PIN, pin) {
		h.pins.clear(at)
		return nil
	}
	return protocol.Refuse(protocol.WrongPIN,
		fmt.Sprintf("密码错误，还可再试 %d 次", left), fmt.Sprintf("wrong PIN, %d tries left", left))
}

// pins counts wrong PINs by clerk and device, so that who guesses at one device
// locks nobody out elsewhere, and by clerk, against guessing at many.
type pins struct {
	room chan struct{} // one place for each hash that may be computed now

	mu    sync.Mutex // guards wrong; the callers are many goroutines that share nothing else
	wrong map[place]*tries
}

// place is where a clerk's PIN is tried; without a device, the whole hall.
type place struct {
	clerk  protocol.ClerkID
	device protocol.DeviceID
}

type tries struct {
	n    int
	from time.Time // a lock, and the memory of wrong PINs, ends PINLock after it
}

func newPINs() pins {
	return pins{room: make(chan struct{}, pinsAtOnce), wrong: map[place]*tries{}}
}

// try counts a try as wrong before it is made, so that many at the same time
// are no way around the limit. It returns how many are left, or how long the clerk
// is still locked.
func (p *pins) try(at place, now time.Time) (left int, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.wrong, func(_ place, t *tries) bool { return !now.Before(t.from.Add(PINLock)) })
	here, hall := p.of(at, now), p.of(place{clerk: at.clerk}, now)
	if here.n >= PINTries {
		return 0, here.from.Add(PINLock).Sub(now)
	}
	if hall.n >= PINTriesHall {
		return 0, hall.from.Add(PINLock).Sub(now)
	}
	here.n++
	here.from = now
	hall.n++ // its time stays: a guesser who never rests must not lock the clerk for ever
	return min(PINTries-here.n, PINTriesHall-hall.n), 0
}

func (p *pins) of(at place, now time.Time) *tries {
	if p.wrong[at] == nil {
		p.wrong[at] = &tries{from: now}
	}
	return p.wrong[at]
}

func (p *pins) verify(hash, pin string) bool {
	p.room <- struct{}{}
	defer func() { <-p.room }()
	return VerifyPIN(hash, pin)
}

// clear takes back a try that was right. Those of others elsewhere stay counted.
func (p *pins) clear(at place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.wrong, at)
	if hall := p.wrong[place{clerk: at.clerk}]; hall != nil {
		hall.n = max(0, hall.n-1)
	}
}
