package broker

import "time"

const (
	// idMax bounds an account id in bytes: a device's name, in log lines and topics.
	idMax = 64
	// topicMax bounds topics and filters in bytes: the hall's longest are below 100, and the engine logs them whole.
	topicMax = 256
	// payloadMax bounds a payload in bytes: the contract of the hall's messages.
	payloadMax = 16 << 10
	// packetMax bounds the body of any packet after CONNECT: payload, topic, the topic's length and the packet id.
	packetMax = payloadMax + topicMax + 4
	// headerRoom is what the engine's own header, with the topic in it, may add to a payload in bytes.
	headerRoom = 4 << 10
	// connectMax bounds the body of a CONNECT in bytes: two ids, a password, a Will of some hundred bytes.
	connectMax = 1 << 10

	// connectWait bounds TLS handshake and CONNECT together: a Pi Zero in a storm needs up to 1 s.
	connectWait = 3 * time.Second
	// writeWait bounds one write of at most pumpSize bytes to a client: what is slower would only show old news.
	writeWait = 2 * time.Second
	// engineWait bounds dialling the engine, a write to it and its last words on a closed connection. It answers within
	// milliseconds, so that only a starved machine gets near.
	engineWait = 10 * time.Second
	// closeWait bounds the wait for connections, and again for the engine, in Close.
	closeWait = 5 * time.Second
	// acceptPause is the pause after a failed accept, most likely for want of file descriptors.
	acceptPause = 50 * time.Millisecond

	// keepAliveMax and trustedKeepAliveMax bound the keep-alive in seconds: a dead device is seen after 1.5 times that.
	keepAliveMax, trustedKeepAliveMax = 60, 300

	// halfOpenPerAddr and halfOpenMax bound the connections that have not said CONNECT, from one address and in all.
	// A device needs 5 to 500 ms to say it, so that the oldest of so many is a silent one; a whole hall behind one
	// address that comes back at once has room.
	halfOpenPerAddr, halfOpenMax = 128, 512
	// defaultMaxClients is four times the largest fleet that was measured, rounded.
	defaultMaxClients = 1200
	// defaultRate and defaultBurst are packets per second and at once: a person's pace, and the merge of a long outage.
	defaultRate, defaultBurst = 50, 500

	// pumpSize is the read buffer in bytes for each direction of a connection.
	pumpSize = 4 << 10
	// logPerSecond, logBurst and logLineMax bound what a peer can make the broker write to the log, in lines and bytes.
	logPerSecond, logBurst, logLineMax = 5, 50, 200
)
