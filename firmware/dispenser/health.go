package dispenser

import (
	"fmt"
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
	if slips, days, known := d.roll.left(); known {
		h.PaperSlips, h.PaperDays = slips, days
	}
	if f, bad := d.printerFault(); bad {
		h.Faults = append(h.Faults, f)
	}
	if d.config == nil {
		return h
	}
	for _, s := range d.config.Services {
		if d.stuck[s.Service] {
			h.Faults = append(h.Faults, protocol.NewFault("button", "stuck", s.Name))
		}
	}
	h.Faults = append(h.Faults, d.stray...)
	return h
}

// offered lists the services that this dispenser may issue.
func (d *Dispenser) offered() []string {
	var all []string
	for _, s := range d.config.Services {
		all = append(all, string(s.Service))
	}
	return all
}

// strays returns a fault for each button whose service the hall does not have, or does not let this dispenser issue.
func (d *Dispenser) strays() []protocol.Fault {
	legal := d.offered()
	some := legal
	if len(some) > strayNames {
		some = append(legal[:strayNames:strayNames], "…")
	}
	var all []protocol.Fault
	for _, b := range d.opts.Buttons {
		if !slices.Contains(legal, string(b.Service)) {
			all = append(all, protocol.NewFault("button", "no_service", protocol.Say(
				fmt.Sprintf("%s 配的是“%s”，可用：%s", b.Pin, b.Service, strings.Join(some, "、")),
				fmt.Sprintf("%s is for %q, legal are %s", b.Pin, b.Service, strings.Join(some, ", ")))))
		}
	}
	return all
}

// printerFault is the printer's problem in words for who mends it.
func (d *Dispenser) printerFault() (protocol.Fault, bool) {
	problem := d.printer.Problem()
	switch {
	case problem == escpos.ProblemNone, problem == escpos.ProblemPaperLow, // Health.Paper tells that it is low
		problem == escpos.ProblemNoAnswer && !d.opts.Profile.Answers():
		return protocol.Fault{}, false
	}
	return protocol.NewFault("printer", string(problem), nil), true
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
