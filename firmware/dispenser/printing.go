package dispenser

import (
	"context"
	"slices"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// job is a slip as the printer's goroutine gets it.
type job struct {
	slip *slip
	doc  escpos.Doc
}

// print shows the number and hands the slip to the printer. There is room:
// accept and reprint look at slipsMax first.
func (d *Dispenser) print(s *slip) {
	now := time.Now()
	d.slips++
	s.printing = true
	d.show(now, Result{Kind: ResultTicket, Service: s.Ticket.Service, Ticket: &s.Ticket, Paper: PaperComing, Again: s.again}, showWorking)
	layout := Layout{Dots: d.opts.Profile.Dots, Again: s.again, Zone: d.zone()}
	d.jobs <- job{slip: s, doc: Slip(s.Ticket, d.config, layout)}
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
			d.call(func() { d.onPaper(j.slip, fault, status) })
		case <-poll.C:
			d.pollPrinter()
		}
	}
}

func (d *Dispenser) pollPrinter() {
	status := d.status()
	d.call(func() { d.printer = status })
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

// put prints doc and returns why there is no paper, or "". A printer that says
// that it cannot print, or that should answer and does not, is sent nothing: what it kept
// would come out when somebody refills the paper.
func (d *Dispenser) put(doc escpos.Doc) (fault string, status escpos.Status) {
	if d.opts.Profile.Status {
		if s := d.status(); !s.CanPrint() {
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
	case s.Printed, !d.opts.Profile.Status:
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

// discard has the printer drop what it holds, if it can.
func (d *Dispenser) discard() {
	if p, can := d.opts.Printer.(interface{ Discard() error }); can {
		if err := p.Discard(); err != nil {
			d.log.Debug("discard", "err", err)
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
	d.printer = status
	s.printing = false
	d.tellPrinted(s, fault)
	if fault == "" {
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
		return // the merge will tell
	}
	if id == "" {
		return // merged as a leftover: the hub has no such ticket
	}
	report := protocol.PrintReport{OK: fault == "", Fault: fault, Again: s.again}
	if err := d.opts.Link.Post(protocol.Request{Do: protocol.TicketPrinted, Ticket: id, Print: &report}); err != nil {
		d.failWrite(err)
	}
}

func (d *Dispenser) keep(e entry) {
	if err := d.book.record(e); err != nil {
		d.failWrite(err)
	}
}

func (d *Dispenser) failWrite(err error) {
	d.fail("disk", "write_failed", protocol.Say("取号机存储卡写入失败", "The dispenser's disk cannot be written"), err)
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
	zh, en := "打印机故障", "The printer does not work"
	switch fault {
	case "paper_out":
		zh, en = "打印纸用完了", "The printer is out of paper"
	case "cover_open":
		zh, en = "打印机盖子没有关好", "The printer's cover is open"
	}
	help := d.opts.Help
	return protocol.Say(
		zh+"。您的号码有效，请记住号码。"+help.In(protocol.Chinese)+"补打小票。",
		en+". Your number counts, please remember it. "+help.In(protocol.English)+" for a slip.")
}
