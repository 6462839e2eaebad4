package escpos

import (
	"strings"
)

// The bits of the four bytes of automatic status (GS a). The first has bit 4 set and bits 0, 1 and
// 7 clear; the others have bits 4 and 7 clear.
const (
	autoAll       = 0x0e // argument of GS a: on line or not, errors, paper
	autoLen       = 4
	autoHeadMask  = 0x93
	autoHead      = 0x10
	autoTailMask  = 0x90
	autoOffline   = 0x08 // byte 1
	autoCover     = 0x20
	autoNearEnd   = 0x03 // byte 3
	autoPaperEnd  = 0x0c
	errorsOfAuto  = errorAny // byte 2 has the bits of DLE EOT 3
	linePaperOut  = 0x20     // USB printer class: GET_PORT_STATUS
	lineSelected  = 0x10
	lineNoError   = 0x08
	queueOffline  = "offline"
	queueConnects = "connecting-to-device"
)

// ParseAuto returns the state told by the last whole automatic status in p, which may begin and
// end in the middle of one. ok is false if there is none.
func ParseAuto(p []byte) (s Status, ok bool) {
	for i := len(p) - autoLen; i >= 0; i-- {
		if b := p[i : i+autoLen]; isAuto(b) {
			return Status{
				Answered:    true,
				Online:      b[0]&autoOffline == 0,
				CoverOpen:   b[0]&autoCover != 0,
				CutterError: b[1]&errorCutter != 0,
				Fault:       b[1]&errorFault != 0,
				Broken:      b[1]&errorBroken != 0,
				Hot:         b[1]&errorHot != 0,
				Paper:       paperOf(b[2]&autoPaperEnd != 0, b[2]&autoNearEnd != 0),
			}, true
		}
	}
	return Status{}, false
}

// isAuto reports whether four bytes can be an automatic status.
func isAuto(b []byte) bool {
	ok := b[0]&autoHeadMask == autoHead
	for _, v := range b[1:autoLen] {
		ok = ok && v&autoTailMask == 0
	}
	return ok
}

func paperOf(out, low bool) PaperState {
	switch {
	case out:
		return PaperOut
	case low:
		return PaperLow
	}
	return PaperOK
}

// Auto returns the four bytes that a printer in state s sends after GS a. It is the inverse of
// ParseAuto and serves simulated printers.
func (s Status) Auto() [4]byte {
	a := [autoLen]byte{autoHead}
	a[1] = s.Answers()[2] & errorsOfAuto
	if !s.Online {
		a[0] |= autoOffline
	}
	if s.CoverOpen {
		a[0] |= autoCover
	}
	switch s.Paper {
	case PaperLow:
		a[2] = autoNearEnd
	case PaperOut:
		a[2] = autoNearEnd | autoPaperEnd
	}
	return a
}

// lineState returns the state told by the three status lines of the USB printer class.
func lineState(bits byte) Status {
	return Status{
		Answered: true,
		Online:   bits&lineSelected != 0,
		Fault:    bits&lineNoError == 0 && bits&linePaperOut == 0,
		Paper:    paperOf(bits&linePaperOut != 0, false),
	}
}

// QueueState returns the state told by the reasons that a print spooler gives: the keywords of
// printer-state-reasons (RFC 8011, 5.4.12, and PWG 5100.9), whose suffixes -error, -warning and
// -report say how grave they are. A reason that stops nothing and is unknown is left out.
func QueueState(reasons []string) Status {
	s := Status{Answered: true, Online: true, Paper: PaperOK}
	for _, reason := range reasons {
		word, grave := reason, true
		for _, suffix := range []string{"-error", "-warning", "-report"} {
			if w, cut := strings.CutSuffix(reason, suffix); cut {
				word, grave = w, suffix == "-error"
			}
		}
		switch word {
		case "media-empty", "media-needed", "input-tray-missing":
			s.Paper = PaperOut
		case "media-low":
			s.Paper = max(s.Paper, PaperLow)
		case "cover-open", "door-open", "interlock-open":
			s.CoverOpen = true
		case "cutter", "cutter-jam", "trimmer-jam", "trimmer-life-over":
			s.CutterError = true
		case "media-jam", "fuser-over-temp", "other":
			s.Fault = s.Fault || grave
		case queueOffline, queueConnects, "shutdown", "timed-out", "paused", "stopped", "moving-to-paused", "stopped-partly":
			s.Online = false
		}
	}
	return s
}
