package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// RebaseMatter lets CaseHug's changes of a matter count again from a version on, and
// returns the ledger position that includes it.
func (r Requests) RebaseMatter(ctx context.Context, by domain.User, id domain.MatterID, version int) (position uint64, err error) {
	_, head, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.MatterStream(by.Firm, id),
		func(m domain.Matter) ([]domain.Event, error) {
			facts, err := m.Rebase(version, by.Subject)
			return domain.SignedBy(facts, by), err
		})
	return uint64(head.Seq), err
}

// RebaseClient is RebaseMatter for a client.
func (r Requests) RebaseClient(ctx context.Context, by domain.User, id domain.ClientID, version int) (position uint64, err error) {
	_, head, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.ClientStream(by.Firm, id),
		func(c domain.Client) ([]domain.Event, error) {
			facts, err := c.Rebase(version, by.Subject)
			return domain.SignedBy(facts, by), err
		})
	return uint64(head.Seq), err
}
