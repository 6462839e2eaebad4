package escpos

import (
	"fmt"
	"slices"
)

// PaperState is what the printer's sensors say of the roll.
type PaperState uint8

// The states of the roll.
const (
	PaperUnknown PaperState = iota // nobody has said
	PaperOK
	PaperLow // the near-end sensor sees the core; some printers have none and never say so
	PaperOut
)

// String returns ok, low, out or unknown.
func (p PaperState) String() string {
	switch p {
	case PaperOK:
		return "ok"
	case PaperLow:
		return "low"
	case PaperOut:
		return "out"
	}
	return "unknown"
}

// Status is what a printer says of itself. The zero Status is a printer that says nothing.
type Status struct {
	Answered    bool       // the printer answered; without it the rest means nothing
	Online      bool       // it takes print data
	Paper       PaperState // the roll
	CoverOpen   bool       // the cover is open
	CutterError bool       // the knife is jammed
	Fault       bool       // another error that a person can clear, such as jammed paper
	Hot         bool       // an error that passes by itself: the head is too hot
	Broken      bool       // an error that only switching off and on may clear
	Printed     bool       // set by Confirm: all that was sent is on paper
}

// Problem is what a person must do something about, as a stable word for messages and tables.
type Problem string

// The problems, the gravest first, except that ProblemPaperLow still prints.
const (
	ProblemNone     Problem = ""
	ProblemNoAnswer Problem = "no_answer"
	ProblemCover    Problem = "cover_open"
	ProblemPaperOut Problem = "paper_out"
	ProblemCutter   Problem = "cutter"
	ProblemBroken   Problem = "broken"
	ProblemFault    Problem = "fault"
	ProblemHot      Problem = "hot"
	ProblemOffline  Problem = "offline"
	ProblemPaperLow Problem = "paper_low"
)

// Problem returns the gravest problem, or ProblemNone. Silence is a problem.
func (s Status) Problem() Problem {
	switch {
	case !s.Answered:
		return ProblemNoAnswer
	case s.CoverOpen:
		return ProblemCover
	case s.Paper == PaperOut:
		return ProblemPaperOut
	case s.CutterError:
		return ProblemCutter
	case s.Broken:
		return ProblemBroken
	case s.Fault:
		return ProblemFault
	case s.Hot:
		return ProblemHot
	case !s.Online:
		return ProblemOffline
	case s.Paper == PaperLow:
		return ProblemPaperLow
	}
	return ProblemNone
}

// CanPrint reports whether the printer has said that it would print a slip now. It is false for
// a printer that does not answer; whether to try that one anyway is for the caller to decide.
func (s Status) CanPrint() bool {
	p := s.Problem()
	return p == ProblemNone || p == ProblemPaperLow
}

// String returns the state for logs, such as "online, paper low" or "no answer".
func (s Status) String() string {
	if !s.Answered {
		return "no answer"
	}
	out := "offline"
	if s.Online {
		out = "online"
	}
	out += ", paper " + s.Paper.String()
	for _, f := range []struct {
		set  bool
		text string
	}{{s.CoverOpen, ", cover open"}, {s.CutterError, ", cutter error"}, {s.Fault, ", fault"}, {s.Hot, ", head hot"}, {s.Broken, ", broken"}, {s.Printed, ", printed"}} {
		if f.set {
			out += f.text
		}
	}
	return out
}

// The bits of the answers to DLE EOT. In each answer bits 1 and 4 are set and bits 0 and 7 clear,
// which tells them from flow control bytes and from other answers.
const (
	statusFixedMask = 0x93
	statusFixed     = 0x12

	printerOffline = 0x08 // answer 1

	causeCover = 0x04 // answer 2
	causePaper = 0x20
	causeError = 0x40

	errorFault  = 0x04 // answer 3; a person can clear it
	errorCutter = 0x08
	errorBroken = 0x20 // not recoverable
	errorHot    = 0x40 // recovers by itself
	errorAny    = errorFault | errorCutter | errorBroken | errorHot

	paperNearEnd = 0x0c // answer 4
	paperEnd     = 0x60
)

// The bits of the answer to GS r 1. Bits 4 and 7 are clear.
const (
	receiptFixedMask = 0x90
	receiptNearEnd   = 0x03
	receiptEnd       = 0x0c
)

// isStatus reports whether b can be an answer to DLE EOT.
func isStatus(b byte) bool { return b&statusFixedMask == statusFixed }

// isReceipt reports whether b can be an answer to GS r 1.
func isReceipt(b byte) bool { return b&receiptFixedMask == 0 }

// ParseStatus returns the state told by the answers to DLE EOT 1, 2, 3 and 4, in this order.
// It returns an error if there are not four or if one lacks the fixed bits; then the state is unanswered.
func ParseStatus(answers []byte) (Status, error) {
	if len(answers) != 4 {
		return Status{}, fmt.Errorf("escpos: %d answers to DLE EOT, not 4", len(answers))
	}
	if i := slices.IndexFunc(answers, func(b byte) bool { return !isStatus(b) }); i >= 0 {
		return Status{}, fmt.Errorf("escpos: answer %#02x to DLE EOT %d has not the fixed bits 0xx1xx10", answers[i], i+1)
	}
	s := Status{
		Answered:    true,
		Online:      answers[0]&printerOffline == 0,
		CoverOpen:   answers[1]&causeCover != 0,
		CutterError: answers[2]&errorCutter != 0,
		Fault:       answers[2]&errorFault != 0,
		Hot:         answers[2]&errorHot != 0,
		Broken:      answers[2]&errorBroken != 0,
		Paper:       PaperOK,
	}
	switch {
	case answers[3]&paperEnd != 0 || answers[1]&causePaper != 0:
		s.Paper = PaperOut
	case answers[3]&paperNearEnd != 0:
		s.Paper = PaperLow
	}
	if answers[1]&causeError != 0 && answers[2]&errorAny == 0 {
		s.Fault = true
	}
	return s, nil
}

// Answers returns the four bytes that a printer in state s answers to DLE EOT 1 to 4. It is the
// inverse of ParseStatus and serves simulated printers; s must be Answered.
func (s Status) Answers() [4]byte {
	a := [4]byte{statusFixed, statusFixed, statusFixed, statusFixed}
	set := func(i int, bits byte, on bool) {
		if on {
			a[i] |= bits
		}
	}
	set(0, printerOffline, !s.Online)
	set(1, causeCover, s.CoverOpen)
	set(1, causePaper, s.Paper == PaperOut)
	set(1, causeError, s.CutterError || s.Fault || s.Hot || s.Broken)
	set(2, errorCutter, s.CutterError)
	set(2, errorFault, s.Fault)
	set(2, errorHot, s.Hot)
	set(2, errorBroken, s.Broken)
	set(3, paperNearEnd, s.Paper == PaperLow || s.Paper == PaperOut)
	set(3, paperEnd, s.Paper == PaperOut)
	return a
}

// Receipt returns the byte that a printer in state s answers to GS r 1.
func (s Status) Receipt() byte {
	switch s.Paper {
	case PaperLow:
		return receiptNearEnd
	case PaperOut:
		return receiptNearEnd | receiptEnd
	}
	return 0
}
