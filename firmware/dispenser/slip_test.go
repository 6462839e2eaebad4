package dispenser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"jiaohao/firmware/dispenser"
	"jiaohao/firmware/escpos"
)

func TestCitizenTakesTheListOfMaterialsHomeWithoutANumber(t *testing.T) {
	inHall(t, func(h *hall) {
		if w := request(h, "POST", "/materials", `{"service":"tax","lang":"zh-CN"}`, nil); w.Code != http.StatusAccepted {
			t.Fatalf("materials: %d %s", w.Code, w.Body)
		}
		if v := h.view(); v.Result == nil || v.Result.Kind != dispenser.ResultList || v.Result.Ticket != nil {
			t.Errorf("the screen shows %+v, want that a list is printed", v.Result)
		}
		if w := request(h, "POST", "/materials", `{"service":"tax"}`, nil); w.Code != http.StatusNoContent {
			t.Errorf("double tap: %d, want 204", w.Code)
		}
		h.later(2 * time.Second)
		slips := h.slips()
		if len(slips) != 1 {
			t.Fatalf("%d papers came out, want 1", len(slips))
		}
		wants(t, slips[0], "办事材料清单", "税务", "□ 身份证", "ID card", "这不是排队号")
		if v := h.view(); len(h.issued) != 0 || len(h.asked) != 0 || len(v.Unprinted) != 0 || v.Result == nil || v.Result.Paper != dispenser.PaperTaken {
			t.Errorf("%d tickets, %d requests, %v unprinted, result %+v; want none but the paper", len(h.issued), len(h.asked), v.Unprinted, v.Result)
		}
	})
}

func TestListOfMaterialsThatDoesNotComeIsOwedToNobody(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOut})
		if w := request(h, "POST", "/materials", `{"service":"tax"}`, nil); w.Code != http.StatusAccepted {
			t.Fatalf("materials: %d %s", w.Code, w.Body)
		}
		h.later(2 * time.Second)
		v := h.view()
		if v.Result == nil || v.Result.Paper != dispenser.PaperMissing || !strings.Contains(v.Result.Text["zh-CN"], "打印纸用完了，清单没有打印出来") {
			t.Errorf("the screen shows %+v, want that the list did not come", v.Result)
		}
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true})
		h.later(10 * time.Second)
		if v := h.view(); len(v.Unprinted) != 0 || len(h.slips()) != 0 {
			t.Errorf("after the refill %v is offered and %d papers came, want none", v.Unprinted, len(h.slips()))
		}
	})
}

func TestListOfMaterialsThatIsNotThereIsRefused(t *testing.T) {
	inHall(t, func(h *hall) {
		for body, say := range map[string]string{
			`{"service":"social"}`:           "没有材料清单",
			`{"service":"gone"}`:             "没有这项业务",
			`{"service":"tax","lang":"fr"}`:  "zh-CN",
			`{"service":"tax","large":"no"}`: "large",
		} {
			if w := request(h, "POST", "/materials", body, nil); w.Code < 400 || !strings.Contains(w.Body.String(), say) {
				t.Errorf("%s: %d %s, want a refusal with %q", body, w.Code, w.Body, say)
			}
		}
	})
}

func TestSlipFollowsTheLanguageAndTheLargeTextOfThePage(t *testing.T) {
	inHall(t, func(h *hall) {
		for _, body := range []string{`{"service":"social"}`, `{"service":"social","lang":"en"}`, `{"service":"social","lang":"zh-CN","large":true}`} {
			if w := request(h, "POST", "/press", body, nil); w.Code != http.StatusAccepted {
				t.Fatalf("press: %d %s", w.Code, w.Body)
			}
			h.later(10 * time.Second)
		}
		slips := h.slips()
		if len(slips) != 3 {
			t.Fatalf("%d slips, want 3", len(slips))
		}
		wants(t, slips[0], "前面等候 Ahead")
		wants(t, slips[1], "Ahead 前面等候", "City Service Hall")
		wants(t, slips[2], "前面 ", "市政务服务大厅")
		if strings.Contains(slips[2], "Ahead") {
			t.Errorf("the large slip has no room for a second language:\n%s", slips[2])
		}
	})
}

func TestReprintLooksAsTheSlipWouldHave(t *testing.T) {
	inHall(t, func(h *hall) {
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true, Paper: escpos.PaperOut})
		if w := request(h, "POST", "/press", `{"service":"social","lang":"en"}`, nil); w.Code != http.StatusAccepted {
			t.Fatalf("press: %d %s", w.Code, w.Body)
		}
		h.later(2 * time.Second)
		h.printer.SetStatus(escpos.Status{Answered: true, Online: true})
		h.later(10 * time.Second)
		v := h.view()
		if len(v.Unprinted) != 1 {
			t.Fatalf("%v is offered for printing, want one number", v.Unprinted)
		}
		if err := dispenser.Reprint(h.d, v.Unprinted[0]); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		if slips := h.slips(); len(slips) != 1 {
			t.Errorf("%d slips came out, want 1", len(slips))
		} else {
			wants(t, slips[0], "【REPRINT 重印】", "Social insurance\n社会保险")
		}
	})
}
