package wire

import (
	"context"
	"encoding/hex"
	"log/slog"
	"time"

	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/hub/view"
	"jiaohao/protocol"
)

// follow publishes each event that is committed from now on, and each call to be
// spoken. What happens while the broker is away is not made up for: a call of a
// minute ago must not be spoken, and a supervisor sees the gap by the sequence.
func (w *Wire) follow(ctx context.Context) error {
	var after, epoch uint64
	err := w.hall.Read(ctx, func(s *queue.State, _ time.Time) {
		after, epoch = s.Seq, s.Epoch
	})
	if err != nil {
		return err
	}
	return w.hall.Follow(ctx, after, func(r journal.Record) error {
		if !w.Online() {
			return nil
		}
		w.event(ctx, epoch, r)
		return w.announce(ctx, r)
	})
}

// event publishes one event for supervisors. A body that does not fit one message
// (the plan of a large hall) is left out; its hash stays in the chain.
func (w *Wire) event(ctx context.Context, epoch uint64, r journal.Record) {
	e := protocol.Event{
		Version: protocol.Version, Epoch: epoch, Seq: r.Seq, At: r.At, Kind: r.Kind, Body: r.Body,
		Hash: hex.EncodeToString(r.Hash[:]),
	}
	if r.Kind == (queue.NightLearned{}).Kind() {
		e.Body = nil // what was learned of clerks and services stays in the hub
	}
	payload, err := protocol.Encode(e)
	if err != nil {
		e.Body = nil
		if payload, err = protocol.Encode(e); err != nil {
			w.log.Error("an event that cannot be published", slog.Uint64("seq", r.Seq), slog.Any("err", err))
			return
		}
	}
	w.send(ctx, protocol.HallTopic(w.id, protocol.KindEvent).String(), payload, false)
}

// announce publishes a call if there is one to be spoken. The error is the hall's.
func (w *Wire) announce(ctx context.Context, r journal.Record) error {
	if r.Kind != (queue.Called{}).Kind() && r.Kind != (queue.Recalled{}).Kind() {
		return nil
	}
	e, err := queue.DecodeEvent(r.Kind, r.Body)
	if err != nil {
		return err
	}
	var say protocol.Announce
	spoken := false
	err = w.hall.Read(ctx, func(s *queue.State, _ time.Time) { say, spoken = view.Spoken(s, e, r.Seq) })
	if err != nil || !spoken {
		return err
	}
	payload, err := protocol.Encode(say)
	if err != nil {
		w.log.Error("a call that cannot be announced", slog.Uint64("seq", r.Seq), slog.Any("err", err))
		return nil
	}
	w.send(ctx, protocol.HallTopic(w.id, protocol.KindAnnounce).String(), payload, false)
	return nil
}
