package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// record is what a ledger knows of Smokeball: the ids of all things, and of those that
// were seen there.
type record struct{ all, seen map[string]bool }

// known reads a ledger to its end, and every stream of it with its hash chain.
func known(ctx context.Context, ledger *eventstore.Bolt) (record, error) {
	r := record{map[string]bool{}, map[string]bool{}}
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
		if env.Seq == last {
			break
		}
	}
	return r, errors.Join(ctx.Err(), whole(ctx, ledger, streams))
}

// whole checks each stream's versions and hashes.
func whole(ctx context.Context, ledger eventstore.Store, streams map[domain.Stream]bool) error {
	for s := range streams {
		for _, err := range ledger.Read(ctx, s) {
			if err != nil {
				return fmt.Errorf("read stream %s: %w", s, err)
			}
		}
	}
	return nil
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
