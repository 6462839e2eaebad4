package link_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/protocol"
	"jiaohao/protocol/link"
	"jiaohao/protocol/link/linktest"
)

func TestTheStatusLineFollowsCableAndHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		l := newLink(t, bus, link.Options{})
		line := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := l.StatusLine()[protocol.Chinese]; got != want {
				t.Errorf("line %q, want %q", got, want)
			}
		}
		line("网络断开：请检查网线")
		run(t, l.Run)
		line("一切正常")
		l.Health(protocol.Health{Faults: []protocol.Fault{protocol.NewFault("printer", "paper_out", nil)}})
		line("打印机没纸了：请换纸")
		bus.Cut("dispenser-1")
		line("网络断开：请检查网线；打印机没纸了：请换纸")
		bus.Restore("dispenser-1")
		time.Sleep(time.Minute) // of the bubble
		l.Health(protocol.Health{})
		line("一切正常")
	})
}

// hung is a network whose attempts never end.
type hung struct{}

func (hung) Run(ctx context.Context, _ link.Session) error { <-ctx.Done(); return nil }
func (hung) Publish(string, []byte, byte, bool) error      { return errors.New("offline") }

func TestALinkThatHangsIsNotAliveAndOneWithoutAHubIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := linktest.NewBus(1)
		bus.Cut("dispenser-1")
		cut := newLink(t, bus, link.Options{})
		run(t, cut.Run)
		dead, err := link.New(hung{}, link.Identity{Hall: "h", Device: "dispenser-2", Kind: protocol.KindDispenser}, link.Options{})
		if err != nil {
			t.Fatal(err)
		}
		run(t, dead.Run)
		if err := dead.Alive(t.Context()); err != nil {
			t.Errorf("at the start: %v", err)
		}
		time.Sleep(10 * time.Minute) // of the bubble
		if err := cut.Alive(t.Context()); err != nil {
			t.Errorf("a link that goes on trying: %v", err)
		}
		if err := dead.Alive(t.Context()); err == nil {
			t.Error("a link whose attempt has not ended for ten minutes is alive")
		}
	})
}
