package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// record is what a ledger knows of Smokeball: the ids of all things, and of those that
// were seen there; and, by the names that effects have, what was asked for without an
// answer that is on record.
type record struct {
	all, seen, open map[string]bool
	changes
}

// finite is a ledger whose end can be asked for.
type finite interface {
	eventstore.Store
	Last(context.Context) (eventstore.Seq, error)
}

// known reads a ledger to its end, and every stream of it with its hash chain.
func known(ctx context.Context, ledger finite) (record, error) {
	r := record{all: map[string]bool{}, seen: map[string]bool{}, open: map[string]bool{}, changes: newChanges()}
	contacts, streams := map[domain.Stream]string{}, map[domain.Stream]bool{}
	last, err := ledger.Last(ctx)
	if err != nil || last == 0 {
		return r, err
	}
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return r, fmt.Errorf("read the ledger: %w", err)
		}
		streams[env.Stream] = true
		r.note(env, contacts)
		r.changes.note(env)
		if env.Seq == last {
			break
		}
	}
	for s := range streams {
		if err := r.fold(ctx, ledger, s); err != nil {
			return r, err
		}
	}
	return r, ctx.Err()
}

// fold reads a stream, which checks its versions and hashes, and notes the questions that it
// leaves open.
func (r record) fold(ctx context.Context, ledger eventstore.Store, s domain.Stream) (err error) {
	switch s.Kind {
	case domain.KindMatter:
		var m domain.Matter
		m, _, err = eventstore.Load[domain.Matter](ctx, ledger, s)
		r.askedForMatter(m)
	case domain.KindContact:
		var c domain.Contact
		if c, _, err = eventstore.Load[domain.Contact](ctx, ledger, s); c.Intent != nil {
			r.open[nameOfContact(c.Asked.Sent.Email)] = true
		}
	default:
		for _, e := range ledger.Read(ctx, s) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("read stream %s: %w", s, err)
	}
	return nil
}

func (r record) askedForMatter(m domain.Matter) {
	if m.Smokeball.Intent != nil {
		r.open[nameOfMatter(string(m.Data.ID))] = true
	}
	for _, d := range m.Documents {
		if d.Intent != nil {
			r.open[nameOfFile(string(m.Data.ID), d.Data.FileName, d.Data.SHA256)] = true
			r.open[nameOfFile(string(m.Data.ID), d.Data.FileName, "")] = true // its bytes did not come yet
		}
	}
}

func (r record) note(env eventstore.Envelope, contacts map[domain.Stream]string) {
	switch e := env.Event.(type) {
	case domain.MatterAccepted:
		r.all[string(e.Matter)] = true
	case domain.MatterLinked:
		r.all[string(e.Matter)], r.seen[string(e.Matter)] = true, true
	case domain.MatterConfirmed:
		r.seen[string(e.Matter)] = true
	case domain.FileAccepted:
		r.all[string(e.File)] = true
	case domain.DocumentConfirmed:
		r.seen[string(e.File)] = true
	case domain.ContactAccepted:
		r.all[string(e.Contact)] = true
		contacts[env.Stream] = string(e.Contact)
	case domain.ContactMatched:
		r.all[string(e.Contact)], r.seen[string(e.Contact)] = true, true
		contacts[env.Stream] = string(e.Contact)
	case domain.ContactConfirmed:
		r.seen[contacts[env.Stream]] = true
	}
}
