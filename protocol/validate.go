package protocol

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Check returns nil when the request is well formed: its id, its action, and
// every field's form and length. Whether the hall has such a service, window or
// ticket is the engine's to say. The error is a *[Refusal].
func (r *Request) Check() error {
	if r.Version != 0 && r.Version != Version {
		return unknownVersion(r.Version)
	}
	if err := CheckRequestID(string(r.ID)); err != nil {
		return badField(err)
	}
	if !slices.Contains(Actions(), r.Do) {
		return Refuse(UnknownAction,
			fmt.Sprintf("没有 %q 这个操作，可用的操作：%s", clip(string(r.Do)), list(Actions())),
			fmt.Sprintf("action %q is unknown, legal are %s", clip(string(r.Do)), list(Actions())))
	}
	if err := r.checkIDs(); err != nil {
		return badField(err)
	}
	for _, f := range []struct{ name, text string }{{"reason", r.Reason}, {"granted_by", r.GrantedBy}} {
		if err := CheckText(f.name, f.text); err != nil {
			return badField(err)
		}
	}
	return r.checkValues()
}

func (r *Request) checkIDs() error {
	for _, f := range []struct{ what, id string }{
		{"service", string(r.Service)}, {"window", string(r.Window)}, {"to_window", string(r.ToWindow)},
		{"clerk", string(r.Clerk)}, {"manager", string(r.Manager)}, {"ticket", string(r.Ticket)},
	} {
		if f.id == "" {
			continue
		}
		if err := CheckID(f.what, f.id); err != nil {
			return err
		}
	}
	return nil
}

func (r *Request) checkValues() error {
	const dayMS = 24 * 60 * 60 * 1000
	switch {
	case r.Class != "" && r.Class != Regular && r.Class != Green && r.Class != Appointment:
		return bad("没有 %q 这种号别，可用：regular、green、appointment", "class %q is unknown, legal are regular, green, appointment", clip(string(r.Class)))
	case r.AppointmentMS < 0 || r.AppointmentMS >= dayMS:
		return bad("预约时间 appointment_ms 为 %d，应在 0 至 %d 毫秒之间", "appointment_ms is %d, legal are 0 to %d ms", r.AppointmentMS, dayMS-1)
	case r.Rating < 0 || r.Rating > 5:
		return bad("评价 rating 为 %d，应为 1 至 5", "rating is %d, legal are 1 to 5", r.Rating)
	case r.Result != "" && !slices.Contains(Results(), r.Result):
		return bad("没有 %q 这种办理结果，可用：%s", "result %q is unknown, legal are %s", clip(string(r.Result)), list(Results()))
	case badPIN(r.PIN) || badPIN(r.ManagerPIN):
		return Refuse(BadRequest, "密码应为 4 至 12 位数字", "a PIN has 4 to 12 digits") // which is never repeated
	case len(r.Spool) > SpoolMax:
		return bad("一次最多合并 %[2]d 张离线号，收到 %[1]d 张", "spool has %d tickets, legal are at most %d", len(r.Spool), SpoolMax)
	}
	return r.checkParts()
}

func (r *Request) checkParts() error {
	for i := range r.Spool {
		if err := r.Spool[i].check(); err != nil {
			return err
		}
	}
	if r.Print != nil {
		if err := CheckText("print.fault", r.Print.Fault); err != nil {
			return badField(err)
		}
	}
	return nil
}

func (s *SpooledTicket) check() error {
	if err := CheckID("spool.number", s.Number); err != nil {
		return badField(err)
	}
	if err := CheckID("spool.service", string(s.Service)); err != nil {
		return badField(err)
	}
	if s.AgoMS < 0 {
		return bad("离线号 %[2]s 的 ago_ms 为 %[1]d，不能小于 0", "spool %[2]s: ago_ms is %[1]d, legal are 0 or more", s.AgoMS, s.Number)
	}
	if s.Class != "" && s.Class != Regular && s.Class != Green {
		return bad("离线号 %[2]s 没有 %[1]q 这种号别，可用：regular、green", "spool %[2]s: class %[1]q is unknown, legal are regular, green", clip(string(s.Class)), s.Number)
	}
	if s.Day == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, s.Day); err != nil {
		return bad("离线号 %[2]s 的日期 %[1]q 不对，应为 2006-01-02 的形式", "spool %[2]s: day %[1]q is not a date, legal is the form 2006-01-02", clip(s.Day), s.Number)
	}
	return nil
}

// list joins the values that are legal, for a refusal.
func list[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

func badPIN(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return true
		}
	}
	return len(s) < 4 || len(s) > 12
}
