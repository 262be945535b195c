package engine

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// previews tell what syncs would do.
type previews struct {
	syncing.Previews
	syncing.Replays
}

// newPreviews run the handler of the syncs against a rehearsal of Smokeball.
func newPreviews(h *syncing.Handler, client *smokeball.Client) previews {
	return previews{Replays: syncing.Replays{Ledger: h.Ledger}, Previews: syncing.Previews{Handler: h, Rehearse: func(ctx context.Context, _ domain.FirmID) (context.Context, syncing.Rehearsal) {
		r := client.Rehearse()
		return r.Under(ctx), r
	}}}
}

// Preview asks Smokeball before others: a person waits for it.
func (p previews) Preview(ctx context.Context, by domain.User, m domain.MatterID, r ports.SyncRequest) (domain.Preview, error) {
	return p.Previews.Preview(smokeball.WithPriority(ctx, by.Firm, smokeball.Clicked), by, m, r.Matter, r.Documents)
}

// Under asks Smokeball before others, too.
func (p previews) Under(ctx context.Context, by domain.User, m domain.MatterID, then domain.Mappings) (domain.Preview, error) {
	return p.Previews.Under(smokeball.WithPriority(ctx, by.Firm, smokeball.Clicked), by, m, then)
}

// noPreviews says that only a running engine asks Smokeball.
type noPreviews struct{}

func (noPreviews) Preview(context.Context, domain.User, domain.MatterID, ports.SyncRequest) (domain.Preview, error) {
	return domain.Preview{}, notRunning("only a running one asks Smokeball")
}

func (noPreviews) Under(context.Context, domain.User, domain.MatterID, domain.Mappings) (domain.Preview, error) {
	return domain.Preview{}, notRunning("only a running one asks Smokeball")
}

func (noPreviews) Replay(context.Context, domain.FirmID, domain.MatterID, domain.DryRun) (domain.Replay, error) {
	return domain.Replay{}, notRunning("only a running one knows Smokeball's matter types")
}
