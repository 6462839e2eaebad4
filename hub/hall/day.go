package hall

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// earlyOpen is how long before the doors the business day opens, so that clerks
// can sign on and the panels are awake.
const earlyOpen = time.Hour

// byItself carries out what is due without anybody asking: the turn of the day
// and the engine's tick. It returns when the next tick is due.
func (h *Hall) byItself() (due time.Time, err error) {
	if t := h.dayDue(); t != nil {
		if err := h.work(t); err != nil {
			return due, err
		}
		h.reportDay(t)
		h.idleDay = time.Time{}
		if t.result.err != nil {
			h.idleDay = h.now().Add(idleWait)
		}
	}
	now := h.now()
	due = h.state.Deadline()
	if due.IsZero() || now.Before(due) || now.Before(h.idleTick) {
		return due, nil
	}
	before := h.state.Seq
	if err := h.work(hubTask(queue.Tick)); err != nil {
		return due, err
	}
	if h.state.Seq == before {
		h.idleTick = now.Add(tickAgain)
	}
	return h.state.Deadline(), nil
}

// sleep is how long nothing can happen by itself, in real time, when the next tick is due at due.
func (h *Hall) sleep(due time.Time) time.Duration {
	now, wait := h.now(), idleWait
	if !due.IsZero() {
		if due.Before(h.idleTick) {
			due = h.idleTick
		}
		wait = min(wait, due.Sub(now))
	}
	return max(timerMin, time.Duration(float64(wait)/h.opts.Speed))
}

// plausible reports whether the clock can be right: it is past the floor, and past
// the last fact.
func (h *Hall) plausible() bool {
	now := h.opts.Now()
	return !now.Before(h.opts.ClockFloor) && !now.Before(h.state.At)
}

// dayRefusal refuses what needs a day while the clock cannot be right, by the
// reason that the person in front of it can act upon, and a day that was open
// before: its numbers would be given a second time.
func (h *Hall) dayRefusal(c *queue.Command) *protocol.Refusal {
	switch c.Request.Do {
	case queue.HubStart, queue.Tick, queue.DeviceLost, queue.DeviceBack:
		return nil
	}
	if h.state.Day == "" && !h.plausible() {
		now := h.opts.Now().In(h.zone).Format(time.DateTime)
		return protocol.Refuse(protocol.ClockNotSet,
			"主机时钟显示 "+now+"，尚未校准，暂不能开始营业",
			"the hub's clock says "+now+", which is not plausible, so the business day cannot open")
	}
	if c.Request.Do == queue.DayOpen && c.Day <= h.lastDay && c.Day != h.state.Day {
		return protocol.Refuse(protocol.HallClosed,
			"营业日 "+c.Day+" 不能再次开始，最近的营业日是 "+h.lastDay,
			"day "+c.Day+" cannot open again, the last business day was "+h.lastDay)
	}
	return nil
}

// fillDay completes a command that opens a day.
func (h *Hall) fillDay(c *queue.Command) {
	if c.Request.Do != queue.DayOpen {
		return
	}
	if c.Plan == nil {
		c.Plan = h.opts.Plan
	}
	if c.Plan == nil {
		p := h.state.Plan
		c.Plan = &p
	}
	if c.Day == "" {
		c.Day = h.opts.Now().In(zone(c.Plan)).Format(time.DateOnly)
	}
}

// dayDue returns the command that the calendar asks for now, or nil.
func (h *Hall) dayDue() *task {
	if !h.opts.DayAuto || h.opts.Now().Before(h.idleDay) {
		return nil
	}
	if !h.plausible() {
		if !h.doubted && h.state.Day == "" {
			h.log.Warn("the clock is not plausible, the business day does not open", slog.Time("now", h.opts.Now()))
		}
		h.doubted = true
		return nil
	}
	h.doubted = false
	plan := h.opts.Plan
	now := h.opts.Now().In(zone(plan))
	today := now.Format(time.DateOnly)
	switch {
	case h.state.Day == today:
		return h.planDue(plan)
	case h.lastDay == "" || today > h.lastDay && !now.Before(opens(plan, now)):
		// On the very first start at once, so that every device learns what it is.
		t := hubTask(queue.DayOpen)
		t.command.Plan, t.command.Day = plan, today
		return t
	case h.state.Day != "" && h.state.Day < today:
		return hubTask(queue.DayClose)
	}
	return nil
}

// planDue puts in force, once, a plan file that is not the day's plan. A file that was in
// force before stays out: a manager has changed the plan since, and a start of the hub
// must not take that back.
func (h *Hall) planDue(plan *queue.Plan) *task {
	if h.compared {
		return nil
	}
	h.compared = true
	if known, _, err := h.journal.Meta(planKept); err == nil && known == planSum(plan) {
		return nil
	}
	if samePlan(plan, &h.state.Plan) {
		h.keepPlan(plan)
		return nil
	}
	t := hubTask(queue.PlanChange)
	t.command.Plan = plan
	t.command.Request.Reason = "plan file"
	return t
}

// planKept is under which name the journal keeps what plan file was put in force last.
const planKept = "plan_file"

// keepPlan remembers that a plan file is in force.
func (h *Hall) keepPlan(plan *queue.Plan) {
	if err := h.journal.SetMeta(planKept, planSum(plan)); err != nil {
		h.log.Warn("the plan file was not remembered, the next start puts it in force again", slog.Any("err", err))
	}
}

// planSum tells one plan from another.
func planSum(plan *queue.Plan) string {
	text, err := json.Marshal(plan)
	if err != nil {
		panic("hall: a plan has no JSON: " + err.Error()) // it is plain data
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

func (h *Hall) reportDay(t *task) {
	do := slog.String("do", string(t.command.Request.Do))
	if t.result.err != nil {
		h.log.Warn("the turn of the day was refused", do, slog.Any("err", t.result.err))
		return
	}
	if t.command.Plan != nil {
		h.keepPlan(t.command.Plan)
	}
	h.log.Info("the turn of the day", do, slog.String("day", h.state.Day), slog.Uint64("seq", h.state.Seq))
}

// opens is when the business day of now's date begins; far away on a day on which
// the hall does not open.
func opens(p *queue.Plan, now time.Time) time.Time {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	if len(p.Hours) == 0 {
		return midnight
	}
	first := midnight.AddDate(1, 0, 0)
	weekday := strings.ToLower(now.Weekday().String()[:3])
	for _, hours := range p.Hours {
		open, err := time.Parse("15:04", hours.Open)
		if err != nil || !slices.Contains(hours.Days, weekday) {
			continue
		}
		at := time.Date(now.Year(), now.Month(), now.Day(), open.Hour(), open.Minute(), 0, 0, now.Location()).Add(-earlyOpen)
		if at.Before(first) {
			first = at
		}
	}
	return first
}

// samePlan compares two plans as the journal would hold them.
func samePlan(a, b *queue.Plan) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}
