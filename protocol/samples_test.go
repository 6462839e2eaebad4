package protocol_test

import (
	"time"

	"jiaohao/protocol"
)

// sample is one message of the contract: the golden files and the examples of
// asyncapi.yaml are made of these.
type sample struct {
	name    string // of the golden file
	message any
}

var (
	morning = time.Date(2026, 11, 22, 9, 1, 30, 0, time.FixedZone("", 8*60*60))
	social  = protocol.Say("社会保险", "Social insurance")
	stamp   = protocol.Stamp{Epoch: 7, Seq: 1203}
	wait    = protocol.Range{Known: true, LowMS: 600_000, HighMS: 1_500_000}
)

func samples() []sample {
	return append(requestSamples(), append(deviceSamples(), hallSamples()...)...)
}

func requestSamples() []sample {
	return []sample{
		{"request_ticket_issue", protocol.Request{
			ID: "J4XW7QK2", Do: protocol.TicketIssue, Service: "social", Class: protocol.Green, GrantedBy: "c07", Reason: "携带婴儿",
		}},
		{"request_ticket_printed", protocol.Request{
			ID: "J4XW7QK3", Do: protocol.TicketPrinted, Ticket: "20261122-A012", Print: &protocol.PrintReport{Fault: "paper_out"},
		}},
		{"request_ticket_printed_again", protocol.Request{
			ID: "J4XW7QKB", Do: protocol.TicketPrinted, Ticket: "20261122-A012", Print: &protocol.PrintReport{OK: true, Again: true},
		}},
		{"request_window_sign_on", protocol.Request{
			Version: 1, ID: "J4XW7QK4", Do: protocol.WindowSignOn, Window: "1", Clerk: "c07", PIN: "4711",
		}},
		{"request_window_pause", protocol.Request{
			ID: "J4XW7QK5", Do: protocol.WindowPause, Reason: "取材料", Manager: "m01", ManagerPIN: "0815",
		}},
		{"request_window_transfer", protocol.Request{
			ID: "J4XW7QK6", Do: protocol.WindowTransfer, Ticket: "20261122-A012", ToWindow: "2", Reason: "需补缴",
		}},
		{"request_window_finish", protocol.Request{ID: "J4XW7QK7", Do: protocol.WindowFinish, Result: protocol.Promised}},
		{"request_ticket_rate", protocol.Request{ID: "J4XW7QK8", Do: protocol.TicketRate, Ticket: "20261122-A012", Rating: 5}},
		{"request_spool_sync", protocol.Request{
			ID: "J4XW7QK9", Do: protocol.SpoolSync, AppointmentMS: 0,
			Spool: []protocol.SpooledTicket{{
				Number: "Y012", Service: "social", Class: protocol.Regular, AgoMS: 95_000, Printed: true, Day: "2026-11-22",
			}},
		}},
		{"request_appointment", protocol.Request{
			ID: "J4XW7QKA", Do: protocol.TicketIssue, Service: "social", Class: protocol.Appointment, AppointmentMS: 34_200_000,
		}},
		{"reply_ok", protocol.Reply{ID: "J4XW7QK2", OK: &protocol.OK{
			Ticket: ticket(),
			Why:    protocol.Say("社会保险等候最久", "longest wait for social insurance"),
		}}},
		{"reply_merged", protocol.Reply{Version: 1, ID: "J4XW7QK9", OK: &protocol.OK{Merged: []protocol.MergedTicket{
			{Number: "Y012", Ticket: "20261122-Y012"},
			{Number: "Y013", Refused: protocol.Refuse(protocol.UnknownService, "没有这项业务", "no such service")},
		}}}},
		{"reply_refused", protocol.Reply{ID: "J4XW7QK2", Refused: protocol.Refuse(protocol.QueueFull,
			"社会保险已有 40 人等候，暂停取号", "40 people wait for social insurance, no more tickets now")}},
	}
}

func ticket() *protocol.Ticket {
	return &protocol.Ticket{
		ID: "20261122-A012", Number: "A012", Service: "social", ServiceName: social,
		Class: protocol.Green, Stage: protocol.Called, IssuedAt: morning, Ahead: 4, Wait: wait,
		Window: "1", WindowName: protocol.Say("1号窗口", "Window 1"),
		Link: "http://hall.example/t/20261122-A012.k3v9", Offline: true,
	}
}

func deviceSamples() []sample {
	return []sample{
		{"presence", protocol.Presence{Online: true, Kind: protocol.KindDispenser, Version: "0.1.0", Boot: "K7QWM2XA", Session: 2}},
		{"health", protocol.Health{
			Faults: []protocol.Fault{{Part: "printer", Code: "cover_open", Text: protocol.Say("打印机盖子没有关好：请合上", "The printer's cover is open: close it")}},
			Paper:  "low", PaperSlips: 60, PaperDays: 1, SpoolDepth: 3, DiskFreeMiB: 21_300, CPUMilliC: 48_200, UptimeMS: 3_600_000,
		}},
		{"config_dispenser", protocol.Config{
			Version: 1, Stamp: stamp, Hall: "bemowo", HallName: protocol.Say("政务服务大厅", "Public service hall"),
			Device: "dispenser-1", Kind: protocol.KindDispenser, Languages: []protocol.Lang{protocol.Chinese, protocol.English},
			Zone: "Asia/Shanghai", Day: "2026-11-22", Letter: "Y", LetterLast: 12,
			Services: []protocol.ConfigService{{
				Service: "social", Prefix: "A", Name: social, Group: protocol.Say("人社", "Labour"),
				Materials: []protocol.Text{protocol.Say("身份证", "Identity card")},
				Slip:      protocol.Say("请先到2号台复印", "Copies are made at desk 2"),
			}},
			Slip: protocol.SlipText{
				Title: protocol.Say("欢迎光临", "Welcome"), Header: protocol.Say("人民路1号", "1 Renmin Road"), Footer: protocol.Say("热线 12345", "Hotline 12345"),
				Languages: []protocol.Lang{protocol.English, protocol.Chinese}, Large: true,
				Parts: []protocol.SlipPart{protocol.PartNumber, protocol.PartService, protocol.PartMarks, protocol.PartFacts},
				Logo:  &protocol.SlipLogo{Width: 8, Bits: []byte{0x18, 0x3c, 0x7e, 0xff}},
			},
			PhoneURL: "http://hall.example/t/",
		}},
		{"config_announcer", protocol.Config{
			Version: 1, Stamp: stamp, Hall: "bemowo", HallName: protocol.Say("政务服务大厅", "Public service hall"),
			Device: "announcer-1", Kind: protocol.KindAnnouncer, Languages: []protocol.Lang{protocol.Chinese, protocol.English},
			Zone: "Asia/Shanghai", Day: "2026-11-22",
			Voice: &protocol.ConfigVoice{
				Zone: "east", Times: 2, GapMS: 6000, Chime: "silence", ChimeAfterMS: 4000,
				Digits: []protocol.ConfigDigits{{Lang: protocol.Chinese, Style: "yao"}},
				Hours:  []protocol.ConfigVolume{{From: "08:30", Percent: 80}, {From: "12:00", Percent: 50}}, MergeMax: 3, OneLanguageAbove: 3, ShortAbove: 8,
			},
		}},
		{"config_display", protocol.Config{
			Version: 1, Stamp: stamp, Hall: "bemowo", HallName: protocol.Say("政务服务大厅", "Public service hall"),
			Device: "display-1", Kind: protocol.KindDisplay, Languages: []protocol.Lang{protocol.Chinese, protocol.English},
			Zone: "Asia/Shanghai", Window: "1", Notice: protocol.Say("十二点休息", "Lunch break at noon"),
		}},
		{"config_terminal", protocol.Config{
			Stamp: stamp, Hall: "bemowo", HallName: protocol.Say("政务服务大厅", "Public service hall"),
			Device: "terminal-1", Kind: protocol.KindTerminal, Languages: []protocol.Lang{protocol.Chinese}, Zone: "Asia/Shanghai",
			Window:    "1",
			Clerks:    []protocol.ConfigClerk{{Clerk: "c07", Name: protocol.Say("王芳", "Wang Fang")}},
			Reasons:   []protocol.Text{protocol.Say("取材料", "Fetching papers")},
			Transfers: []protocol.ConfigTarget{{Service: "tax", Name: protocol.Say("税务", "Tax")}},
		}},
	}
}

func hallSamples() []sample {
	return []sample{
		{"window", windowSample()},
		{"window_closed", protocol.WindowState{
			Stamp: stamp, At: morning, Window: "2", Label: "2", Name: protocol.Say("2号窗口", "Window 2"),
			Status: protocol.Closed, Since: morning, Notice: protocol.Say("请到1号窗口", "Please go to window 1"),
		}},
		{"service", protocol.ServiceState{
			Version: 1, Stamp: stamp, At: morning, Service: "social", Name: social, Open: true, Waiting: 12, Wait: wait, LastCalled: "A012",
		}},
		{"service_unmanned", protocol.ServiceState{Stamp: stamp, At: morning, Service: "social", Name: social, Open: true, Unmanned: true}},
		{"service_closed", protocol.ServiceState{
			Stamp: stamp, At: morning, Service: "social", Name: social, Reason: protocol.Say("今日号已取完", "No more tickets today"),
		}},
		{"board", protocol.Board{
			Version: 1, Stamp: stamp, At: morning, Hall: "bemowo", Name: protocol.Say("政务服务大厅", "Public service hall"), Open: true,
			Calls:    []protocol.BoardCall{{Number: "A012", Window: "1", Label: "1", At: morning, Call: 1201, Live: true}},
			Windows:  []protocol.BoardWindow{{Window: "1", Label: "1", Status: protocol.Open, Number: "A012", To: "2"}},
			Services: []protocol.BoardService{{Service: "social", Name: social, Open: true, Waiting: 12, Wait: wait}, {Service: "tax", Name: protocol.Say("税务", "Tax"), Open: true, Unmanned: true}},
			Notice:   protocol.Say("十二点休息", "Lunch break at noon"),
		}},
		{"announce", protocol.Announce{
			Version: 1, Stamp: stamp, At: morning, Call: 1201, Number: "A012", Window: "1", Label: "1", Name: protocol.Say("1号窗口", "Window 1"),
			Languages: []protocol.Lang{protocol.Chinese, protocol.English}, Zone: "east", Again: true,
		}},
		{"event", protocol.Event{
			Version: 1, Epoch: 7, Seq: 1201, At: morning, Kind: "called", Body: []byte(`{"ticket":"20261122-A012"}`),
			Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}},
	}
}

func windowSample() protocol.WindowState {
	return protocol.WindowState{
		Version: 1, Stamp: stamp, At: morning, Window: "1", Label: "1", Name: protocol.Say("1号窗口", "Window 1"),
		Status: protocol.Open, Clerk: "c07", ClerkName: protocol.Say("王芳", "Wang Fang"), Reason: "取材料", Since: morning,
		Current: &protocol.Current{
			Ticket: "20261122-A012", Number: "A012", Service: "social", ServiceName: social, Class: protocol.Green,
			Stage: protocol.Serving, Call: 1201, Calls: 2, CallsMax: 3, Since: morning, WaitMS: 840_000, ServedMS: 120_000,
			Why: protocol.Say("绿色通道", "green channel"), For: "2",
		},
		Notice: protocol.Say("请到2号窗口", "Please go to window 2"), Waiting: 12,
		Queues: []protocol.Queue{{Service: "social", Name: social, Waiting: 12, Cover: true}},
		Next: &protocol.NextUp{
			Number: "A013", Service: "social", ServiceName: social, Class: protocol.Regular, IssuedAt: morning,
			Why: protocol.Say("等候最久", "longest wait"),
		},
		HeldHere: []protocol.HeldTicket{{Ticket: "20261122-A003", Number: "A003", Since: morning, Reason: "去复印"}},
		Partner: &protocol.Partner{
			Window: "2", Label: "2", Name: protocol.Say("2号窗口", "Window 2"), Status: protocol.Paused,
			Number: "B004", Waiting: 3, Covers: true, Covered: true,
		},
		Undo:   &protocol.Undo{Do: protocol.WindowFinish, Number: "A011", Until: morning.Add(10 * time.Second)},
		Rate:   &protocol.Rate{Ticket: "20261122-A011", Number: "A011", Rated: true},
		Served: 31, Help: true,
	}
}
