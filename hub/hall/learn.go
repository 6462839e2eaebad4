package hall

import (
	"context"
	"fmt"

	"jiaohao/hub/learn"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// learnNight adds what the day has taught, right before its close: all its tickets
// have ended and none is forgotten yet.
func (h *Hall) learnNight(b *batch) error {
	lines := learn.Lines(h.state)
	if len(lines) == 0 {
		return nil
	}
	figures := learn.From(lines, h.state.Figures, &h.state.Plan, h.state.Day)
	learn.AddHours(&figures, h.state, b.now)
	c := hubTask(queue.LearnNight).command
	c.Figures = &figures
	events, err := queue.Decide(h.state, c, b.now)
	if err != nil {
		return fmt.Errorf("learn from %s: %w", h.state.Day, err)
	}
	for _, e := range events {
		if err := h.apply(b, e); err != nil {
			return err
		}
	}
	return nil
}

// ResetFigure has a learned figure begin anew, or all of them when key is empty; see
// [queue.FigureKey]. The errors are those of [Hall.Do].
func (h *Hall) ResetFigure(ctx context.Context, from queue.Source, id protocol.RequestID, key, reason string) error {
	c := queue.Command{From: from, Figure: key}
	c.Request.Do, c.Request.ID, c.Request.Reason = queue.ResetFigure, id, reason
	_, err := h.Do(ctx, c)
	return err
}
