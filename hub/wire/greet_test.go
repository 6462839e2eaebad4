package wire

import (
	"strings"
	"testing"
	"testing/synctest"

	"jiaohao/protocol"
)

// A device that subscribes in the moment of a publication may miss both the
// retained state and the new one; saying that it is there brings them once more.
func TestWhoeverComesGetsWhatItMayReadOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		c := s.connect("dispenser-1", own("dispenser-1", protocol.KindConfig))
		synctest.Wait()
		for len(c.got) > 0 {
			<-c.got // what was retained
		}
		for _, birth := range []string{
			`{"online":true,"kind":"dispenser","boot":"b1","session":1}`,
			`{"online":true,"kind":"dispenser","boot":"b1","session":2}`,
			`{"online":true,"kind":"dispenser","boot":"b2","session":1}`,
		} {
			c.publish(protocol.KindPresence, birth, true)
			if got := c.next(); !strings.Contains(got, `"letter"`) {
				t.Errorf("after %s it hears %s", birth, got)
			}
		}
		// The same session saying it again is no news.
		c.publish(protocol.KindPresence, `{"online":true,"kind":"dispenser","boot":"b2","session":1}`, true)
		synctest.Wait()
		if n := len(c.got); n != 0 {
			t.Errorf("%d messages after a repeated birth", n)
		}
	})
}
