package simulation

import (
	"fmt"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

const (
	hallID  protocol.HallID = "sim"
	pin                     = "2468"
	windows                 = 6

	// cheapPIN is the hash of pin at the least cost that argon2id allows.
	cheapPIN = "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdHM$ym2c/m5YwJNBO2rWMfoOUk7rt44yJzHUkRrb3GyHv28"
)

// thePlan is the hall: six windows in three pairs, five services, two dispensers.
func thePlan(seed uint64) *queue.Plan {
	say := protocol.Say
	minutes := func(n int) queue.Duration { return queue.Duration(time.Duration(n) * time.Minute) }
	p := &queue.Plan{
		Version: 1, Hall: hallID, Name: say("滨河区政务服务中心", "Binhe Government Service Centre"), Zone: "Asia/Shanghai",
		// One language, so that panels stand still and a day of them is drawn in seconds.
		Languages: []protocol.Lang{protocol.Chinese},
		Services: []queue.Service{
			{ID: "social", Prefix: "A", Name: say("社会保险", "Social insurance"), Typical: minutes(3)},
			{ID: "medical", Prefix: "B", Name: say("医疗保险", "Medical insurance"), Typical: minutes(3)},
			{ID: "tax", Prefix: "C", Name: say("税务办理", "Tax"), Typical: minutes(4)},
			{ID: "company", Prefix: "D", Name: say("企业登记", "Company registration"), Typical: minutes(5)},
			{ID: "estate", Prefix: "E", Name: say("不动产登记", "Real estate"), Typical: minutes(5), MaxWaiting: 4},
		},
		UndoFor: minutes(1),
	}
	primary := [][]protocol.ServiceID{{"social"}, {"social", "medical"}, {"tax"}, {"tax", "company"}, {"estate"}, {"estate", "company", "medical"}}
	for i, services := range primary {
		n := fmt.Sprint(i + 1)
		w := protocol.WindowID(n)
		p.Windows = append(p.Windows, queue.Window{ID: w, Name: say(n+"号窗口", "Window "+n), Primary: services})
		p.Devices = append(p.Devices,
			queue.Device{ID: protocol.DeviceID("terminal-" + n), Kind: protocol.KindTerminal, Window: w},
			queue.Device{ID: protocol.DeviceID("display-" + n), Kind: protocol.KindDisplay, Window: w})
		p.Clerks = append(p.Clerks, queue.Clerk{ID: protocol.ClerkID("c0" + n), Name: say("职员"+n, "Clerk "+n), PIN: cheapPIN})
	}
	for _, ab := range [][2]protocol.WindowID{{"1", "2"}, {"3", "4"}, {"5", "6"}} {
		p.Pairs = append(p.Pairs, queue.Pair{A: ab[0], B: ab[1], Delay: queue.Duration(20 * time.Second), On: minutes(15), IdleHelp: true})
	}
	p.Clerks = append(p.Clerks, queue.Clerk{ID: "m01", Name: say("值班经理", "Duty manager"), PIN: cheapPIN, Manager: true})
	p.Devices = append(p.Devices,
		queue.Device{ID: "dispenser-1", Kind: protocol.KindDispenser, Letter: "Y"},
		queue.Device{ID: "dispenser-2", Kind: protocol.KindDispenser, Letter: "Z"})
	if seed%2 == 0 { // every second day keeps the plainer order
		p.Rule = queue.RuleFIFO
	}
	return p
}
