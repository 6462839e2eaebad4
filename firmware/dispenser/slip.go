package dispenser

import (
	"time"

	"jiaohao/firmware/escpos"
	layout "jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// Reader is who a paper is for, as the kiosk page knows it. The zero Reader is who pressed a
// push button: the hall's languages, in normal print.
type Reader struct {
	Lang  protocol.Lang `json:"lang,omitempty"`  // that the page is read in
	Large bool          `json:"large,omitempty"` // the page is in large text
}

// known returns nil when the page may be read so.
func (r Reader) known() *protocol.Refusal {
	if r.Lang != "" && r.Lang != protocol.Chinese && r.Lang != protocol.English {
		return protocol.Refuse(protocol.BadRequest, "语言应为 zh-CN 或 en", "lang must be zh-CN or en")
	}
	return nil
}

// style is what this dispenser lays a paper out for.
func (d *Dispenser) style(r Reader) layout.Style {
	return layout.Style{Dots: d.opts.Profile.Dots, Lang: r.Lang, Large: r.Large, Zone: d.zone()}
}

// wanted is a list of materials that somebody wants on paper.
type wanted struct {
	Service protocol.ServiceID `json:"service"`
	Reader
}

// printMaterials prints what to bring for a service, for who wants to take that home and no
// number. The hub is not asked: what to bring is known here.
func (d *Dispenser) printMaterials(w wanted) error {
	now := time.Now()
	switch {
	case now.Before(d.lockedTill) || d.issuing != nil:
		return ErrIgnored
	case d.config == nil || d.service(w.Service) == nil:
		return protocol.Refuse(protocol.UnknownService, "没有这项业务，请重新选择", "There is no such service, please choose again")
	case len(d.service(w.Service).Materials) == 0:
		return protocol.Refuse(protocol.BadRequest, "这项业务没有材料清单", "There is no list of materials for this service")
	case d.slips >= slipsMax:
		return protocol.Refuse(protocol.Overloaded, "打印机正在出票，请稍候", "The printer is busy, please wait a moment")
	}
	if r := w.known(); r != nil {
		return r
	}
	d.lockedTill = now.Add(lockOut)
	d.slips++
	d.show(now, Result{Kind: ResultList, Service: w.Service, Paper: PaperComing}, showWorking)
	d.jobs <- job{list: w.Service, doc: layout.Materials(*d.service(w.Service), d.config, d.style(w.Reader))}
	return nil
}

// onList takes what became of a list of materials. One that did not come is not owed to
// anybody: the page has it.
func (d *Dispenser) onList(service protocol.ServiceID, fault string, status escpos.Status) {
	d.slips--
	if d.result == nil || d.result.Kind != ResultList || d.result.Service != service {
		return // somebody else is looking at the screen by now
	}
	r := *d.result
	if fault == "" {
		r.Paper = PaperTaken
		d.show(time.Now(), r, showTicket)
		return
	}
	trouble := faultTrouble(fault)
	r.Paper, r.Text = PaperMissing, protocol.Say(
		trouble[protocol.Chinese]+"，清单没有打印出来。请在屏幕上查看，或"+d.opts.Help.In(protocol.Chinese)+"。",
		trouble[protocol.English]+", the list was not printed. Read it on the screen. "+d.opts.Help.In(protocol.English)+" if you need it on paper.")
	d.show(time.Now(), r, showRefusal)
}
