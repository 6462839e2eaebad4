//go:build linux

package main

import (
	"errors"
	"fmt"
	"image"
	"os"
	"slices"
	"strings"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/display"
	"jiaohao/firmware/sim"
	"jiaohao/protocol"
	"jiaohao/terminal"
)

const (
	terminalAt = "127.0.0.1:8082"
	// lostMax is how long a cut network may stay unnoticed: the session's keep-alive and a half, twice
	// under emulation.
	lostMax = 90 * time.Second
	// shownMax is how long a panel that is back may stay dark: its registers are sent anew every 5 s.
	shownMax = 15 * time.Second
)

// wired is a hall at work whose cables are pulled.
type wired struct {
	place
	room  *room
	pad   *numpad
	units map[string]*supervisor // by device
	given []string               // numbers that citizens have
	seen  []string               // numbers that were called
}

// unplug pulls the printer, the panel, the keypad and the network of each device in turn.
func unplug(t *test) {
	p := &wired{place: place{test: t}, units: map[string]*supervisor{}}
	t.enroll()
	var err error
	p.room, err = newRoom(t, "test", "dispenser-1", "display-1", "terminal-1")
	t.need("cables", err)
	p.configure()
	p.bus, err = openBus()
	t.need("SPI recorder", err)
	p.printer, err = openPrinter(t)
	t.need("printer", err)
	p.button, err = findLine(0)
	t.need("button", err)
	p.pad, err = plugNumpad()
	t.need("numpad", err)
	t.launch("hub", p.room.command("/bin/hub", "run", "--data", hubDir, "--plan", planFile, "--http", ":8080", "--mqtt", ":1883"))
	t.need("pages", forward(t.ctx, pagesAt, p.room.hubAt("test")+":8080"))
	t.need("hub", t.hubUp())
	for device, program := range map[string]string{"dispenser-1": "dispenser", "display-1": "display", "terminal-1": "terminal"} {
		_, p.units[device] = t.supervised(program, "-config", "/data/"+program+".json")
	}
	t.need("dispenser", t.kioskOnline())
	p.manager, err = t.login()
	t.need("manager", err)
	t.need("clerk signs on", p.awaitScreen(upMax, "signed_off", func(s terminal.Screen) bool { return s.Stage == terminal.StageSignedOff }))
	t.need("clerk signs on", p.key(terminal.Press{Key: terminal.KeySignOn, Clerk: "c01", PIN: "1234"}))
	t.need("clerk signs on", p.awaitScreen(replyMax, "idle", func(s terminal.Screen) bool { return s.Stage == terminal.StageIdle }))

	t.check("unplug: the printer", p.unplugPrinter)
	t.check("unplug: the panel's cable", p.unplugPanel)
	t.check("unplug: the panel's bus fails", func() (string, error) {
		return p.panelGone("/sys/module/spicap/parameters/fail", "1", "/sys/module/spicap/parameters/fail", "0")
	})
	t.check("unplug: the panel's SPI device", func() (string, error) {
		return p.panelGone("/sys/bus/spi/drivers/spidev/unbind", "spi0.0", "/sys/bus/spi/drivers/spidev/bind", "spi0.0")
	})
	t.check("unplug: the numpad", p.unplugNumpad)
	t.check("unplug: the dispenser's network", p.unplugDispenser)
	t.check("unplug: the terminal's network", p.unplugTerminal)
	t.check("unplug: the panel's network", p.unplugDisplay)
	t.check("unplug: nobody lost, nobody twice", p.accountAll)
	t.check("watchdog: every program alive all the time", p.watchdogs)
}

// configure gives each device the hub's address at its own cable.
func (p *wired) configure() {
	p.need("configuration", os.WriteFile("/data/terminal.json", fmt.Appendf(nil, `{
		"hall": %q, "device": "terminal-1", "broker": "tcp://%s", "password_file": "/data/terminal-1.password",
		"http": %q, "window": %q, "keypad": {"numpad": %q}}`, hall, brokerAt, terminalAt, window, padName), 0o600))
	for name, file := range map[string]string{"dispenser-1": "dispenser", "display-1": "display", "terminal-1": "terminal"} {
		path := "/data/" + file + ".json"
		raw, err := os.ReadFile(path)
		p.need("configuration", err)
		raw = []byte(strings.ReplaceAll(string(raw), brokerAt, p.room.hubAt(name)+":1883"))
		p.need("configuration", os.WriteFile(path, raw, 0o600))
	}
}

// ticket takes a ticket at the kiosk's button and waits for its slip.
func (p *wired) ticket() (string, error) {
	if err := p.press(); err != nil {
		return "", err
	}
	s, err := p.printer.next(p.test, slipMax)
	if err == nil && s.Again {
		err = fmt.Errorf("slip %s is marked as a reprint", s.Number)
	}
	if err != nil {
		return "", err
	}
	p.given = append(p.given, s.Number)
	return s.Number, p.awaitKiosk(slipMax, func(v dispenser.View) error { // the printer has confirmed it
		if v.Result != nil && v.Result.Ticket != nil && v.Result.Ticket.Number == s.Number && v.Result.Paper != dispenser.PaperTaken {
			return fmt.Errorf("the kiosk says that the slip of %s is %s", s.Number, v.Result.Paper)
		}
		return nil
	})
}

// told returns what the hub's page of devices says of a device.
func (p *wired) told(device string) (online bool, words []string, err error) {
	var all struct {
		Devices []struct {
			Device   string
			Online   bool
			Troubles []struct{ Text protocol.Text }
		}
	}
	if err := get(p.ctx, p.manager, "http://"+pagesAt+"/api/v1/devices", &all); err != nil {
		return false, nil, err
	}
	for _, d := range all.Devices {
		if d.Device == device {
			for _, t := range d.Troubles {
				words = append(words, t.Text.In(protocol.Chinese))
			}
			return d.Online, words, nil
		}
	}
	return false, nil, fmt.Errorf("the hub has no device %s", device)
}

// awaitTold waits until the devices page says words of a device, or nothing when they are empty.
func (p *wired) awaitTold(most time.Duration, device, words string) error {
	return p.await(most, func() error {
		_, all, err := p.told(device)
		if err == nil && !(words == "" && len(all) == 0 || words != "" && slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, words) })) {
			err = fmt.Errorf("the devices page says %q of %s, want %q", all, device, words)
		}
		return err
	})
}

// awaitLine waits for the program's systemd status.
func (p *wired) awaitLine(device, words string) error {
	return p.await(lostMax, func() error {
		if line := p.units[device].line(); !strings.HasPrefix(line, words) {
			return fmt.Errorf("the status of %s is %q, want %q", device, line, words)
		}
		return nil
	})
}

// both waits for the same sentence on the devices page and in the systemd status.
func (p *wired) both(device, words string) error {
	told := words
	if words == "一切正常" {
		told = ""
	}
	return errors.Join(p.awaitTold(lostMax, device, told), p.awaitLine(device, words))
}

const (
	saysWell    = "一切正常"
	saysPrinter = "打印机没有应答：请检查电源和数据线"
	saysPanel   = "窗口屏无法显示：请检查连线"
	saysPad     = "小键盘没有接好：请检查插头"
	saysNetwork = "网络断开：请检查网线"
	saysAway    = "联系不上（网络断开或断电）"
)

// unplugPrinter pulls the printer while the dispenser works.
func (p *wired) unplugPrinter() (string, error) {
	first, err := p.ticket()
	if err != nil {
		return "", err
	}
	if err := plug(false); err != nil {
		return "", err
	}
	missing, err := p.missing()
	if err != nil {
		return "", err
	}
	p.given = append(p.given, missing)
	view, err := p.kiosk()
	if err == nil && view.Line.In(protocol.Chinese) != saysPrinter {
		err = fmt.Errorf("the kiosk's corner says %q", view.Line)
	}
	if err := errors.Join(err, p.both("dispenser-1", saysPrinter), plug(true), p.both("dispenser-1", saysWell), p.reprinted(missing)); err != nil {
		return "", err
	}
	next, err := p.ticket()
	return fmt.Sprintf("%s; pulled: %s large on the kiosk, no slip; kiosk's corner, devices page and status say %q; back: no burst, one marked reprint, then %s",
		first, missing, saysPrinter, next), err
}

// frame is the rows of a panel that shows a number.
func frame(number string) []byte {
	state := &protocol.WindowState{Status: protocol.Open, Current: &protocol.Current{Number: number}}
	return display.Frame(display.Scene{State: state, SinceCall: -1}, image.Pt(wiring.Columns*8, wiring.Rows*8)).Pix
}

// awaitPanel waits until a panel that has its power and its cable since transfer from shows rows.
func (p *wired) awaitPanel(from int, rows []byte) error {
	return p.await(shownMax, func() error {
		panel, err := sim.NewPanel(wiring)
		if err != nil {
			return err
		}
		conn, err := panel.Connect(physic.MegaHertz, spi.Mode0, 8)
		if err != nil {
			return err
		}
		sent, err := p.bus.since(from)
		if err != nil {
			return err
		}
		for _, t := range sent {
			if err := conn.Tx(t.data, nil); err != nil {
				return err
			}
		}
		if !slices.Equal(panel.Rows(), rows) {
			return fmt.Errorf("after %d transfers the panel does not show it", len(sent))
		}
		return nil
	})
}

// unplugPanel pulls the panel's own cable, which nobody can notice, and puts a panel without memory back.
func (p *wired) unplugPanel() (string, error) {
	n, err := p.call(p.bigKey)
	if err != nil {
		return "", err
	}
	p.pause(8 * time.Second) // it blinks for 5 s
	from, back := p.bus.len(), time.Now()
	err = p.awaitPanel(from, frame(n))
	return fmt.Sprintf("MAX7219 has no way to answer: nobody is told; a panel fresh from power-on shows %s %d ms after it is back", n, time.Since(back).Milliseconds()), err
}

// panelGone has the kernel's SPI fail, or its device go, by a word to a file of sysfs, calls meanwhile, and takes it back by another.
func (p *wired) panelGone(file, word, back, again string) (string, error) {
	if err := os.WriteFile(file, []byte(word), 0); err != nil {
		return "", err
	}
	err := p.both("display-1", saysPanel)
	n := ""
	if err == nil {
		_, err = p.ticket()
	}
	if err == nil {
		n, err = p.call(p.bigKey)
	}
	p.pause(8 * time.Second)
	from := p.bus.len()
	if err := errors.Join(err, os.WriteFile(back, []byte(again), 0)); err != nil {
		return "", err
	}
	since := time.Now()
	if err := p.awaitPanel(from, frame(n)); err != nil {
		return "", err
	}
	took := time.Since(since).Milliseconds()
	return fmt.Sprintf("devices page and status say %q; %s called meanwhile is on the panel %d ms after it is well", saysPanel, n, took),
		p.both("display-1", saysWell)
}

// unplugNumpad pulls the clerk's keypad: the screen goes on, and the pad is taken up again.
func (p *wired) unplugNumpad() (string, error) {
	enter := func() error { return p.pad.press(keyEnter) }
	if _, err := p.ticket(); err != nil {
		return "", err
	}
	first, err := p.call(enter)
	if err != nil {
		return "", err
	}
	if err := p.pad.unplug(); err != nil {
		return "", err
	}
	err = p.awaitScreen(lostMax, "saying so", func(s terminal.Screen) bool {
		return slices.ContainsFunc(s.Banners, func(b terminal.Banner) bool { return b.Kind == "keypad" })
	})
	if err := errors.Join(err, p.both("terminal-1", saysPad)); err != nil {
		return "", err
	}
	if _, err := p.ticket(); err != nil {
		return "", err
	}
	second, err := p.call(p.bigKey)
	if err != nil {
		return "", fmt.Errorf("without the pad: %w", err)
	}
	if p.pad, err = plugNumpad(); err != nil {
		return "", err
	}
	if err := p.both("terminal-1", saysWell); err != nil {
		return "", err
	}
	if _, err := p.ticket(); err != nil {
		return "", err
	}
	third, err := p.call(enter)
	return fmt.Sprintf("%s called by its Enter key; pulled: terminal, devices page and status say %q, %s called from the screen; back: %s by the key",
		first, saysPad, second, third), err
}

// unplugDispenser pulls the dispenser's network: it goes on with its own letter.
func (p *wired) unplugDispenser() (string, error) {
	if err := p.room.plug("dispenser-1", false); err != nil {
		return "", err
	}
	doubtful, err := p.ticket() // the hub is not known to be away yet
	if err == nil {
		err = p.kioskAway()
	}
	own := ""
	if err == nil {
		own, err = p.ticket()
	}
	if err == nil {
		err = errors.Join(p.awaitTold(lostMax, "dispenser-1", saysAway), p.awaitLine("dispenser-1", saysNetwork))
	}
	if err := errors.Join(err, p.room.plug("dispenser-1", true)); err != nil {
		return "", err
	}
	if err := errors.Join(p.kioskOnline(), p.both("dispenser-1", saysWell)); err != nil {
		return "", err
	}
	return fmt.Sprintf("slips %s and %s of its own letter; the kiosk and its status say %q, the devices page %q; back by itself", doubtful, own, saysNetwork, saysAway), nil
}

// unplugTerminal pulls the terminal's network: nothing can be called, and the clerk sees why.
func (p *wired) unplugTerminal() (string, error) {
	before, err := p.screen()
	if err != nil {
		return "", err
	}
	if err := p.room.plug("terminal-1", false); err != nil {
		return "", err
	}
	err = p.awaitScreen(lostMax, "away", func(s terminal.Screen) bool {
		return !s.Big.Live && slices.ContainsFunc(s.Banners, func(b terminal.Banner) bool { return b.Kind == "away" })
	})
	if err == nil && p.bigKey() == nil {
		err = errors.New("a press was taken without the hub")
	}
	err = errors.Join(err, p.awaitTold(lostMax, "terminal-1", saysAway), p.awaitLine("terminal-1", saysNetwork))
	if err := errors.Join(err, p.room.plug("terminal-1", true)); err != nil {
		return "", err
	}
	if err := errors.Join(p.both("terminal-1", saysWell), p.awaitScreen(upMax, "as before", func(s terminal.Screen) bool {
		return s.Stage == before.Stage && s.Current != nil && s.Current.Number == before.Current.Number && len(s.Banners) == 0
	})); err != nil {
		return "", err
	}
	n, err := p.call(p.bigKey)
	return fmt.Sprintf("the terminal says it and refuses a press, its status %q; back: the clerk is still signed on with %s, then calls %s", saysNetwork, before.Current.Number, n), err
}

// unplugDisplay pulls the panel's network and calls: the panel cannot know, but says that it is alone.
func (p *wired) unplugDisplay() (string, error) {
	if _, err := p.ticket(); err != nil {
		return "", err
	}
	before, err := p.screen()
	if err != nil {
		return "", err
	}
	p.pause(8 * time.Second)
	if err := p.room.plug("display-1", false); err != nil {
		return "", err
	}
	old := protocol.WindowState{Status: protocol.Open, Current: &protocol.Current{Number: before.Current.Number}}
	size := image.Pt(wiring.Columns*8, wiring.Rows*8)
	dot := display.Frame(display.Scene{State: &old, SinceCall: -1, Age: time.Minute}, size).Pix
	marked := p.await(3*lostMax, func() error { return p.awaitPanel(p.bus.len()-200, dot) })
	err = errors.Join(marked, p.awaitTold(lostMax, "display-1", saysAway), p.awaitLine("display-1", saysNetwork))
	n := ""
	if err == nil {
		n, err = p.call(p.bigKey)
	}
	if err := errors.Join(err, p.room.plug("display-1", true)); err != nil {
		return "", err
	}
	if err := p.both("display-1", saysWell); err != nil {
		return "", err
	}
	p.pause(8 * time.Second)
	return fmt.Sprintf("the panel keeps %s with the mark in its corner; %s, called meanwhile, is on it when the cable is back", before.Current.Number, n),
		p.awaitPanel(max(0, p.bus.len()-200), frame(n))
}

// accountAll calls everybody who still waits and compares with whom a number was given.
func (p *wired) accountAll() (string, error) {
	for {
		waits, err := p.screen()
		if err != nil {
			return "", err
		}
		if waits.Waiting == 0 {
			break
		}
		if _, err := p.call(p.bigKey); err != nil {
			return "", err
		}
	}
	given, seen := slices.Sorted(slices.Values(p.given)), slices.Sorted(slices.Values(p.seen))
	if !slices.Equal(given, seen) {
		return "", fmt.Errorf("given %v, called %v", given, seen)
	}
	return fmt.Sprintf("%d numbers given, each called once: %v", len(given), given), nil
}

// watchdogs tells how the programs answered their supervisor.
func (p *wired) watchdogs() (string, error) {
	var words []string
	for _, device := range []string{"dispenser-1", "display-1", "terminal-1"} {
		seen, err := p.units[device].well()
		if err != nil {
			return "", fmt.Errorf("%s: %w", device, err)
		}
		words = append(words, device+" "+seen)
	}
	return "sd_notify, READY once each: " + strings.Join(words, "; "), nil
}
