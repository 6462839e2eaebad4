//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"jiaohao/firmware/dispenser"
)

// monotonic is the kernel's clock that the SPI recorder dates by.
func monotonic() time.Duration {
	const clockMonotonic = 1
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno) // every Linux has it
	}
	return time.Duration(ts.Nano())
}

// fill leaves no byte on the disk that path is on.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err = f.Write(block); err == nil {
			continue
		}
		block = block[:len(block)/2]
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	if sync := f.Sync(); !errors.Is(sync, syscall.ENOSPC) {
		err = errors.Join(err, sync)
	}
	return errors.Join(err, f.Close())
}

// stateDiskFull fills the dispenser's disk while the hub is away: a number that
// cannot be kept must not be on paper.
func (p *place) stateDiskFull() (string, error) {
	const filler = "/state/filler"
	p.hubProgram.kill()
	if err := errors.Join(p.kioskAway(), fill(filler)); err != nil {
		return "", err
	}
	given, err := p.pressUntilRefused()
	if err == nil {
		err = p.printer.none(p.test, quietTime)
	}
	if err := errors.Join(err, os.Remove(filler)); err != nil {
		return "", fmt.Errorf("slips %v: %w", given, err)
	}
	if err := p.press(); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err != nil {
		return "", fmt.Errorf("after space was freed: %w", err)
	}
	given = append(given, s.Number)
	if err := p.hubBack(); err != nil {
		return "", err
	}
	called, err := p.callUntil(given)
	return fmt.Sprintf("after %v, which still had room, a press is refused on the kiosk and nothing is printed; "+
		"with space again %s; called %v", given[:len(given)-1], s.Number, called), err
}

// pressUntilRefused presses until the kiosk says no: the spool's last block may
// have room for some more.
func (p *place) pressUntilRefused() (given []string, err error) {
	const most = 20
	for range most {
		if err := p.press(); err != nil {
			return given, err
		}
		refused := false
		err := p.await(slipMax, func() error {
			v, err := p.kiosk()
			if err != nil {
				return err
			}
			if refused = v.Result != nil && v.Result.Kind == dispenser.ResultRefused; refused {
				return nil
			}
			if len(p.printer.out) == 0 {
				return fmt.Errorf("neither slip nor refusal: %+v", v.Result)
			}
			return nil
		})
		if refused || err != nil {
			return given, err
		}
		s := <-p.printer.out
		given = append(given, s.Number)
	}
	return given, errors.New("none was refused")
}

// hubDiskFull fills the hub's disk: it issues nothing, and the dispenser goes on.
func (p *place) hubDiskFull() (string, error) {
	const filler = "/data/filler"
	if err := fill(filler); err != nil {
		return "", err
	}
	var numbers []string
	var err error
	for range 3 { // the journal may have room left in its last page
		if err = p.press(); err != nil {
			break
		}
		var s slip
		if s, err = p.printer.next(p.test, slipMax); err != nil {
			break
		}
		numbers = append(numbers, s.Number)
	}
	if err := errors.Join(err, os.Remove(filler)); err != nil {
		return "", fmt.Errorf("slips %v: %w", numbers, err)
	}
	select {
	case <-p.hubProgram.done:
		return "", fmt.Errorf("slips %v; the hub ended", numbers)
	default:
	}
	if !strings.HasPrefix(numbers[len(numbers)-1], "Y") {
		return "", fmt.Errorf("slips %v: the hub still issued on a full disk", numbers)
	}
	called, err := p.callUntil(numbers)
	return fmt.Sprintf("slips %v; with space again the hub goes on by itself and everybody was called: %v", numbers, called), err
}

// callUntil calls until all numbers were called.
func (p *place) callUntil(numbers []string) ([]string, error) {
	called := map[string]bool{}
	var order []string
	err := p.await(upMax, func() error {
		n, err := p.clerk.serve(p.test)
		if err != nil {
			return err
		}
		order, called[n] = append(order, n), true
		for _, n := range numbers {
			if !called[n] {
				return fmt.Errorf("%s was not called", n)
			}
		}
		return nil
	})
	return order, err
}

// verify stops the hub and checks its journal.
func (p *place) verify() (string, error) {
	if err := p.hubProgram.stop(p.test); err != nil {
		return "", err
	}
	return verify()
}

func verify() (string, error) {
	out, err := exec.Command("/bin/hub", "verify", "--data", hubDir).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
