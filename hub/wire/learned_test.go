package wire

import (
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestWhatWasLearnedDoesNotLeaveTheHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		upstream := s.connect("guest-1", protocol.HallTopic(hallID, protocol.KindEvent))
		from := queue.Source{Role: queue.RoleHub, Device: "hub"}
		take := protocol.Request{ID: "take", Do: protocol.TicketIssue, Service: smallHall().Services[0].ID}
		if reply := s.hall.Ask(t.Context(), from, take); reply.Refused != nil {
			t.Fatal(reply.Refused)
		}
		c := queue.Command{From: from}
		c.Request.Do = queue.DayClose
		if _, err := s.hall.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		bodies := map[string]int{}
		for text := upstream.next(); text != ""; text = upstream.next() {
			var e protocol.Event
			if err := protocol.Decode([]byte(text), &e); err != nil {
				t.Fatal(err)
			}
			bodies[e.Kind] = len(e.Body)
		}
		if n, told := bodies["learned"]; !told || n != 0 || bodies["day_closed"] == 0 {
			t.Errorf("upstream got bodies of %v bytes, want the fact of learning without its figures", bodies)
		}
	})
}
