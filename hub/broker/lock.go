package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes dir if need be and takes it for this process, because the engine itself would let two brokers write the
// same store. The lock ends with the returned file, or with the process, however that ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("broker store: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("broker store: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("broker store %s: %w (%w)", dir, ErrInUse, err)
	}
	return f, nil
}
