package hall

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

func TestPINHashFitsItsPINOnly(t *testing.T) {
	hash, err := HashPIN("135790")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %s", hash)
	}
	if !VerifyPIN(hash, "135790") {
		t.Error("the PIN does not fit its own hash")
	}
	for _, pin := range []string{"", "135791", "13579", "1357900", "abcd"} {
		if VerifyPIN(hash, pin) {
			t.Errorf("the PIN %q fits as well", pin)
		}
	}
	for _, hash := range []string{
		"", "135790", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA", "$argon2i$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=8,t=1,p=0$c2FsdHNhbHQ$" + strings.Repeat("A", 43),
	} {
		if VerifyPIN(hash, "135790") {
			t.Errorf("a PIN fits the hash %q", hash)
		}
	}
	for _, pin := range []string{"123", "1234567890123", "12a4"} {
		if _, err := HashPIN(pin); err == nil {
			t.Errorf("%q was taken for a PIN", pin)
		}
	}
}

func TestFiveWrongPINsLockTheClerkForAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		for n := range PINTries {
			if code := h.refused(terminal("1"), signOn(id("wrong-", n), "c1", "1111")); code != protocol.WrongPIN {
				t.Fatalf("try %d: %s", n+1, code)
			}
		}
		if code := h.refused(terminal("1"), signOn("right", "c1", "2468")); code != protocol.PINLocked {
			t.Errorf("the right PIN of a locked clerk: %s", code)
		}
		h.do(terminal("2"), signOn("other", "c2", "2468")) // one clerk's lock is nobody else's
		time.Sleep(PINLock - time.Second)
		if code := h.refused(terminal("1"), signOn("early", "c1", "2468")); code != protocol.PINLocked {
			t.Errorf("one second early: %s", code)
		}
		time.Sleep(time.Second)
		h.do(terminal("1"), signOn("now", "c1", "2468"))
	})
}

func TestDelayedCopyOfAWrongPINIsNotAnotherTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		wrong := signOn("wrong", "c1", "1111")
		first := h.ask(terminal("1"), wrong)
		for range 2 * PINTries {
			if again := h.ask(terminal("1"), wrong); again != first {
				t.Fatalf("the copy got %s, the first got %s", again, first)
			}
		}
		h.do(terminal("1"), signOn("right", "c1", "2468"))
		// Nor does a right one need its PIN again, when only the reply was lost.
		h.do(terminal("1"), signOn("right", "c1", ""))
	})
}

func TestNoPINReachesTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on", "c1", "2468"))
		if state := h.snapshotNow(); strings.Contains(state, `"2468"`) || strings.Contains(state, `"pin":"2468`) {
			t.Error("the PIN stands in the state")
		}
	})
}

func TestManagerOverridesWithHisOwnPIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		h.do(terminal("1"), signOn("on-1", "c1", "2468"))
		h.do(dispenser(), issue("press", "social"))
		leave := func(id string, manager protocol.ClerkID, pin string) protocol.Request {
			r := request(id, protocol.WindowPause)
			r.Reason, r.Manager, r.ManagerPIN = "开会", manager, pin
			return r
		}
		if code := h.refused(terminal("1"), leave("alone", "", "")); code != protocol.PartnerAway {
			t.Errorf("without the manager: %s", code)
		}
		if code := h.refused(terminal("1"), leave("wrong", "m1", "0000")); code != protocol.WrongPIN {
			t.Errorf("with a wrong PIN: %s", code)
		}
		if code := h.refused(terminal("1"), leave("colleague", "c2", "2468")); code != protocol.NotAllowed {
			t.Errorf("with a colleague's PIN: %s", code)
		}
		h.do(terminal("1"), leave("allowed", "m1", "2468"))
	})
}

func TestNobodyIsBelievedToBeAClerkWithoutAPIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, t.TempDir(), Options{})
		defer h.stop()
		h.openDay()
		if code := h.refused(terminal("1"), signOn("none", "c1", "")); code != protocol.WrongPIN {
			t.Errorf("without a PIN: %s", code)
		}
		if code := h.refused(terminal("1"), signOn("who", "c9", "2468")); code != protocol.UnknownClerk {
			t.Errorf("a clerk that there is not: %s", code)
		}
		page := queue.Source{Role: queue.RoleClerk, Device: "page-7", Person: "c1", Window: "1"}
		if code := h.refused(page, signOn("other", "c2", "")); code != protocol.WrongPIN {
			t.Errorf("logged in as one, signing on as another: %s", code)
		}
		h.do(page, signOn("self", "c1", "")) // has proved who he is at the login
	})
}
