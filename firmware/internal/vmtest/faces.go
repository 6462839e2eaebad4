//go:build linux

package main

import (
	"errors"
	"fmt"
	"image"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/display"
	"jiaohao/firmware/sign"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/ws2812"
	"jiaohao/protocol"
)

const (
	stripWidth, stripHeight = 64, 16
	signProfile             = "modbus-rtu" // its signs answer
	signAddress             = 7
	stripSelect             = 1 // chip select of the strip
)

// faces has a number called on a field of WS2812 LEDs and on a sign at a serial line.
func faces(t *test) {
	p := &place{test: t}
	var err error
	t.enroll()
	p.bus, err = openBus()
	t.need("SPI recorder", err)
	line, err := openLine()
	t.need("serial line", err)
	p.printer, err = openPrinter(t)
	t.need("printer", err)
	p.button, err = findLine(0)
	t.need("button", err)
	for name, panel := range map[string]string{
		"display-2": fmt.Sprintf(`{"kind": "ws2812", "spi": "SPI0.1", "width": %d, "height": %d, "brightness": %d}`, stripWidth, stripHeight, brightness),
		"display-3": fmt.Sprintf(`{"kind": "signs", "port": "serial:%s?baud=9600", "profile": %q, "signs": [{"window": %q, "address": %d}]}`,
			line.path, signProfile, window, signAddress),
	} {
		t.need("configuration", os.WriteFile("/data/"+name+".json", fmt.Appendf(nil, `{
			"hall": %q, "device": %q, "broker": "tcp://%s", "password_file": "/data/%s.password", "window": %q, "panel": %s}`,
			hall, name, brokerAt, name, window, panel), 0o600))
	}
	p.hubProgram = t.hub()
	t.need("hub", t.hubUp())
	p.kioskProg = t.dispenser()
	t.start("display", "-config", "/data/display-2.json")
	t.start("display", "-config", "/data/display-3.json")
	t.need("dispenser", t.kioskOnline())
	p.manager, err = t.login()
	t.need("manager", err)
	p.clerk = t.signOn()
	for _, device := range []string{"display-2", "display-3"} {
		t.need(device, t.await(upMax, func() error {
			faults, err := t.faults(p.manager, device)
			if err == nil && len(faults) > 0 {
				err = fmt.Errorf("%s has faults: %v", device, faults)
			}
			return err
		}))
	}
	t.need("ticket", p.press())
	slip, err := p.printer.next(t, slipMax)
	t.need("ticket", err)
	n, err := p.clerk.callNext(t)
	t.need("call", err)

	t.check("WS2812: called number by pulses on MOSI", func() (string, error) { return p.onStrip(n) })
	t.check("sign on a serial line: called number, answers read", func() (string, error) { return line.shows(t, n) })
	t.check("all on one slip", func() (string, error) {
		if slip.Number != n {
			return "", fmt.Errorf("slip %s, called %s", slip.Number, n)
		}
		return n, nil
	})
}

// onStrip measures the pulses on the line as an LED does, and compares what shines with the frame.
func (p *place) onStrip(number string) (string, error) {
	state := &protocol.WindowState{Status: protocol.Open, Current: &protocol.Current{Number: number}}
	want := display.Frame(display.Scene{State: state, SinceCall: -1}, image.Pt(stripWidth, stripHeight)).Pix
	pictures, bytes := 0, 0
	err := p.await(replyMax, func() error {
		sent, err := p.bus.since(0)
		if err != nil {
			return err
		}
		sent = slices.DeleteFunc(sent, func(t transfer) bool { return t.CS != stripSelect })
		if len(sent) == 0 {
			return errors.New("nothing was sent")
		}
		strip, err := sim.NewStrip(ws2812.Wiring{Width: stripWidth, Height: stripHeight})
		if err != nil {
			return err
		}
		conn, err := strip.Connect(physic.Frequency(sent[0].Speed)*physic.Hertz, spi.Mode0, 8)
		if err != nil {
			return err
		}
		pictures, bytes = len(sent), len(sent[0].data)
		for _, t := range sent {
			if err := conn.Tx(t.data, nil); err != nil {
				return err
			}
		}
		if !slices.Equal(strip.Rows(), want) {
			return fmt.Errorf("after %d pictures the field does not show %s", len(sent), number)
		}
		return nil
	})
	return fmt.Sprintf("%s on %d x %d LEDs; %d pictures of %d bytes, each one transfer whose pulses are those of the datasheet", number, stripWidth, stripHeight, pictures, bytes), err
}

// line485 is a serial line of the kernel's, a pty, with a sign at its end.
type line485 struct {
	path  string
	signs *sim.Signs

	mu    sync.Mutex // the sign's goroutine writes while the test looks
	wrong error
}

func openLine() (*line485, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	unlock, n := int32(0), uint32(0)
	for _, call := range []struct {
		request uintptr
		arg     unsafe.Pointer
	}{{syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)}, {syscall.TIOCGPTN, unsafe.Pointer(&n)}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), call.request, uintptr(call.arg)); errno != 0 {
			return nil, fmt.Errorf("pty: %w", errno)
		}
	}
	profile, err := sign.Find(signProfile)
	if err != nil {
		return nil, err
	}
	l := &line485{path: fmt.Sprintf("/dev/pts/%d", n)}
	if l.signs, err = sim.NewSigns(profile, signAddress); err != nil {
		return nil, err
	}
	go l.run(master)
	return l, nil
}

// run is the sign: it takes a frame after a silence, and answers.
func (l *line485) run(master *os.File) {
	const silence = 4 * time.Millisecond
	buf := make([]byte, 512)
	for {
		n, err := master.Read(buf)
		if err != nil {
			time.Sleep(silence) // nobody has the other end open
			continue
		}
		_, err = l.signs.Write(buf[:n])
		answer, _ := l.signs.Read(buf) // a sign that has nothing to say
		l.mu.Lock()
		l.wrong = errors.Join(l.wrong, err)
		l.mu.Unlock()
		_, _ = master.Write(buf[:answer]) // the program notices when it does not come
	}
}

// shows waits until the sign shows a text with the number.
func (l *line485) shows(t *test, number string) (string, error) {
	text := ""
	err := t.await(replyMax, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if text = l.signs.Text(signAddress); !strings.Contains(text, number) {
			return fmt.Errorf("the sign shows %q", text)
		}
		return l.wrong
	})
	all := l.signs.Frames()
	if err != nil || len(all) == 0 {
		return "", err
	}
	return fmt.Sprintf("%q at address %d, profile %s; %d frames, the last % x; the kernel's tty layer, no UART", text, signAddress, signProfile, len(all), all[len(all)-1]), nil
}
