package projections

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Past shows a firm's connection, settings and mappings at any moment, and where the values of its
// matters come from, from the ledger's own streams.
type Past struct {
	Ledger   eventstore.Store
	Webhooks WebhookRows
}

// Fact is an event as proof of how things stood.
type Fact struct {
	Position uint64
	Stream   domain.Stream
	Version  uint64 // its place in the stream
	At       time.Time
	Event    domain.Event
	Hash     string // its link of the stream's hash chain, in hex
}

// Then is how a firm's things stood at a moment.
type Then struct {
	Row ConnectionRow
	// The facts that made it so, oldest first: those of the connection, and those of the
	// settings and mappings.
	Connection []Fact
	Settings   []Fact
}

// Story is all that happened to a firm's connection, settings and mappings, in the
// order of the ledger.
func (p Past) Story(ctx context.Context, firm domain.FirmID) ([]Fact, error) {
	var facts []Fact
	for _, stream := range []domain.Stream{domain.ConnectionStream(firm), domain.SettingsStream(firm)} {
		for env, err := range p.Ledger.Read(ctx, stream) {
			if err != nil {
				return nil, fmt.Errorf("read the story of %s: %w", stream, err)
			}
			facts = append(facts, factOf(env))
		}
	}
	slices.SortFunc(facts, func(a, b Fact) int { return cmp.Compare(a.Position, b.Position) })
	return facts, nil
}

func factOf(env eventstore.Envelope) Fact {
	return Fact{Position: uint64(env.Seq), Stream: env.Stream, Version: env.Version, At: env.At, Event: env.Event, Hash: hex.EncodeToString(env.Hash[:])}
}

// Fold is how a firm's things stood at a moment, by their story. What was decided at
// that very moment counts. Where clocks went back between two facts, the order of the
// ledger holds.
func (p Past) Fold(firm domain.FirmID, story []Fact, at time.Time) (Then, error) {
	timeline, err := p.Webhooks.WebhookTimeline(firm, at)
	if err != nil {
		return Then{}, fmt.Errorf("read the webhook timeline of %s: %w", firm, err)
	}
	var then Then
	then.Connection = until(story, domain.ConnectionStream(firm), at)
	then.Settings = until(story, domain.SettingsStream(firm), at)
	then.Row = rowOf(firm, slices.Concat(then.Connection, then.Settings, timeline.facts(firm)))
	then.Row.Received = timeline.Webhooks
	then.Row.Day, then.Row.HookTest = nil, HookTest{} // a past moment shows neither
	return then, nil
}

// until are the facts of a stream before its first one that is later than at.
func until(story []Fact, s domain.Stream, at time.Time) []Fact {
	var facts []Fact
	for _, f := range story {
		if f.Stream != s {
			continue
		}
		if f.At.After(at) {
			break
		}
		facts = append(facts, f)
	}
	return facts
}

// facts are the last of the activities as the facts that they were.
func (a WebhookTimeline) facts(firm domain.FirmID) []Fact {
	var facts []Fact
	add := func(b Occurrence, e domain.Event) {
		if b.Position != 0 {
			facts = append(facts, Fact{Position: b.Position, Stream: domain.Stream{Firm: firm}, At: b.At, Event: e})
		}
	}
	add(a.LastWebhook, domain.SmokeballWebhookReceived{})
	add(a.LastSuccess, domain.SyncSucceeded{})
	if f := a.LastFailure.Failure; f != nil {
		add(a.LastFailure, domain.SyncFailed{Failure: *f})
	}
	return facts
}

// rowOf folds facts as the view of connections does.
func rowOf(firm domain.FirmID, facts []Fact) ConnectionRow {
	slices.SortFunc(facts, func(a, b Fact) int { return cmp.Compare(a.Position, b.Position) })
	row := ConnectionRow{Firm: firm, Settings: domain.DefaultSettings}
	for _, f := range facts {
		row = foldConnection(row, eventstore.Envelope{Seq: eventstore.Seq(f.Position), Stream: f.Stream, At: f.At, Event: f.Event})
	}
	return row
}
