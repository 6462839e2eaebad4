package hall

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// Ask carries out one request of the protocol and returns the reply to it. It is
// the one way of button, keypad, page and API. It checks the request's form and
// its PINs, and clears these before anybody else sees them.
//
// There is always a reply: a fault of the hub becomes a refusal of code
// Unavailable without internals, and is logged.
func (h *Hall) Ask(ctx context.Context, from queue.Source, req protocol.Request) protocol.Reply {
	if err := req.Check(); err != nil {
		return h.replyTo(&req, err)
	}
	pin, managerPIN := req.PIN, req.ManagerPIN
	req.PIN, req.ManagerPIN = "", ""
	t := &task{command: queue.Command{From: from, Request: req}, asked: true}
	if r, err := h.prove(ctx, t, pin, managerPIN); err != nil {
		return h.replyTo(&req, err)
	} else if r != nil {
		t.unproven = r
	}
	a := h.submit(ctx, t)
	if a.err != nil {
		return h.replyTo(&req, a.err)
	}
	return a.reply
}

// replyTo turns an error into a reply. Only what is no refusal is logged.
func (h *Hall) replyTo(req *protocol.Request, err error) protocol.Reply {
	id := req.ID
	if protocol.CheckRequestID(string(id)) != nil {
		id = "" // it may be as long as the message, and the sender does not wait for it
	}
	var r *protocol.Refusal
	if !errors.As(err, &r) {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, ErrStopped) {
			h.log.Error("the request was not answered", slog.String("req", string(id)), slog.Any("err", err))
		}
		r = unavailable()
	}
	return view.Refused(id, r)
}

// prove checks who stands behind a request that names a clerk or a manager. It
// returns a refusal when a PIN is wrong; the error is a fault.
//
// The hub itself is believed, and everybody who names only the person as whom he
// is logged in. A manager may also sign on somebody else. No PIN is looked at, or
// counted as a try, for who may not do what it is for.
func (h *Hall) prove(ctx context.Context, t *task, pin, managerPIN string) (*protocol.Refusal, error) {
	from, req := &t.command.From, &t.command.Request
	clerk := req.Do == protocol.WindowSignOn && req.Clerk != "" && req.Clerk != from.Person && from.Role != queue.RoleManager
	if from.Role == queue.RoleHub || !clerk && req.Manager == "" && pin == "" && managerPIN == "" {
		return nil, nil
	}
	// A repeated request gets its answer again and must not count as another try.
	known := false
	err := h.Read(ctx, func(s *queue.State, _ time.Time) {
		_, known = s.Answer(t.command)
		known = known || h.refused.of(&t.command) != nil
	})
	if err != nil || known {
		return nil, err
	}
	if r := provable(from, req, pin, managerPIN); r != nil {
		return r, nil
	}
	if clerk {
		return h.checkPIN(from.Device, req.Clerk, pin), nil
	}
	if req.Manager == "" {
		return nil, nil
	}
	if c := h.Plan().Clerk(req.Manager); c != nil && !c.Manager {
		return protocol.Refuse(protocol.NotAllowed,
			c.Name.In(protocol.Chinese)+"不是值班经理，不能授权", c.Name.In(protocol.English)+" is not a manager and cannot allow it"), nil
	}
	if req.Manager == from.Person {
		return nil, nil
	}
	return h.checkPIN(from.Device, req.Manager, managerPIN), nil
}

// provable refuses a PIN, or a manager's name, from who may not act at the window,
// and in a request that has no use for it.
func provable(from *queue.Source, req *protocol.Request, pin, managerPIN string) *protocol.Refusal {
	desk := from.Role == queue.RoleClerk || from.Role == queue.RoleDevice && from.Kind == protocol.KindTerminal
	own := from.Window != "" && (req.Window == "" || req.Window == from.Window)
	if from.Role != queue.RoleManager && !(desk && own) {
		return protocol.Refuse(protocol.NotAllowed,
			"只有本窗口的终端和值班经理可以使用密码", "only a window's own terminal and a manager may use a PIN")
	}
	fits := false
	switch req.Do {
	case protocol.WindowSignOn:
		fits = req.Manager == "" && managerPIN == ""
	case protocol.WindowSignOff, protocol.WindowPause:
		fits = pin == "" && req.Manager != ""
	}
	if !fits {
		return protocol.Refuse(protocol.BadRequest,
			"密码（pin）仅用于签到，值班经理授权（manager、manager_pin）仅用于签退和暂停",
			"pin is for sign-on only, manager and manager_pin are for sign-off and pause only")
	}
	return nil
}
