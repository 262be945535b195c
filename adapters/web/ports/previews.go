package ports

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// Previews tells what syncs would do, and changes nothing.
type Previews interface {
	// Preview tells what a sync of the matter would do now. A matter that neither the ledger nor
	// the request describes is a Rejection (Unknown).
	Preview(ctx context.Context, by domain.User, m domain.MatterID, r SyncRequest) (domain.Preview, error)
	// Under tells what a sync of the matter would do now if the firm had other mappings.
	Under(ctx context.Context, by domain.User, m domain.MatterID, then domain.Mappings) (domain.Preview, error)
	// Replay tells what would have become of the matter under other mappings, by its history.
	Replay(ctx context.Context, f domain.FirmID, m domain.MatterID, run domain.DryRun) (domain.Replay, error)
}
