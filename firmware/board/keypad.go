package board

import (
	"errors"
	"fmt"
)

// OpenKeypad opens the keypad alone. A program that needs nothing else then links
// neither printer nor fonts, which are a megabyte.
func OpenKeypad(c Config) (*Board, error) {
	c = Config{Keypad: c.Keypad}
	b := &Board{}
	var err error
	if c.needsHost() {
		b.Drivers, err = initHost()
	}
	if err == nil {
		err = b.openKeypad(c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("board: %w", err), b.Drivers)
	}
	return b, nil
}
