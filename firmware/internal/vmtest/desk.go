//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"jiaohao/protocol"
	"jiaohao/terminal"
)

// screen is what the clerk sees.
func (p *wired) screen() (terminal.Screen, error) {
	var s terminal.Screen
	return s, get(p.ctx, http.DefaultClient, "http://"+terminalAt+"/screen", &s)
}

func (p *wired) awaitScreen(most time.Duration, what string, ready func(terminal.Screen) bool) error {
	return p.await(most, func() error {
		s, err := p.screen()
		if err == nil && !ready(s) {
			err = fmt.Errorf("the terminal is not %s: stage %s, banners %v, note %v", what, s.Stage, s.Banners, s.Note)
		}
		return err
	})
}

// key presses a key of the terminal's page.
func (p *wired) key(press terminal.Press) error {
	press.ID = protocol.RequestID(fmt.Sprintf("PRESS%d", time.Now().UnixNano()))
	body, err := json.Marshal(press)
	if err != nil {
		return err
	}
	return p.post(terminalAt, "/press", string(body))
}

// call has the clerk call the next number, by pressing once or, with somebody called at the window, twice.
func (p *wired) call(press func() error) (string, error) {
	before, err := p.screen()
	if err != nil {
		return "", err
	}
	const settled = 2 * time.Second // a press right behind a change of what the key does is none
	p.pause(settled)
	if before.Stage == terminal.StageCalled {
		if err := press(); err != nil {
			return "", err
		}
		if err := p.awaitScreen(replyMax, "serving", func(s terminal.Screen) bool { return s.Stage == terminal.StageServing && s.Busy == nil }); err != nil {
			return "", err
		}
		p.pause(settled)
	}
	if err := press(); err != nil {
		return "", err
	}
	number := ""
	err = p.awaitScreen(replyMax, "calling", func(s terminal.Screen) bool {
		if s.Stage != terminal.StageCalled || s.Current == nil || before.Current != nil && s.Current.Number == before.Current.Number {
			return false
		}
		number = s.Current.Number
		return true
	})
	if err == nil {
		p.seen = append(p.seen, number)
	}
	return number, err
}

func (p *wired) bigKey() error { return p.key(terminal.Press{Key: terminal.KeyBig}) }
