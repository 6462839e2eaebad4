package speech

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"jiaohao/firmware/voice"
)

// Limits of a zone, with the reason for each.
const (
	recentMax = 3                      // utterances kept for pages that fetch late or come back
	earsMax   = 64                     // pages of one zone: far more than it has televisions
	peerMax   = 8                      // the same of one address, so that no browser takes the voice from the televisions
	freshFor  = 12 * time.Second       // a page that comes back still hears what began so long ago
	breath    = 150 * time.Millisecond // until the next: a page needs it to fetch and decode
)

// Utterance is what is said in one breath.
type Utterance struct {
	ID     string        // of this hub, zone and start; later ones follow it
	Began  time.Time     // by this machine's clock
	Length time.Duration // how long it lasts

	seq uint64
	wav []byte
}

// zone is the loudspeakers of one zone: the sink of its scheduler.
type zone struct {
	speaker *voice.Speaker
	boot    string // in ids, so that those of another start are not taken for ours
	started bool

	mu     sync.Mutex // guards what follows: the speaker and each page have a goroutine of their own
	seq    uint64
	recent []Utterance               // newest last
	ears   map[chan Utterance]string // the address of each
	left   time.Time                 // when the last page went; zero when none ever came
	closed bool
}

func newZone() *zone { return &zone{boot: rand.Text()[:8], ears: map[chan Utterance]string{}} }

// Play gives an utterance to all pages and returns when it has been said. It keeps nothing
// where nobody listens.
func (z *zone) Play(ctx context.Context, wav []byte) error {
	length := voice.Duration(wav)
	z.tell(Utterance{Began: time.Now(), Length: length, wav: wav})
	said := time.NewTimer(length + breath)
	defer said.Stop()
	select {
	case <-said.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (z *zone) tell(u Utterance) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.ears) == 0 && u.Began.Sub(z.left) > freshFor {
		z.recent = nil
		return
	}
	z.seq++
	u.seq, u.ID = z.seq, z.boot+"-"+strconv.FormatUint(z.seq, 10)
	if z.recent = append(z.recent, u); len(z.recent) > recentMax {
		z.recent = slices.Delete(z.recent, 0, 1)
	}
	for ear := range z.ears {
		select {
		case ear <- u:
		default: // a page that does not read misses it
		}
	}
}

// listen adds a page at an address; after is the id of what it heard last, if anything.
func (z *zone) listen(peer, after string) (heard <-chan Utterance, stop func(), ok bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	same := 0
	for _, of := range z.ears {
		if of == peer {
			same++
		}
	}
	if z.closed || len(z.ears) >= earsMax || same >= peerMax {
		return nil, nil, false
	}
	ear := make(chan Utterance, recentMax)
	z.ears[ear] = peer
	if seq, ours := z.parse(after); ours {
		for _, u := range z.recent {
			if u.seq > seq && time.Since(u.Began) < freshFor {
				ear <- u // it has room for all
			}
		}
	}
	return ear, func() {
		z.mu.Lock()
		defer z.mu.Unlock()
		delete(z.ears, ear)
		z.left = time.Now()
	}, true
}

func (z *zone) parse(id string) (seq uint64, ours bool) {
	number, ours := strings.CutPrefix(id, z.boot+"-")
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, ours && err == nil
}

func (z *zone) sound(id string) ([]byte, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, u := range z.recent {
		if u.ID == id {
			return u.wav, true
		}
	}
	return nil, false
}

// close ends all pages' streams: the plan has the zone no more.
func (z *zone) close() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.closed = true
	for ear := range z.ears {
		close(ear)
	}
	clear(z.ears)
}
