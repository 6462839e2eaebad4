package queue

import (
	"encoding/json"
	"fmt"
)

// Snapshot returns the state as bytes from which [Restore] makes it again.
func (s *State) Snapshot() ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("queue: snapshot: %w", err)
	}
	return b, nil
}

// Restore makes a state from its snapshot.
func Restore(snapshot []byte) (*State, error) {
	s := New()
	if err := json.Unmarshal(snapshot, s); err != nil {
		return nil, fmt.Errorf("queue: restore: %w", err)
	}
	s.loc, s.ways = s.Plan.zone(), newWays(&s.Plan)
	s.retune()
	return s, nil
}
