package web

import (
	"time"

	"jiaohao/protocol"
)

// Limits of the faces, with the reason for each.
const (
	bodyMax = protocol.PayloadMax // bytes of a request: the same as over MQTT

	readTimeout   = 10 * time.Second // of a request: a slow phone sends 16 KiB in less
	headerTimeout = 5 * time.Second  // of its header: ends those who never finish one
	writeTimeout  = 20 * time.Second // of an answer; streams renew it with each message
	idleTimeout   = time.Minute      // of a kept connection
	headerMax     = 16 << 10         // bytes of a request's head; more is answered with 431
	headerSlop    = 4 << 10          // bytes that net/http reads beyond what it is told
	shutdownFor   = 3 * time.Second  // to answer what is under way when the hub stops
	hallTimeout   = 5 * time.Second  // for the hall's answer; a commit takes milliseconds
	healthTimeout = time.Second      // a hall that needs longer for a read is not well

	streamsMax      = 1024                   // live streams in all: about 40 MiB of buffers
	streamsPerPeer  = 256                    // of one address: the guests of a hall may share one
	streamPace      = 200 * time.Millisecond // between two states: faster than an eye needs
	ticketPace      = time.Second            // the same for phones, of which there are many
	streamBeat      = 5 * time.Second        // heartbeat
	streamRefresh   = 15 * time.Second       // a state is sent at least so often, because waits age without an event
	deviceRefresh   = 2 * time.Second        // the same for devices: what they say of themselves is no event of the hall
	streamRetryMS   = 2000                   // ms after which a browser reconnects
	streamWriteTime = 10 * time.Second       // for one message: who does not read is let go

	sessionIdle  = 15 * time.Minute // without a person's action
	sessionMax   = 12 * time.Hour   // in all: one long day at work
	sessionsMax  = 1024             // staff of the largest hall on several devices
	sessionBytes = 32               // random bytes of a session's name: 256 bits

	loginTries    = 5                // wrong PINs of one clerk before the lock
	loginPeer     = 100              // wrong PINs from one address before the lock: a whole hall may share one
	loginLock     = 15 * time.Minute // how long
	loginInFlight = 4                // PINs checked at once: each costs memory and tens of milliseconds by design
	linkMisses    = 30               // wrong ticket links from one address in linkWindow
	linkWindow    = time.Minute
	countersMax   = 10_000 // addresses or names remembered by one counter; the oldest are forgotten first

	historyMax = 400 // events of one ticket that are shown
)
