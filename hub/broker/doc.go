// Package broker is the MQTT 3.1.1 broker of a hall: a nats-server inside the process, behind a gate of our own.
//
// The engine behind the gate knows how to move messages, keep retained ones and hold topic rights. It does not know how
// to mistrust a peer before and beside that, so nothing reaches it that the gate has not read. The gate
//
//   - ends TLS, if any, and gives a peer 3 s to send one CONNECT of at most 1 KiB;
//   - demands protocol level 4, a client id that equals the user name, the account's password or certificate, a clean
//     session, a keep-alive of 1 to 60 s, and a Will only on the account's own Will topic at QoS 0 or 1;
//   - keeps connections that have not said CONNECT out of the way of those that do: when one address or all together
//     hold too many, the oldest silent one is cut, never the newcomer;
//   - reads each packet from a client whole and cuts the connection at QoS 2, at a payload over 16 KiB, at a topic over
//     256 bytes or with white space or wildcards, and at any packet that a client has no business to send;
//   - clears the retain flag of a PUBLISH on a topic that the account may not retain: the message is delivered once,
//     live, and nothing stays behind;
//   - slows a client that sends more than its rate to that rate, by reading from it no faster;
//   - cuts a client that does not take its messages within 2 s.
//
// Topic rights are the engine's: a PUBLISH without the right is dropped (and acknowledged at QoS 1, as
// [MQTT-3.3.5-2] allows, so a PUBACK proves nothing), a SUBSCRIBE without the right gets return code 0x80. Accounts that
// are not Trusted subscribe at QoS 0 only, because the engine keeps copies for a QoS 1 subscriber that never
// acknowledges. All state is in memory: after a restart whoever owns a retained topic publishes it again.
//
// The package knows no topic of the hall and imports none of the hall's packages. [MosquittoConf] and [MosquittoACL]
// give the same rights to an external Mosquitto.
package broker
