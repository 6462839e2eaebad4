package hall

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"jiaohao/protocol"
)

// How PINs are kept and guessed.
const (
	PINTries = 5                // wrong PINs in a row until the clerk is locked
	PINLock  = 15 * time.Minute // how long

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

// CheckPIN returns nil when pin is the clerk's. The refusal is UnknownClerk,
// WrongPIN, or PINLocked after PINTries wrong ones in a row, for PINLock. It blocks
// for the computation of a hash, on the caller's goroutine.
func (h *Hall) CheckPIN(clerk protocol.ClerkID, pin string) *protocol.Refusal {
	c := h.Plan().Clerk(clerk)
	if c == nil {
		return protocol.Refuse(protocol.UnknownClerk,
			fmt.Sprintf("没有工号为 %s 的工作人员", clerk), fmt.Sprintf("there is no clerk %s", clerk))
	}
	if wait := h.pins.try(clerk, h.opts.Now()); wait > 0 {
		minutes := int((wait + time.Minute - 1) / time.Minute)
		return protocol.Refuse(protocol.PINLocked,
			fmt.Sprintf("密码连续输错 %d 次，工号 %s 已锁定，请 %d 分钟后再试", PINTries, clerk, minutes),
			fmt.Sprintf("%d wrong PINs: clerk %s is locked, try again in %d min", PINTries, clerk, minutes))
	}
	if h.pins.verify(c.PIN, pin) {
		h.pins.clear(clerk)
		return nil
	}
	left := h.pins.left(clerk)
	return protocol.Refuse(protocol.WrongPIN,
		fmt.Sprintf("密码错误，还可再试 %d 次", left), fmt.Sprintf("wrong PIN, %d tries left", left))
}

// pins counts wrong PINs by clerk.
type pins struct {
	room chan struct{} // one place for each hash that may be computed now

	mu    sync.Mutex // guards wrong; the callers are many goroutines that share nothing else
	wrong map[protocol.ClerkID]*tries
}

type tries struct {
	n    int
	last time.Time
}

func newPINs() pins {
	return pins{room: make(chan struct{}, pinsAtOnce), wrong: map[protocol.ClerkID]*tries{}}
}

// try counts a try as wrong before it is made, so that many at the same time
// are no way around the limit. It returns how long the clerk is still locked.
func (p *pins) try(clerk protocol.ClerkID, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.wrong[clerk]
	if t == nil {
		t = &tries{}
		p.wrong[clerk] = t
	}
	if t.n >= PINTries {
		if wait := t.last.Add(PINLock).Sub(now); wait > 0 {
			return wait
		}
		t.n = 0
	}
	t.n++
	t.last = now
	return 0
}

func (p *pins) verify(hash, pin string) bool {
	p.room <- struct{}{}
	defer func() { <-p.room }()
	return VerifyPIN(hash, pin)
}

func (p *pins) clear(clerk protocol.ClerkID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.wrong, clerk)
}

func (p *pins) left(clerk protocol.ClerkID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.wrong[clerk]; t != nil {
		return PINTries - t.n
	}
	return PINTries
}
