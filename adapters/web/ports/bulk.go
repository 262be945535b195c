package ports

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// BulkRequest is what a person asks for.
type BulkRequest struct {
	Key       string // that makes the same request again the same bulk sync; "": none
	Scope     domain.BulkScope
	Estimates bool // nothing is synced
	LinkOnly  bool // only what Smokeball has already is synced
}

// BulkSyncs starts and steers bulk syncs.
type BulkSyncs interface {
	// StartBulk begins one. A firm that is not connected is a Rejection (Conflict), and so is a
	// key that began another one. An estimate is waited for a little.
	StartBulk(ctx context.Context, by domain.User, r BulkRequest) (domain.BulkID, uint64, error)
	// PauseBulk, ResumeBulk and CancelBulk return a Rejection for one that is not there (Unknown) or
	// over (Conflict).
	PauseBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error)
	ResumeBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error)
	CancelBulk(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error)
	// WholeBulk is one with all its matters.
	WholeBulk(ctx context.Context, f domain.FirmID, id domain.BulkID) (domain.Bulk, error)
}

// BulkRows holds the rows of bulk syncs.
type BulkRows interface {
	Bulk(firm domain.FirmID, id domain.BulkID) (projections.BulkRow, bool, error)
	Bulks(firm domain.FirmID, before uint64, limit int) (list []projections.BulkRow, next uint64, err error)
}
