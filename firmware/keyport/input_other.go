//go:build !linux

package keyport

import (
	"errors"
	"io"
)

// openInput fails: only Linux has these devices.
func openInput(string) (io.ReadWriteCloser, error) {
	return nil, errors.New("number pads need Linux")
}
