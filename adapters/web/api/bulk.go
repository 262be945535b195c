package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Bulks are a firm's bulk syncs.
type Bulks struct {
	Rows      ports.BulkRows
	Matters   ports.Matters
	History   ports.History
	Bulks     ports.BulkSyncs
	Allowance ports.Allowance
	Progress  reading.Progress
	Now       func() time.Time
}

// BulkDoc describes the start of a bulk sync.
const BulkDoc = "Exactly one of matter_ids, all and filter says which matters. The account is read once in pages of 500; then each matter is looked at, which says what the whole takes (estimating), " +
	"and one after the other is synced, after live work. Matters of which Smokeball has everything already are skipped. With link_only, only matters that Smokeball has already are linked and brought up to date; nothing is created for the others."

type startBulkInput struct {
	FirmPath
	Body bulkGiven
}

// bulkGiven may have no other members: a misspelt estimate_only or filter would sync all matters.
type bulkGiven struct {
	Matters      []string         `json:"matter_ids,omitempty" maxItems:"10000" doc:"These matters."`
	All          bool             `json:"all,omitempty" doc:"All matters that CaseHug has announced."`
	Filter       *bulkFilterGiven `json:"filter,omitempty" doc:"Those that fit; an empty filter fits all."`
	EstimateOnly bool             `json:"estimate_only,omitempty" doc:"Nothing is synced."`
	LinkOnly     bool             `json:"link_only,omitempty" doc:"Only what Smokeball has already is synced."`
}

type bulkFilterGiven struct {
	_            struct{} `nullable:"true"`
	Status       *string  `json:"status,omitempty" nullable:"true" enum:"not_synced,active,pending,closed,queued,running,waiting,confirming,succeeded,failed,skipped,cancelled" doc:"Of the matter in CaseHug, or of its last sync; not_synced: Smokeball does not have it."`
	CaseType     *string  `json:"case_type,omitempty" nullable:"true" maxLength:"1000"`
	UpdatedSince *instant `json:"updated_since,omitempty" doc:"CaseHug changed it at or after this time."`
	Differs      *bool    `json:"differs,omitempty" nullable:"true" doc:"true: Smokeball has another value of a field."`
}

// scope requires exactly one way to say which matters.
func (g bulkGiven) scope() (s domain.BulkScope, err error) {
	ways := 0
	for _, given := range []bool{g.Matters != nil, g.All, g.Filter != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return s, problem.Invalid("/", "needs exactly one of matter_ids, all: true and filter")
	}
	s.All = g.All
	for _, id := range g.Matters {
		if !domain.ValidID(id) {
			return s, problem.Invalid("/matter_ids", "holds “"+id+"”, which is not a matter id")
		}
		s.Matters = append(s.Matters, domain.MatterID(id))
	}
	if g.Matters != nil && s.Matters == nil {
		return s, problem.Invalid("/matter_ids", "names no matter")
	}
	if f := g.Filter; f != nil {
		s.Filter = &domain.BulkFilter{Status: text(f.Status), CaseType: text(f.CaseType), Differs: f.Differs}
		if since := f.UpdatedSince.time(); since != nil {
			s.Filter.UpdatedSince = since.UTC().Format(time.RFC3339)
		}
	}
	return s, nil
}

// Start begins a bulk sync.
func (b Bulks) Start(ctx context.Context, in *startBulkInput) (*change[reading.BulkBody], error) {
	scope, err := in.Body.scope()
	if err != nil {
		return nil, err
	}
	id, position, err := b.Bulks.StartBulk(ctx, auth.Actor(ctx, in.firm()), ports.BulkRequest{Key: ports.CallToken(ctx), Scope: scope, Estimates: in.Body.EstimateOnly, LinkOnly: in.Body.LinkOnly})
	return b.after(ctx, in.firm(), id, position, err)
}

// after is a bulk sync as it is after a command.
func (b Bulks) after(ctx context.Context, f domain.FirmID, id domain.BulkID, position uint64, err error) (*change[reading.BulkBody], error) {
	if err == nil {
		err = b.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	row, err := reading.BulkOf(b.Rows, f, id)
	if err != nil {
		return nil, err
	}
	return changed(position, b.body(row)), nil
}

func (b Bulks) body(r projections.BulkRow) reading.BulkBody {
	rate := b.Allowance.Usage(r.Firm).PerSecond
	return reading.Bulk(r, b.Now(), rate)
}

type bulksInput struct {
	Reading
	reading.Paging
}

// List lists bulk syncs, newest first.
func (b Bulks) List(_ context.Context, in *bulksInput) (*answer[list[reading.BulkBody]], error) {
	before, err := in.Before()
	if err != nil {
		return nil, err
	}
	rows, next, err := b.Rows.Bulks(in.firm(), before, in.Limit)
	items := make([]reading.BulkBody, 0, len(rows))
	for _, r := range rows {
		items = append(items, b.body(r))
	}
	return &answer[list[reading.BulkBody]]{Body: listOf(items, next)}, err
}

type bulkInput struct {
	Reading
	ID string `path:"id" doc:"The bulk sync's id."`
}

// Get answers with a bulk sync's progress.
func (b Bulks) Get(_ context.Context, in *bulkInput) (*answer[reading.BulkBody], error) {
	row, err := reading.BulkOf(b.Rows, in.firm(), domain.BulkID(in.ID))
	if err != nil {
		return nil, err
	}
	return &answer[reading.BulkBody]{Body: b.body(row)}, nil
}

// Pause starts no further matters for now.
func (b Bulks) Pause(ctx context.Context, in *bulkInput) (*change[reading.BulkBody], error) {
	return b.steer(ctx, in, b.Bulks.PauseBulk)
}

// Resume goes on after Pause.
func (b Bulks) Resume(ctx context.Context, in *bulkInput) (*change[reading.BulkBody], error) {
	return b.steer(ctx, in, b.Bulks.ResumeBulk)
}

// Cancel starts no further matters.
func (b Bulks) Cancel(ctx context.Context, in *bulkInput) (*change[reading.BulkBody], error) {
	return b.steer(ctx, in, b.Bulks.CancelBulk)
}

func (b Bulks) steer(ctx context.Context, in *bulkInput, do func(context.Context, domain.User, domain.BulkID) (uint64, error)) (*change[reading.BulkBody], error) {
	id := domain.BulkID(in.ID)
	if !domain.ValidID(in.ID) {
		return nil, reading.Unknown("bulk sync", "Look for it in the list of bulk syncs.")
	}
	position, err := do(ctx, auth.Actor(ctx, in.firm()), id)
	return b.after(ctx, in.firm(), id, position, err)
}
