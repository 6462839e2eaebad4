// Package button turns the contacts of push buttons and keypads into presses by people: one press
// of a finger is one event, however much the contact bounces, and a line that is stuck is told
// once instead of printing tickets for ever.
//
// It looks at levels, never counts edges: Linux keeps only 16 edges of a line, so their number
// says nothing. An edge only wakes it up early. It never waits without a limit, because
// WaitForEdge(-1) means "for ever" in periph's interface and "already over" in the driver
// for the Pi's pins, where it would spin at full load.
package button
