package bulk

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Connection names the connections of firms by their account and the time of their authorization.
func Connection(ledger eventstore.Store) func(context.Context, domain.FirmID) (string, error) {
	return func(ctx context.Context, f domain.FirmID) (string, error) {
		c, _, err := eventstore.Load[domain.Connection](ctx, ledger, domain.ConnectionStream(f))
		return c.Account.ID + " " + c.At.UTC().Format(time.RFC3339Nano), err
	}
}
