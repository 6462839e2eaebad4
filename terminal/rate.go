package terminal

import (
	"strconv"
	"time"

	"jiaohao/protocol"
)

// rateUsual is how long a citizen who was asked may answer: to read five words and to choose one.
const rateUsual = 20 * time.Second

// asking is the question that the evaluator asks now.
type asking struct {
	ticket protocol.TicketID
	number string
	until  time.Time
}

// rated is how the last question ended.
type rated struct {
	number string
	state  string
	text   protocol.Text
	at     time.Time
}

func (d *desk) whyNotRate() protocol.Text {
	r := d.window.Rate
	switch {
	case len(d.broken["evaluator"]) > 0:
		return protocol.Say("评价器不能用", "The evaluator does not work")
	case r == nil:
		return protocol.Say("还没有可评价的号", "There is nobody to ask yet")
	case r.Rated:
		return protocol.Say(r.Number+" 号已评价", r.Number+" has been rated")
	}
	return nil
}

// pressRate has the evaluator ask: of who is served, or else of who was finished last. A question that
// waited for its answer is over.
func (d *desk) pressRate(now time.Time) *protocol.Refusal {
	rule, _ := ruleOf(KeyRate)
	if why := d.whyNot(rule, now); why != nil || !d.has.evaluator {
		return &protocol.Refusal{Code: d.whyCode(), Text: why}
	}
	r := d.window.Rate
	if d.asking != nil && d.asking.ticket != r.Ticket {
		d.unsaid = append(d.unsaid, d.asking.ticket)
	}
	d.asking, d.rated = &asking{r.Ticket, r.Number, now.Add(d.has.rateFor)}, nil
	return nil
}

// grade takes in a key of the evaluator, 1 to 5. Nothing was asked: nothing happens.
func (d *desk) grade(key string, now time.Time) *protocol.Request {
	n, err := strconv.Atoi(key)
	if err != nil || n < 1 || n > 5 || d.asking == nil || !now.Before(d.asking.until) {
		return nil
	}
	a := d.asking
	d.asking = nil
	d.rated = &rated{a.number, "thanks", protocol.Say("已评价，谢谢", "rated, thank you"), now}
	return &protocol.Request{Do: protocol.TicketRate, Ticket: a.ticket, Rating: n}
}

// unanswered gives up a question whose time is over, and returns what has to be
// written down of it and of those that were cut short.
func (d *desk) unrated(now time.Time) []protocol.Request {
	if d.asking != nil && !now.Before(d.asking.until) {
		d.unsaid = append(d.unsaid, d.asking.ticket)
		d.rated = &rated{d.asking.number, "none", protocol.Say("未评价", "not rated"), now}
		d.asking = nil
	}
	var list []protocol.Request
	for _, ticket := range d.unsaid {
		list = append(list, protocol.Request{Do: protocol.TicketRate, Ticket: ticket})
	}
	d.unsaid = nil
	return list
}

// notRated says that a rating did not reach the hub, or came to nothing there.
func (d *desk) notRated(number string, why protocol.Text, now time.Time) {
	d.rated = &rated{number, "failed", protocol.Say("评价没有记录："+why.In(protocol.Chinese), "the rating was not recorded: "+why.In(protocol.English)), now}
}

func (d *desk) rateView(now time.Time) *RateView {
	switch {
	case d.asking != nil:
		return &RateView{d.asking.number, "asking", d.asking.until.Sub(now).Milliseconds(), protocol.Say("正在请群众评价", "is asked to rate")}
	case d.rated != nil:
		return &RateView{Number: d.rated.number, State: d.rated.state, Text: d.rated.text}
	}
	return nil
}
