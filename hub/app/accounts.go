package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"jiaohao/protocol"
)

// accountsFile holds the hashes of the devices' passwords, in the hub's folder.
// What a device is and may do stands in the plan; only the secret is here.
const accountsFile = "accounts.json"

// account is one device's secret.
type account struct {
	Secret  string    `json:"secret"` // hex SHA-256 of a random password of 130 bits
	Created time.Time `json:"created"`
}

// Accounts are the enrolled devices of a hub's folder. A running hub sees what
// another process enrols or revokes: the file is read again when it changed.
type Accounts struct {
	path string

	mu       sync.Mutex // guards the copy of the file: the broker asks from many goroutines
	modified time.Time
	size     int64
	byID     map[protocol.DeviceID]account
	watched  map[protocol.DeviceID]account // as Revoked saw them last
}

// OpenAccounts returns the accounts of a hub's folder. A missing file is an
// empty one.
func OpenAccounts(dir string) *Accounts {
	return &Accounts{path: filepath.Join(dir, accountsFile)}
}

// Secret returns the hash of a device's password, and whether it is enrolled.
// A file that cannot be read enrols nobody.
func (a *Accounts) Secret(id protocol.DeviceID) (secret [sha256.Size]byte, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.refresh(); err != nil {
		return secret, false
	}
	acc, ok := a.byID[id]
	if !ok {
		return secret, false
	}
	n, err := hex.Decode(secret[:], []byte(acc.Secret))
	return secret, err == nil && n == len(secret)
}

// Revoked returns the devices that were enrolled when it was last called and
// have a different secret or none now.
func (a *Accounts) Revoked() []protocol.DeviceID {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.refresh(); err != nil {
		return nil
	}
	var gone []protocol.DeviceID
	for id, acc := range a.watched {
		if now, ok := a.byID[id]; !ok || now.Secret != acc.Secret {
			gone = append(gone, id)
		}
	}
	a.watched = a.byID
	return gone
}

// Enroll makes a device's password, replacing any that it had, and returns it.
// It is kept nowhere: the file has its hash only.
func (a *Accounts) Enroll(id protocol.DeviceID, now time.Time) (password string, err error) {
	password = rand.Text()
	sum := sha256.Sum256([]byte(password))
	err = a.change(func(all map[protocol.DeviceID]account) {
		all[id] = account{Secret: hex.EncodeToString(sum[:]), Created: now.UTC().Truncate(time.Second)}
	})
	return password, err
}

// Revoke ends a device's account. It returns an error when there is none.
func (a *Accounts) Revoke(id protocol.DeviceID) error {
	found := false
	err := a.change(func(all map[protocol.DeviceID]account) {
		_, found = all[id]
		delete(all, id)
	})
	if err == nil && !found {
		return fmt.Errorf("device %q is not enrolled", id)
	}
	return err
}

// change edits the file under a lock and puts it in place whole.
func (a *Accounts) change(edit func(map[protocol.DeviceID]account)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	lock, err := os.OpenFile(a.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("accounts: lock: %w", err)
	}
	if err := a.load(); err != nil {
		return err
	}
	edit(a.byID)
	text, err := json.MarshalIndent(a.byID, "", "  ")
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return replaceFile(a.path, append(text, '\n'))
}

// refresh reads the file when it is another one than at the last look.
func (a *Accounts) refresh() error {
	info, err := os.Stat(a.path)
	if err == nil && a.byID != nil && info.ModTime().Equal(a.modified) && info.Size() == a.size {
		return nil
	}
	return a.load()
}

func (a *Accounts) load() error {
	all := map[protocol.DeviceID]account{}
	text, err := os.ReadFile(a.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("accounts: %w", err)
	default:
		if err := json.Unmarshal(text, &all); err != nil {
			return fmt.Errorf("accounts: %s is damaged, restore it or enrol the devices again: %w", a.path, err)
		}
	}
	a.byID = all
	if info, err := os.Stat(a.path); err == nil {
		a.modified, a.size = info.ModTime(), info.Size()
	}
	return nil
}

// replaceFile puts a file in place whole, readable by its owner only, and on
// the disk before it returns.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
