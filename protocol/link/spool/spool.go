// Package spool is a small durable queue of records in one file, for what a
// device must not lose: reports to the hub, tickets issued without it.
//
// A record is on the disk (fsync) when Append returns. The file is text, one line
// a record, so that a person can read it:
//
//   - 12 "the record, quoted as Go quotes" 1a2b3c4d
//   - 12 5e6f7a8b
//
// "+" is a record with its number, "-" says that all up to that number are dropped,
// and each line ends with the CRC-32C of what stands before it. A power cut
// can tear only the last line, which was never promised and is cut off by Open.
// A line that is damaged for any other reason is left out and counted.
//
// One process may have a spool open at a time.
package spool

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Limits of a spool, each with its reason.
const (
	RecordMax  = 16 << 10 // bytes of one record: the wire's limit for a payload
	RecordsMax = 10_000   // records of one spool: all are kept in memory
	compactMin = 64 << 10 // bytes of dropped lines before the file is rewritten: one erase block
)

// Errors that callers tell apart.
var (
	// ErrFull says that the spool holds as many records as it may.
	ErrFull = errors.New("spool is full")
	// ErrTooLarge says that a record is longer than [RecordMax].
	ErrTooLarge = errors.New("record is too large")
	// ErrClosed says that the spool was closed.
	ErrClosed = errors.New("spool is closed")
)

// Record is one record and its number. Numbers rise by one and are never used again.
type Record struct {
	N    uint64
	Data []byte // shared, must not be changed
}

// Spool is a durable queue. Its methods may be called from any goroutine.
type Spool struct {
	path    string
	max     int
	damaged int

	mu      sync.Mutex // guards what follows: Append returns only after its own fsync
	file    *os.File   // nil when closed
	size    int64      // bytes of the file that are good; what lies behind is a failed write
	dead    int64      // bytes of lines that a compaction would save
	last    uint64     // number of the newest record ever
	dropped uint64     // number of the newest dropped record
	records []Record
}

var table = crc32.MakeTable(crc32.Castagnoli)

// Open opens or creates the spool at path, for at most maxRecords records (1 to
// [RecordsMax]). The folder must exist. It holds the records that were appended
// and not dropped, also when more than maxRecords are there.
func Open(path string, maxRecords int) (*Spool, error) {
	if maxRecords < 1 || maxRecords > RecordsMax {
		return nil, fmt.Errorf("spool %s: maxRecords is %d, legal are 1 to %d", path, maxRecords, RecordsMax)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{path: path, max: maxRecords, file: file}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("spool %s: %w", path, err), file.Close())
	}
	return s, nil
}

// Append stores a record and returns its number. It blocks for one fsync. On any
// error, such as [ErrFull], [ErrTooLarge] or a full disk, nothing was stored and
// all earlier records are kept.
func (s *Spool) Append(record []byte) (uint64, error) {
	if len(record) > RecordMax {
		return 0, fmt.Errorf("spool %s: %w: %d bytes, legal are at most %d", s.path, ErrTooLarge, len(record), RecordMax)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.records) >= s.max {
		return 0, fmt.Errorf("spool %s: %w: %d records, legal are at most %d", s.path, ErrFull, len(s.records), s.max)
	}
	r := Record{N: s.last + 1, Data: bytes.Clone(record)}
	if err := s.write(recordLine(r)); err != nil {
		return 0, fmt.Errorf("spool %s: append: %w", s.path, err)
	}
	s.last = r.N
	s.records = append(s.records, r)
	return r.N, nil
}

// All returns the records that are not dropped, oldest first.
func (s *Spool) All() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Record(nil), s.records...)
}

// First returns the oldest record, if there is one.
func (s *Spool) First() (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.records) == 0 {
		return Record{}, false
	}
	return s.records[0], true
}

// Len is the number of records that are not dropped.
func (s *Spool) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records)
}

// Damaged is how many damaged lines Open left out.
func (s *Spool) Damaged() int { return s.damaged }

// Drop forgets all records up to and including number n. This process forgets
// them in any case; after an error the next Open may bring them back.
func (s *Spool) Drop(n uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n = min(n, s.last); n <= s.dropped {
		return nil
	}
	line := dropLine(n)
	s.dead += int64(len(line))
	s.forget(n)
	if err := s.write(line); err != nil {
		return fmt.Errorf("spool %s: drop: %w", s.path, err)
	}
	if s.dead < compactMin || s.dead < s.size/2 {
		return nil
	}
	if err := s.compact(); err != nil {
		return fmt.Errorf("spool %s: compact: %w", s.path, err)
	}
	return nil
}

// Close closes the file. It may be called again.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

func (s *Spool) forget(n uint64) {
	s.dropped = n
	i := 0
	for i < len(s.records) && s.records[i].N <= n {
		s.dead += int64(len(recordLine(s.records[i])))
		i++
	}
	s.records = append([]Record(nil), s.records[i:]...)
}

// write appends a line durably or leaves the file as it was.
func (s *Spool) write(line []byte) error {
	if s.file == nil {
		return ErrClosed
	}
	_, err := s.file.WriteAt(line, s.size)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		// What was not promised must not come back at the next Open. When even
		// this fails, the next write overwrites it.
		return errors.Join(err, s.file.Truncate(s.size))
	}
	s.size += int64(len(line))
	return nil
}

// compact writes the living records to a new file and puts it in the old one's
// place. After an error the old file is still the spool.
func (s *Spool) compact() error {
	var b bytes.Buffer
	b.Write(dropLine(s.dropped))
	for _, r := range s.records {
		b.Write(recordLine(r))
	}
	fresh, err := os.OpenFile(s.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = fresh.Write(b.Bytes())
	if err == nil {
		err = fresh.Sync()
	}
	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}
	if err != nil {
		return errors.Join(err, fresh.Close())
	}
	old := s.file
	s.file, s.size, s.dead = fresh, int64(b.Len()), 0
	return errors.Join(syncFolder(s.path), old.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (s *Spool) load() error {
	content, err := io.ReadAll(s.file)
	if err != nil {
		return err
	}
	s.size = int64(bytes.LastIndexByte(content, '\n') + 1)
	for line := range bytes.Lines(content[:s.size]) {
		s.replay(bytes.TrimSuffix(line, []byte("\n")))
	}
	if err := s.file.Truncate(s.size); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	return syncFolder(s.path)
}

// replay applies one line of the file.
func (s *Spool) replay(line []byte) {
	kind, n, data, ok := parse(line)
	switch {
	case ok && kind == '+' && n > s.last:
		s.last = n
		if n > s.dropped {
			s.records = append(s.records, Record{N: n, Data: data})
		}
	case ok && kind == '-' && n >= s.dropped:
		s.last = max(s.last, n)
		s.dead += int64(len(line) + 1)
		s.forget(n)
	default:
		s.damaged++
		s.dead += int64(len(line) + 1)
	}
}

func recordLine(r Record) []byte {
	b := fmt.Appendf(nil, "+ %d ", r.N)
	return seal(strconv.AppendQuote(b, string(r.Data)))
}

func dropLine(n uint64) []byte { return seal(fmt.Appendf(nil, "- %d", n)) }

func seal(b []byte) []byte {
	return fmt.Appendf(b, " %08x\n", crc32.Checksum(b, table))
}

func parse(line []byte) (kind byte, n uint64, data []byte, ok bool) {
	body, ok := unseal(line)
	if !ok || len(body) < 3 || body[1] != ' ' {
		return 0, 0, nil, false
	}
	number, quoted, _ := bytes.Cut(body[2:], []byte(" "))
	n, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		return 0, 0, nil, false
	}
	if body[0] == '-' {
		return '-', n, nil, true
	}
	text, err := strconv.Unquote(string(quoted))
	return body[0], n, []byte(text), err == nil
}

func unseal(line []byte) ([]byte, bool) {
	at := len(line) - len(" 12345678")
	if at < 0 || line[at] != ' ' {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(line[at+1:]), 16, 32)
	return line[:at], err == nil && uint32(sum) == crc32.Checksum(line[:at], table)
}
