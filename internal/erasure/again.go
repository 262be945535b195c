package erasure

import (
	"context"
	"fmt"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Again takes over the erasures that the ledger does not have, because the backup that it was restored
// from is older than they are. It returns how many these are. The engine does their steps when it starts.
func (s Service) Again(ctx context.Context, list []domain.ErasureEntry) (taken int, err error) {
	for _, entry := range list {
		now, _, err := eventstore.Load[domain.Erasure](ctx, s.Ledger, domain.ErasureStream(entry.Firm, entry.ID))
		if err == nil && !now.Known() {
			err = s.again(ctx, entry)
			taken++
		}
		if err != nil {
			return taken, fmt.Errorf("erasure %s of firm %s: %w", entry.ID, entry.Firm, err)
		}
	}
	return taken, nil
}

// again asks for an erasure of the same matters and clients as before, also of those that the ledger does
// not know yet: CaseHug may publish them again.
func (s Service) again(ctx context.Context, entry domain.ErasureEntry) error {
	found := *entry.Found
	told, err := s.told(ctx, entry.Firm, found)
	if err != nil {
		return err
	}
	for id := range told.resources {
		if !slices.Contains(found.Resources, id) {
			found.Resources = append(slices.Clip(found.Resources), id)
		}
	}
	streams, err := s.streams(ctx, entry.Firm, found, told)
	if err != nil {
		return err
	}
	found = found.With(domain.EraseFound{Streams: streams})
	_, _, err = eventstore.Execute(ctx, s.Ledger, s.Now, domain.ErasureStream(entry.Firm, entry.ID), func(e domain.Erasure) ([]domain.Event, error) {
		asked := e.Request(domain.EraseRequested{Subject: entry.Subject, By: entry.By})
		if len(asked) == 0 {
			return nil, nil
		}
		return append(asked, e.Find(found)...), nil
	})
	return err
}
