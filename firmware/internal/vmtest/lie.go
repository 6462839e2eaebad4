//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// lie becomes the program that args name, with a kernel that answers fsync and
// its kin with success and does nothing. It returns only when that fails.
//
// The filter is four instructions of classic BPF for each call: numbers of arm64.
func lie(args []string) error {
	const (
		noNewPrivs, setFilter = 38, 2 // of prctl: PR_SET_NO_NEW_PRIVS; SECCOMP_MODE_FILTER
		setSeccomp            = 22    // PR_SET_SECCOMP
		answerZero, allow     = 0x00050000, 0x7fff0000
	)
	calls := []uint32{syscall.SYS_FSYNC, syscall.SYS_FDATASYNC, syscall.SYS_SYNC, 84 /* sync_file_range */, 267 /* syncfs */}
	program := []syscall.SockFilter{{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS}} // the call's number
	for i, nr := range calls {
		program = append(program, syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jt: uint8(len(calls) - i), K: nr})
	}
	program = append(program,
		syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: allow},
		syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: answerZero})
	fprog := syscall.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread() // the filter is this thread's, and exec keeps it
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no new privileges: %w", errno)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setSeccomp, setFilter, uintptr(unsafe.Pointer(&fprog))); errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return syscall.Exec(args[0], args, os.Environ())
}
