package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
)

// Limits of the journal. Over the limit is an error, never growth.
const (
	// MaxBatch bounds the events of one Append, so that one commit stays within tens of milliseconds.
	MaxBatch = 4096
	// MaxKind bounds the length of an event's kind in bytes; kinds are short words.
	MaxKind = 64
	// MaxBody bounds the body of one event in bytes. The largest event carries the plan of a large hall.
	MaxBody = 1 << 20
	// MaxSnapshot bounds a snapshot in bytes; the state of a 200-window day is far below.
	MaxSnapshot = 64 << 20
	// MaxText bounds a meta key or value, a personal field or value, and each text of a service line, in bytes.
	MaxText = 4096

	keepSnapshots = 2   // one to use and one older, should the newest be damaged
	readConns     = 4   // pages, reports, backup and replay at the same time
	pageRecords   = 512 // records that one query of Read takes into memory
	hashSize      = 32
	fileName      = "hub.db"
	lockName      = "lock"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrConflict means that prev is not the last sequence; nothing was written.
	ErrConflict = errors.New("the last event is another one than expected")
	// ErrDead means that an input/output fault has ended all writing; only a new process may go on.
	ErrDead = errors.New("the journal no longer writes after a fault")
	// ErrFull means that the disk is full; nothing was written, and the same call may succeed later.
	ErrFull = errors.New("the disk is full")
	// ErrLocked means that another process works in the directory.
	ErrLocked = errors.New("another hub works in this directory")
	// ErrNewer means that the file was written by a newer program.
	ErrNewer = errors.New("the journal was written by a newer program")
)

// Record is one committed event.
type Record struct {
	Seq  uint64    // 1, 2, 3 … without gaps
	At   time.Time // hub clock, UTC, whole microseconds
	Kind string    // what happened, as one word: "issued", "called" …
	Body []byte    // the event, as the caller encoded it
	Hash [32]byte  // SHA-256 over the hash before and all fields above
}

// Entry is an event before it has a place in the journal: what Append takes. At is rounded down to
// whole microseconds; Kind is 1 to MaxKind bytes, Body 1 to MaxBody bytes.
type Entry struct {
	At   time.Time
	Kind string
	Body []byte
}

// Options change how a journal is opened; the zero value is right for a hall.
type Options struct {
	// NoSync gives up the promise that events survive a power cut; a killed process still loses nothing.
	// It is for simulations, which have no power to lose.
	NoSync bool
}

// head is the end of the chain; a new one replaces it after each commit.
type head struct {
	seq   uint64
	bytes int64
	hash  [hashSize]byte
}

// Journal is an open journal. Make it with Open; it must be closed.
type Journal struct {
	dir   string
	path  string
	opts  Options
	lock  *os.File
	write *sql.DB
	read  *sql.DB
	head  atomic.Pointer[head]

	// mu orders the writers and guards conn, stmts and dead. A channel would need a goroutine that
	// somebody has to run; SQLite lets only one transaction write anyway.
	mu    sync.Mutex
	conn  *sql.Conn
	stmts statements
	dead  error
	fault atomic.Pointer[error] // of the last write, for who asks whether all is well
}

// Open opens the journal in dir, which it makes (0700) together with hub.db (0600) when they are not
// there, and brings an older schema up to date.
//
// It returns ErrLocked while another process has the same directory open, ErrNewer for a file of a
// newer program, and a *BrokenError if the last event is not the one that the head records.
func Open(dir string, opts Options) (*Journal, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("journal: open %s: %w", dir, err)
	}
	j := &Journal{dir: dir, path: filepath.Join(dir, fileName), opts: opts}
	if err := j.open(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("journal: open %s: %w", dir, err), j.release())
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context) (err error) {
	if j.lock, err = lockDir(j.dir); err != nil {
		return err
	}
	if err := createFile(j.path); err != nil {
		return err
	}
	// The only failure is a kernel without these locks; then the rule of the package comment is all there is.
	_, _ = sqlite.OFDLocking(true)
	if j.write, err = sql.Open("sqlite", writeDSN(j.path, j.opts)); err != nil {
		return err
	}
	j.write.SetMaxOpenConns(1)
	if j.conn, err = j.write.Conn(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, j.conn); err != nil {
		return err
	}
	if j.read, err = sql.Open("sqlite", readDSN(j.path)); err != nil {
		return err
	}
	j.read.SetMaxOpenConns(readConns)
	j.read.SetMaxIdleConns(readConns)
	if err := j.stmts.prepare(ctx, j.conn); err != nil {
		return err
	}
	return j.loadHead(ctx)
}

// loadHead reads the end of the chain and makes sure that the last event is what the head says.
func (j *Journal) loadHead(ctx context.Context) error {
	h, err := readHead(ctx, j.read)
	if err != nil {
		return err
	}
	j.head.Store(&h)
	after := h.seq
	if after > 0 {
		after--
	}
	last := head{seq: after}
	err = j.Read(ctx, after, func(r Record) error {
		last = head{seq: r.Seq, hash: r.Hash}
		return nil
	})
	if err != nil {
		return err
	}
	return h.check(last)
}

// Last returns the sequence and the hash of the last committed event; 0 and zeros before the first.
// It never waits.
func (j *Journal) Last() (seq uint64, hash [32]byte) {
	h := j.head.Load()
	return h.seq, h.hash
}

// Stats returns how many events the journal holds and the sum of their bodies in bytes. It never waits.
func (j *Journal) Stats() (events, bytes int64) {
	h := j.head.Load()
	return int64(h.seq), h.bytes
}

// Close waits for the write that is under way and frees the directory; readings and backups must have ended.
// Later writes return ErrDead; a second Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead == nil {
		j.dead = errors.New("it was closed")
	}
	if err := j.release(); err != nil {
		return fmt.Errorf("journal: close %s: %w", j.dir, err)
	}
	return nil
}

// release closes what is open, the lock last: the next process may start only when SQLite has ended.
func (j *Journal) release() error {
	var errs []error
	if j.read != nil {
		errs = append(errs, j.read.Close())
	}
	if j.conn != nil {
		errs = append(errs, j.stmts.close(), j.conn.Close())
	}
	if j.write != nil {
		errs = append(errs, j.write.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	j.conn, j.lock, j.stmts = nil, nil, statements{}
	return errors.Join(errs...)
}
