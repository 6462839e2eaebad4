//go:build !linux

package tty

import (
	"errors"
	"os"
)

const openFlags = os.O_RDWR

var errLinux = errors.New("serial lines need Linux")

func (m *Mode) set(*os.File) error { return errLinux }

// Share fails: only Linux has these lines.
func Share(*os.File) error { return errLinux }

// Drain fails: only Linux has these lines.
func Drain(*os.File) error { return errLinux }

// Discard fails: only Linux has these lines.
func Discard(*os.File) error { return errLinux }
