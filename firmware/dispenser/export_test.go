package dispenser

import "context"

// ViewOf returns the JSON that pages have now.
func ViewOf(d *Dispenser) []byte {
	payload, _ := d.live.Get()
	return payload
}

// Reprint does what the page's button does.
func Reprint(d *Dispenser, number string) error {
	return d.ask(context.Background(), func() error { return d.reprint(number) })
}

// BreakDisk has every later write of the book fail.
func BreakDisk(d *Dispenser) error {
	return d.ask(context.Background(), d.book.spool.Close)
}
