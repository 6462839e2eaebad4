// Package wire joins the hall and its devices: protocol messages over MQTT on one
// side, commands and views on the other. It is the only package that knows both.
//
// To the broker the hub is a client like every device, so that the embedded
// broker and one on another machine are the same to it.
//
// # In
//
// A request is read, given the sender that the plan knows by the topic's device
// (the broker lets nobody else publish there), and asked of the hall. Requests of
// one device are carried out in their order; devices do not wait for each other,
// so that the hall can commit their requests together. Every request gets a reply,
// also one that cannot be read, unless the connection is lost; then the device
// sends it again under the same id and gets the same answer.
//
// # Out
//
// What is retained is always a whole state, with a stamp of epoch and sequence. A
// state is published when it has changed, all of them are at each connect and every
// minute, so that a lost one heals, and estimates are brought up to date every 15 s. Calls
// to be spoken and the stream of events are published once and not kept.
//
// The hall's goroutine never publishes, and nothing here makes it wait.
package wire
