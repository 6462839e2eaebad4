package demo

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/protocol"
)

const (
	greenShare  = 0.08 // of citizens who ask for the green channel
	rateShare   = 0.5  // of citizens who look at their phones and rate
	phonesKept  = 200  // links in citizens' pockets
	answerShare = 0.85 // of citizens who are asked at the window and press a key
	pageMax     = 64 << 10
	phoneAnswer = 2 * time.Second
	answerAfter = 3 * time.Second // mean time in which a citizen finds the key
)

// services are what citizens come for, as often as they stand here.
var services = [...]protocol.ServiceID{
	"social", "social", "medical", "medical", "tax", "tax", "company", "company", "company", "estate", "estate", "estate",
}

// step takes a number when somebody has come.
func (k *kioskPilot) step(ctx context.Context, now time.Time, pace float64) {
	if k.next.IsZero() {
		k.next = now.Add(after(k.dice, crowdEvery, pace))
	}
	if now.Before(k.next) {
		return
	}
	press := dispenser.Press{Service: services[k.dice.IntN(len(services))]}
	if k.dice.Float64() < greenShare {
		reasons := dispenser.GreenReasons()
		press.Class, press.Reason = protocol.Green, reasons[k.dice.IntN(len(reasons))][protocol.Chinese]
	}
	// A kiosk that refuses says so on its own screen, and the citizen leaves.
	_ = k.device.dispenser.Press(ctx, press)
	k.taken++
	if k.taken <= crowd {
		k.next = now.Add(after(k.dice, crowdEvery, pace))
		return
	}
	k.next = now.Add(time.Duration(k.dice.ExpFloat64() * float64(arrival) / pace))
}

// phones are the citizens who opened the page behind the code on their slip.
type phones struct {
	hub    string // base of the hub's pages
	dice   *rand.Rand
	client http.Client
	known  map[string]bool // links that were seen on a slip
	open   []string        // in pockets, oldest first
}

func newPhones(hub string, dice *rand.Rand) *phones {
	return &phones{hub: hub, dice: dice, known: map[string]bool{}, client: http.Client{Timeout: phoneAnswer}}
}

// scan reads a code; one half of the citizens do.
func (p *phones) scan(link string) {
	if link == "" || p.known[link] {
		return
	}
	if len(p.known) > 10*phonesKept {
		clear(p.known) // slips that still lie there may be scanned once more
	}
	p.known[link] = true
	if p.dice.Float64() < rateShare && len(p.open) < phonesKept {
		p.open = append(p.open, link)
	}
}

var (
	rateForm = regexp.MustCompile(`action="(/t/[^"/]+/rate)"[^>]*><input type="hidden" name="last" value="(\d+)"`)
	hopeless = regexp.MustCompile(`data-stage="(cancelled|finished)"`)
)

// look opens one of the pages, and rates if it asks for it.
func (p *phones) look(ctx context.Context) {
	if len(p.open) == 0 {
		return
	}
	i := p.dice.IntN(len(p.open))
	page, ok := p.fetch(ctx, p.open[i])
	form := rateForm.FindStringSubmatch(page)
	if ok && form == nil && !hopeless.MatchString(page) {
		return // still waiting
	}
	p.open = append(p.open[:i], p.open[i+1:]...)
	if form == nil {
		return
	}
	body := url.Values{"rating": {strconv.Itoa(grade(p.dice))}, "last": {form[2]}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.hub+form[1], strings.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if answer, err := p.client.Do(req); err == nil {
		answer.Body.Close()
	}
}

// grade is what a citizen thinks, 1 to 5.
func grade(dice *rand.Rand) int { return []int{5, 5, 5, 4, 4, 3, 2}[dice.IntN(7)] }

// voter is the citizen before a window with an evaluator.
type voter struct {
	device *device
	dice   *rand.Rand
	asked  string // the number that is asked about
	due    time.Time
	wants  bool
}

// step presses a key of the evaluator a while after it has asked.
func (v *voter) step(now time.Time, pace float64) {
	evaluator, screen := v.device.board.Evaluator, v.device.terminal.Screen()
	if evaluator == nil || evaluator.Sim == nil || screen.Rate == nil || screen.Rate.State != "asking" {
		v.asked = ""
		return
	}
	if v.asked != screen.Rate.Number {
		v.asked, v.wants, v.due = screen.Rate.Number, v.dice.Float64() < answerShare, now.Add(after(v.dice, answerAfter, pace))
	}
	if v.wants && now.After(v.due) {
		v.wants = false
		evaluator.Sim.Tap(strconv.Itoa(grade(v.dice)))
	}
}

// fetch opens a page. The base of the link is what a phone in the hall reaches;
// this phone is in the hub's own machine.
func (p *phones) fetch(ctx context.Context, link string) (string, bool) {
	u, err := url.Parse(link)
	if err != nil {
		return "", false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.hub+u.Path, http.NoBody)
	if err != nil {
		return "", false
	}
	answer, err := p.client.Do(req)
	if err != nil {
		return "", true
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(io.LimitReader(answer.Body, pageMax))
	if err != nil {
		return "", true
	}
	return string(page), answer.StatusCode == http.StatusOK
}
