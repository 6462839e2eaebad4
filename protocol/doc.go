// Package protocol is everything that crosses the wire of a hall: topics,
// messages, ids, refusal codes, and a strict codec with size limits.
//
// The published contract is asyncapi.yaml; a test holds it against these types.
// Payloads are JSON in UTF-8 of at most [PayloadMax] bytes over MQTT 3.1.1. Times
// are RFC 3339 with offset and come from the hub's clock alone; devices measure
// durations, in milliseconds, with the unit in the name. Unknown fields are
// tolerated, unknown versions are refused.
//
// Versions of the wire, newest last:
//
//	1: 2026-11-22: first version
//	1: 2026-11-22: device kind announcer, voice in its config, at in announcements
//	1: 2026-11-22: notice in a display's config
//	1: 2026-11-22: rate in a window's state, ticket.rate from terminals
//	1: 2026-11-22: unmanned in the states of services and on the board
package protocol
