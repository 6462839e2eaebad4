package hall

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/protocol"
)

// servedDay makes a journal of a day with a served, a cancelled and a waiting ticket, and a
// snapshot at its end.
func servedDay(t *testing.T) (dir string) {
	dir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := start(t, dir, Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		for n := range 3 {
			h.do(dispenser(), issue(id("press-", n), "social"))
		}
		for i, do := range []protocol.Action{protocol.WindowCallNext, protocol.WindowArrived, protocol.WindowFinish} {
			time.Sleep(time.Minute + 1234*time.Microsecond)
			h.do(terminal("1"), request(id("step-", i), do))
		}
		cancel := request("cancel", protocol.TicketCancel)
		cancel.Ticket = "A003"
		h.do(dispenser(), cancel)
	})
	return dir
}

func TestServiceLogThatWasChangedIsFound(t *testing.T) {
	for _, c := range []struct{ name, sql, say string }{
		{"nothing", "", ""},
		{"a wait made shorter", "UPDATE service_line SET wait_ms = 1 WHERE number = 'A001'", "A001 has another line"},
		{"another clerk", "UPDATE service_line SET clerk = 'c2' WHERE number = 'A001'", "A001 has another line"},
		{"a visit removed", "DELETE FROM service_line WHERE number = 'A003'", "A003 is missing"},
		{"a visit invented", "INSERT INTO service_line SELECT day, ticket || 'x', number, service, class, window, clerk, on_behalf_of, issued_at," +
			" called_at, arrived_at, finished_at, outcome, result, wait_ms, way_ms, serve_ms, seq, promise_model, promise_low_ms, promise_high_ms FROM service_line WHERE number = 'A001'", "A001x stands there"},
		{"a day invented", "UPDATE service_line SET day = '1999-12-31' WHERE number = 'A001'", "is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := servedDay(t)
			if c.sql != "" {
				db, err := sql.Open("sqlite", filepath.Join(dir, "hub.db"))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := db.Exec(c.sql); errors.Join(err, db.Close()) != nil {
					t.Fatal(err)
				}
			}
			sum, err := Verify(t.Context(), dir)
			var mismatch *MismatchError
			if c.say == "" {
				if err != nil || sum.Events == 0 || sum.Snapshots == 0 {
					t.Errorf("a whole journal: %v, %v", sum, err)
				}
				return
			}
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("verify says %v, want %q", err, c.say)
			}
		})
	}
}

func TestSnapshotThatTheEventsDoNotMakeIsFound(t *testing.T) {
	dir := servedDay(t)
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seq, body, ok, err := j.Snapshot()
	if err != nil || !ok {
		t.Fatalf("no snapshot: %v", err)
	}
	forged := strings.Replace(string(body), "A002", "A009", 1) // the number of who still waits
	if forged == string(body) {
		t.Fatal("the snapshot does not name A002")
	}
	if err := errors.Join(j.SaveSnapshot(seq, []byte(forged)), j.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Verify(t.Context(), dir)
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "snapshot after event") {
		t.Errorf("verify says %v, want the snapshot", err)
	}
}
