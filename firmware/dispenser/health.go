package dispenser

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/protocol"
)

// health is what the hub's devices page shows of this dispenser. What always
// changes is rounded, so that it is sent only when it says something new.
func (d *Dispenser) health(now time.Time) protocol.Health {
	const coarse = 10 * time.Minute
	h := protocol.Health{
		Faults:      slices.Clone(d.broken),
		Paper:       d.printer.Paper.String(),
		SpoolDepth:  len(d.book.open) + d.opts.Link.OutboxDepth(),
		DiskFreeMiB: diskFree(d.opts.StateDir),
		CPUMilliC:   temperature(),
		UptimeMS:    now.Sub(d.started).Truncate(coarse).Milliseconds(),
	}
	if f, bad := d.printerFault(); bad {
		h.Faults = append(h.Faults, f)
	}
	if d.config == nil {
		return h
	}
	for _, s := range d.config.Services {
		if d.stuck[s.Service] {
			h.Faults = append(h.Faults, protocol.Fault{Part: "button", Code: "stuck", Text: protocol.Say(
				"按键卡住："+s.Name.In(protocol.Chinese), "Button is stuck: "+s.Name.In(protocol.English))})
		}
	}
	return h
}

// printerFault is the printer's problem in words for who mends it.
func (d *Dispenser) printerFault() (protocol.Fault, bool) {
	problem := d.printer.Problem()
	if problem == escpos.ProblemNoAnswer && !d.opts.Profile.Status {
		return protocol.Fault{}, false
	}
	text, known := map[escpos.Problem]protocol.Text{
		escpos.ProblemNoAnswer: protocol.Say("打印机没有应答：请检查电源和连线", "The printer does not answer: check power and cable"),
		escpos.ProblemCover:    protocol.Say("打印机盖子没有关好", "The printer's cover is open"),
		escpos.ProblemPaperOut: protocol.Say("打印纸用完：请换纸", "Out of paper: put in a new roll"),
		escpos.ProblemCutter:   protocol.Say("切刀卡住", "The cutter is jammed"),
		escpos.ProblemFault:    protocol.Say("打印机故障", "The printer has a fault"),
		escpos.ProblemOffline:  protocol.Say("打印机离线", "The printer is offline"),
		escpos.ProblemPaperLow: protocol.Say("打印纸快用完", "Paper is running low"),
	}[problem]
	return protocol.Fault{Part: "printer", Code: string(problem), Text: text}, known
}

// temperature is that of the processor in thousandths of a degree Celsius,
// rounded to five degrees, or 0 where the system does not tell.
func temperature() int64 {
	const step = 5000
	raw, err := os.ReadFile("/sys/class/thermal/thermal_zone0/temp")
	if err != nil {
		return 0
	}
	t, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return 0
	}
	return t / step * step
}
