// Package link is a device's session with its hall over MQTT.
//
// A [Link] tells the hall that the device is there (birth and will on one
// retained topic), sends requests until they are answered, watches retained
// states, and keeps in a durable outbox what must not be lost.
//
// Delivery is end to end. A PUBACK means nothing to this package and tokens are
// never receipts: the reply with the request's id is the receipt, and a request is
// sent again under the same id until the reply comes. Everything from the hub is
// absolute and stamped, so a lost, late or repeated message does no harm.
//
// Nothing here knows which broker there is. [MQTT] is the transport over paho;
// package linktest has one in memory that loses, delays, repeats and reorders.
package link
