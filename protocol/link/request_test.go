package link_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

func TestRequestIsRepeatedUnderOneIDUntilTheReplyComes(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			bus := linktest.NewBus(seed)
			h := startHub(t, bus, yes)
			l := newLink(t, bus, link.Options{})
			run(t, l.Run)
			synctest.Wait()
			bus.SetFaults(linktest.Faults{Loss: 0.6, Duplicate: 0.2, Reorder: 0.2, Delay: 300 * time.Millisecond})
			for i := range 5 {
				want := fmt.Sprintf("s%d", i)
				reply, err := l.Request(t.Context(), issue(protocol.ServiceID(want)))
				if err != nil || reply.OK == nil || reply.OK.Ticket.Number != want {
					t.Fatalf("seed %d: request %d got %+v, %v", seed, i, reply, err)
				}
			}
			ids := map[protocol.RequestID]protocol.ServiceID{}
			for _, r := range h.requests() {
				if s, known := ids[r.ID]; known && s != r.Service {
					t.Errorf("seed %d: id %s was used for %s and %s", seed, r.ID, s, r.Service)
				}
				ids[r.ID] = r.Service
			}
			if len(ids) != 5 {
				t.Errorf("seed %d: 5 requests had %d ids", seed, len(ids))
			}
		})
	}
}

func TestRequestMadeOfflineIsSentAtOnceOnReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		h := startHub(t, bus, yes)
		bus.Cut("dispenser-1")
		l := newLink(t, bus, link.Options{})
		run(t, l.Run)
		answered := make(chan protocol.Reply)
		go func() {
			reply, err := l.Request(t.Context(), issue("a"))
			if err != nil {
				t.Error(err)
			}
			answered <- reply
		}()
		time.Sleep(time.Minute)
		if n := len(h.requests()); n != 0 {
			t.Errorf("%d requests reached the hub through a cut line", n)
		}
		changed := l.OnlineChanged()
		bus.Restore("dispenser-1")
		<-changed
		up := time.Now()
		if reply := <-answered; reply.OK == nil || time.Since(up) != 0 {
			t.Errorf("reply %+v came %v after the reconnect, want at once", reply, time.Since(up))
		}
	})
}

func TestUnansweredRequestIsRepeatedEveryOneToFiveSecondsAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		h := startHub(t, bus, silence)
		l := newLink(t, bus, link.Options{})
		run(t, l.Run)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := l.Request(ctx, issue("a"))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		// 1, 1.5, 2.25, 3.4 and then every 5 s, each by a quarter more or less.
		if n := len(h.requests()); n < 11 || n > 20 {
			t.Errorf("sent %d times within a minute, want 11 to 20", n)
		}
	})
}

func TestRefusalIsAReplyAndNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		startHub(t, bus, func(r protocol.Request) *protocol.Reply {
			return &protocol.Reply{ID: r.ID, Refused: protocol.Refuse(protocol.QueueFull, "已满", "full")}
		})
		l := newLink(t, bus, link.Options{})
		run(t, l.Run)
		reply, err := l.Request(t.Context(), issue("a"))
		if err != nil || reply.Refused == nil || reply.Refused.Code != protocol.QueueFull {
			t.Errorf("got %+v, %v", reply, err)
		}
	})
}

func TestMalformedRequestNeverLeavesTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		h := startHub(t, bus, yes)
		l := newLink(t, bus, link.Options{})
		run(t, l.Run)
		_, err := l.Request(t.Context(), protocol.Request{Do: "ticket.eat"})
		if !errors.Is(err, protocol.Refuse(protocol.UnknownAction, "", "")) || len(h.requests()) != 0 {
			t.Errorf("error %v, want unknown_action; the hub saw %v", err, h.requests())
		}
	})
}

func TestNoMoreRequestsAreInFlightThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		for range link.InFlightMax {
			go func() {
				_, err := l.Request(ctx, issue("a"))
				ended <- err
			}()
		}
		synctest.Wait()
		if _, err := l.Request(ctx, issue("a")); !errors.Is(err, link.ErrBusy) {
			t.Errorf("request %d: error %v, want ErrBusy", link.InFlightMax+1, err)
		}
		cancel()
		for range link.InFlightMax {
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want the context's", err)
			}
		}
	})
}

func TestOneIDCannotWaitForTwoReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		req := issue("a")
		req.ID = "r1"
		go func() {
			_, err := l.Request(ctx, req)
			ended <- err
		}()
		synctest.Wait()
		if _, err := l.Request(ctx, req); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("second request of one id: error %v", err)
		}
		cancel()
		<-ended
	})
}

func printed(n int) protocol.Request {
	return protocol.Request{
		ID: protocol.RequestID(fmt.Sprintf("p%02d", n)), Do: protocol.TicketPrinted,
		Ticket: protocol.TicketID(fmt.Sprintf("A%03d", n)), Print: &protocol.PrintReport{OK: true},
	}
}

func TestPostedReportsSurviveARestartAndArriveInOrder(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			bus, dir := linktest.NewBus(seed), t.TempDir()
			bus.SetFaults(linktest.Faults{Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Delay: time.Second})
			h := startHub(t, bus, yes)
			bus.Cut("dispenser-1")
			first := newLink(t, bus, link.Options{StateDir: dir})
			stop := run(t, first.Run)
			for n := range 10 {
				if err := first.Post(printed(n)); err != nil {
					t.Fatal(err)
				}
			}
			stop() // the box is switched off before anything was sent
			bus.Restore("dispenser-1")

			var answered []protocol.RequestID
			done := make(chan struct{})
			second := newLink(t, bus, link.Options{StateDir: dir, OnReply: func(r protocol.Request, _ protocol.Reply) {
				if answered = append(answered, r.ID); len(answered) == 10 {
					close(done)
				}
			}})
			if second.OutboxDepth() != 10 {
				t.Fatalf("after the restart %d reports wait, want 10", second.OutboxDepth())
			}
			stop = run(t, second.Run)
			<-done
			synctest.Wait()
			stop()
			if second.OutboxDepth() != 0 {
				t.Errorf("seed %d: %d reports still wait", seed, second.OutboxDepth())
			}
			inOrder(t, seed, h.requests())
		})
	}
}

// inOrder checks that the first arrival of each report is in the order of posting.
func inOrder(t *testing.T, seed uint64, requests []protocol.Request) {
	t.Helper()
	next := 0
	for _, r := range requests {
		if r.ID == printed(next).ID {
			next++
		} else if r.ID > printed(next).ID {
			t.Errorf("seed %d: %s came before %s", seed, r.ID, printed(next).ID)
		}
	}
	if next != 10 {
		t.Errorf("seed %d: %d of 10 reports came", seed, next)
	}
}

func TestPostedReportWaitsUntilTheHubsDiskWorksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		var broken atomic.Bool
		broken.Store(true)
		startHub(t, bus, func(r protocol.Request) *protocol.Reply {
			if broken.Load() {
				return &protocol.Reply{ID: r.ID, Refused: protocol.Refuse(protocol.Unavailable, "无法记录", "cannot write")}
			}
			return yes(r)
		})
		answered := make(chan protocol.Reply, 1)
		l := newLink(t, bus, link.Options{StateDir: t.TempDir(), OnReply: func(_ protocol.Request, r protocol.Reply) { answered <- r }})
		run(t, l.Run)
		if err := l.Post(printed(1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if l.OutboxDepth() != 1 {
			t.Fatalf("%d reports wait, want 1", l.OutboxDepth())
		}
		broken.Store(false)
		if reply := <-answered; reply.OK == nil {
			t.Errorf("reply %+v", reply)
		}
	})
}

func TestWhatCannotBePostedIsRefused(t *testing.T) {
	bus := linktest.NewBus(1)
	dir := t.TempDir()
	with := newLink(t, bus, link.Options{StateDir: dir})
	without := newLink(t, bus, link.Options{})
	if err := without.Post(printed(1)); err == nil {
		t.Error("posted without a state folder")
	}
	if err := with.Post(protocol.Request{Do: protocol.WindowSignOn, Clerk: "c1", PIN: "1234"}); err == nil {
		t.Error("posted a PIN")
	}
	if err := with.Post(protocol.Request{Do: "x"}); err == nil {
		t.Error("posted a malformed request")
	}
	content, err := os.ReadFile(filepath.Join(dir, "outbox.spool"))
	if err != nil || len(content) != 0 {
		t.Errorf("the outbox holds %q, %v", content, err)
	}
}

func TestMissingStateFolderIsNamed(t *testing.T) {
	_, err := link.New(linktest.NewBus(1).Transport("x"), dispenser, link.Options{StateDir: "/nonexistent/state"})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one that says that the folder does not exist", err)
	}
}
