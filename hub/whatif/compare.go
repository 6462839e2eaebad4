package whatif

import (
	"context"
	"time"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// Compared is a day beside itself: as it was, played again, and played with changes.
type Compared struct {
	Date     string              `json:"date"`
	Windows  []protocol.WindowID `json:"windows"`
	Turnover string              `json:"turnover"` // until the next call, as 12.5s
	Changes  []Change            `json:"changes"`
	Recorded Figures             `json:"recorded"`
	Same     Figures             `json:"same"`    // the day's own plan, played: what playing alone changes
	Changed  Figures             `json:"changed"` // with the changes
}

// Compare plays the day as it was and with changes. It stops when ctx ends.
func Compare(ctx context.Context, d *Day, changes []Change) (*Compared, error) {
	return CompareTo(ctx, d, &d.Plan, changes)
}

// CompareTo is [Compare] with the changes made to another plan.
func CompareTo(ctx context.Context, d *Day, other *queue.Plan, changes []Change) (*Compared, error) {
	with := *d
	with.Plan = *other
	plan, shifts, err := with.With(changes)
	if err != nil {
		return nil, err
	}
	same, err := Play(ctx, d, d.Plan, d.Shifts)
	if err != nil {
		return nil, err
	}
	changed, err := Play(ctx, d, plan, shifts)
	if err != nil {
		return nil, err
	}
	c := &Compared{Date: d.Date, Turnover: d.Turnover.Round(100 * time.Millisecond).String(), Changes: changes,
		Recorded: d.Recorded().Figures(), Same: same.Figures(), Changed: changed.Figures()}
	for i := range plan.Windows {
		c.Windows = append(c.Windows, plan.Windows[i].ID)
	}
	return c, nil
}
