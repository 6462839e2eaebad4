package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// common holds the pragmas of every connection. They stand in the DSN because a PRAGMA that is run
// on a pool reaches one connection of it; busy_timeout is first so that the others may wait.
const common = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(%s)" +
	"&_pragma=foreign_keys(1)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)" +
	"&_pragma=journal_size_limit(8388608)&_txlock=immediate&_dqs=0"

// writeDSN is the DSN of the one writing connection. secure_delete(fast) blanks a replaced personal value
// in pages that are written anyway.
func writeDSN(path string, opts Options) string {
	level := "FULL"
	if opts.NoSync {
		level = "OFF"
	}
	return fileURI(path) + fmt.Sprintf(common, level) + "&_pragma=secure_delete(fast)"
}

// eraseDSN is the DSN of the short-lived connection that erases personal data: it blanks freed pages too.
func eraseDSN(path string) string {
	return fileURI(path) + fmt.Sprintf(common, "FULL") + "&_pragma=secure_delete(1)"
}

// readDSN is the DSN of the reading pool.
func readDSN(path string) string {
	return fileURI(path) + fmt.Sprintf(common, "FULL") + "&_pragma=query_only(1)"
}

// fileURI gives path in the file: form. Without it the driver strips the question mark's part.
func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// lockDir makes dir and takes its lock, which the kernel frees when the process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.ReadAt(holder, 0) // the process id only helps to find it; an empty one is shown as it is
		closing := f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%w: process %q holds %s", ErrLocked, strings.TrimSpace(string(holder[:n])), lockName)
		}
		return nil, errors.Join(err, closing)
	}
	// Not checked: a hub must also start on a full disk, and the lock holds without the number in it.
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return f, nil
}

// createFile makes an empty database file that only its owner may read, and makes its name durable.
// SQLite gives the same rights to the files beside it. It opens nothing that is already there.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	return errors.Join(f.Close(), syncDir(dir), syncDir(filepath.Dir(dir)))
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
