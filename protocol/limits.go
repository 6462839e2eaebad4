package protocol

// Version is the version of the wire that this package speaks. A message
// without "v" is of version 1.
const Version = 1

// Limits of the wire. Whatever exceeds one is refused by name, never grown into.
const (
	PayloadMax   = 16 << 10 // bytes of one payload: the broker's own limit for a packet
	IDMax        = 32       // bytes of a hall, device, window, service or clerk id
	RequestIDMax = 64       // bytes of a request id: a UUID with a prefix fits
	TextMax      = 200      // runes of one text that a person reads or types
	SpoolMax     = 50       // tickets in one spool.sync: about 8 KiB
	TopicMax     = 160      // bytes of a topic: four ids and the fixed words
)
