package dispenser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"jiaohao/firmware/escpos"
	layout "jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// job is a paper as the printer's goroutine gets it: a slip, or a service's list of materials.
type job struct {
	slip *slip
	list protocol.ServiceID
	doc  escpos.Doc
}

// print shows the number and hands the slip to the printer. There is room:
// accept and reprint look at slipsMax first.
func (d *Dispenser) print(s *slip) {
	now := time.Now()
	d.slips++
	s.printing = true
	d.show(now, Result{Kind: ResultTicket, Service: s.Ticket.Service, Ticket: &s.Ticket, Paper: PaperComing, Again: s.again}, showWorking)
	d.jobs <- job{slip: s, doc: layout.Ticket(s.Ticket, d.config, d.style(s.Reader), s.again)}
}

// runPrinter owns the printer: it prints one slip at a time and asks in between
// how the printer is.
func (d *Dispenser) runPrinter(ctx context.Context) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	d.pollPrinter()
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-d.jobs:
			fault, status := d.put(j.doc)
			used := 0
			if fault == "" {
				used = d.paperUsed()
			}
			d.call(func() {
				d.see(status, used)
				if j.slip == nil {
					d.onList(j.list, fault, status)
					return
				}
				d.onPaper(j.slip, fault, status)
			})
		case <-poll.C:
			d.pollPrinter()
		}
	}
}

func (d *Dispenser) pollPrinter() {
	status := d.status()
	if d.held && status.Answered {
		d.discard()
	}
	d.call(func() {
		if d.opts.Profile.Ask == escpos.AskQueue {
			d.printer = status // a print server knows no news without a paper
			return
		}
		d.see(status, 0)
	})
}

// see takes what the printer says and how much paper it has used since, in mm.
func (d *Dispenser) see(status escpos.Status, used int) {
	d.printer = status
	day := ""
	if d.config != nil {
		day = d.config.Day
	}
	if err := errors.Join(d.roll.printed(used, day), d.roll.see(status)); err != nil {
		d.failWrite(err)
	}
}

// paperUsed is the length of the paper that was just printed, in mm by its bytes, or 0 if the printer
// cannot tell.
func (d *Dispenser) paperUsed() int {
	p, can := d.opts.Printer.(interface{ Length() int })
	if !can || d.opts.Profile.Dots == 0 {
		return 0
	}
	line := map[int]int{58: 48, 80: 72}[d.opts.Profile.PaperMM] // mm that the head prints
	return p.Length() * line / d.opts.Profile.Dots
}

// status asks the printer how it is; a port that is gone is a printer that says nothing.
func (d *Dispenser) status() escpos.Status {
	s, err := d.opts.Printer.Status()
	if err != nil {
		d.log.Debug("printer", "err", err)
		return escpos.Status{}
	}
	return s
}

// ready asks the printer as shortly as it can be asked whether it would print.
func (d *Dispenser) ready() escpos.Status {
	p, can := d.opts.Printer.(interface {
		Ready() (escpos.Status, error)
	})
	if !can {
		return d.status()
	}
	s, err := p.Ready()
	if err != nil {
		d.log.Debug("printer", "err", err)
		return escpos.Status{}
	}
	return s
}

// put prints doc and returns why there is no paper, or "". A printer that says
// that it cannot print, or that should answer and does not, is sent nothing: what it kept
// would come out when somebody refills the paper.
func (d *Dispenser) put(doc escpos.Doc) (fault string, status escpos.Status) {
	if d.held {
		d.discard()
	}
	if d.opts.Profile.Answers() {
		if s := d.ready(); !s.CanPrint() {
			return faultWord(s), s
		}
	}
	if err := d.opts.Printer.Print(doc); err != nil {
		d.log.Warn("print", "err", err)
		d.discard()
		return "write_failed", d.status()
	}
	s, err := d.opts.Printer.Confirm()
	switch {
	case err != nil:
		d.log.Warn("confirm", "err", err)
		d.discard()
		return "write_failed", escpos.Status{}
	case s.Printed, !d.opts.Profile.Answers():
		return "", s
	case !s.CanPrint():
		d.discard()
		return faultWord(s), s
	case d.opts.Profile.Receipt:
		// It is well and yet has not said that the slip is out.
		d.discard()
		return "no_answer", s
	}
	return "", s
}

// discard has the printer drop what it holds, if it can. When its port is gone it is told when it is back.
func (d *Dispenser) discard() {
	d.held = false
	if p, can := d.opts.Printer.(interface{ Discard() error }); can {
		if err := p.Discard(); err != nil {
			d.log.Debug("discard", "err", err)
			d.held = true
		}
	}
}

// faultWord is the problem in the words of the contract.
func faultWord(s escpos.Status) string {
	switch p := s.Problem(); p {
	case escpos.ProblemFault:
		return "jam"
	case escpos.ProblemNone, escpos.ProblemPaperLow:
		return ""
	default:
		return string(p)
	}
}

// onPaper takes what became of a slip.
func (d *Dispenser) onPaper(s *slip, fault string, status escpos.Status) {
	d.slips--
	s.printing = false
	d.tellPrinted(s, fault)
	switch {
	case fault == "" && s.again:
		d.keep(entry{Paper: s.ref(), Again: s.Offline})
	case fault == "":
		d.keep(entry{Paper: s.ref(), Printed: s.Offline})
	}
	if d.result == nil || d.result.Ticket == nil || d.result.Ticket.Number != s.Ticket.Number {
		return // somebody else is looking at the screen by now
	}
	r := *d.result
	if fault == "" {
		r.Paper = PaperTaken
		d.show(time.Now(), r, showTicket)
		return
	}
	r.Paper, r.Text = PaperMissing, d.faultText(fault)
	d.show(time.Now(), r, showFault)
}

// tellPrinted reports what became of a slip.
func (d *Dispenser) tellPrinted(s *slip, fault string) {
	id := s.Ticket.ID
	if o := d.book.find(s.Offline); o != nil {
		o.printing = false
		return // the merge will tell, and behind it tellAgain
	}
	if id == "" {
		return // merged as a leftover: the hub has no such ticket
	}
	report := protocol.PrintReport{OK: fault == "", Fault: fault, Again: s.again}
	if err := d.opts.Link.Post(protocol.Request{Do: protocol.TicketPrinted, Ticket: id, Print: &report}); err != nil {
		d.failWrite(err)
	}
}

// tellAgain reports a reprint of a ticket that the hub did not know then. Its merge may have been on
// the way, or sent and not answered, and said that there is no paper; the hub takes a ticket's merge
// only once. The request's id is the same each time, so that it counts once.
func (d *Dispenser) tellAgain(o *offline, id protocol.TicketID) {
	if !o.Again || id == "" {
		return
	}
	report := protocol.PrintReport{OK: true, Again: true}
	req := protocol.Request{ID: protocol.RequestID(fmt.Sprintf("again-%s-%d", o.ref(), o.At)), Do: protocol.TicketPrinted, Ticket: id, Print: &report}
	if err := d.opts.Link.Post(req); err != nil {
		d.failWrite(err)
	}
}

func (d *Dispenser) keep(e entry) {
	if err := d.book.record(e); err != nil {
		d.failWrite(err)
	}
}

func (d *Dispenser) failWrite(err error) {
	d.fail(protocol.NewFault("disk", "write_failed", nil), err)
}

// reprint prints a number once more, marked as such, if its paper never came.
func (d *Dispenser) reprint(number string) error {
	unprinted := d.unprinted()
	i := slices.IndexFunc(unprinted, func(s *slip) bool { return s.Ticket.Number == number })
	now := time.Now()
	switch {
	case now.Before(d.lockedTill):
		return ErrIgnored
	case i < 0 || d.config == nil:
		return protocol.Refuse(protocol.UnknownTicket, "号码 "+number+" 不在未出票名单里", "Number "+number+" is not among those without a slip")
	case d.slips >= slipsMax:
		return protocol.Refuse(protocol.Overloaded, "打印机正在出票，请稍候", "The printer is busy, please wait a moment")
	}
	d.lockedTill = now.Add(lockOut)
	s := unprinted[i]
	s.again = true
	d.print(s)
	return nil
}

// faultText says why there is no paper and what to do, to a citizen.
func (d *Dispenser) faultText(fault string) protocol.Text {
	trouble, help := faultTrouble(fault), d.opts.Help
	return protocol.Say(
		trouble[protocol.Chinese]+"。您的号码有效，请记住号码。"+help.In(protocol.Chinese)+"补打小票。",
		trouble[protocol.English]+". Your number counts, please remember it. "+help.In(protocol.English)+" for a slip.")
}

// faultTrouble says what is wrong with the printer.
func faultTrouble(fault string) protocol.Text {
	switch fault {
	case "paper_out":
		return protocol.Say("打印纸用完了", "The printer is out of paper")
	case "cover_open":
		return protocol.Say("打印机盖子没有关好", "The printer's cover is open")
	}
	return protocol.Say("打印机故障", "The printer does not work")
}
