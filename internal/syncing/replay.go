package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Replays tells what would have become of matters under other mappings, by their history in the
// ledger. It asks Smokeball nothing and records nothing.
type Replays struct{ Ledger eventstore.Store }

// Replay goes through the matter's history once more.
func (r Replays) Replay(ctx context.Context, f domain.FirmID, id domain.MatterID, run domain.DryRun) (domain.Replay, error) {
	var unread error
	out := run.Replay(func(yield func(domain.Event, time.Time) bool) {
		for env, err := range r.Ledger.Read(ctx, domain.MatterStream(f, id)) {
			if err != nil {
				unread = err
				return
			}
			if !yield(env.Event, env.At) {
				return
			}
		}
	})
	return out, unread
}

// Under tells what a sync of the matter would do now if the firm had other mappings.
func (p Previews) Under(ctx context.Context, by domain.User, id domain.MatterID, then domain.Mappings) (domain.Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, previewFor)
	defer cancel()
	c := &previewClock{base: p.Handler.Now().UTC(), most: previewFor * 40}
	copied := newLedgerCopy(p.Handler.Ledger)
	_, _, err := eventstore.Execute(ctx, copied, c.now, domain.SettingsStream(by.Firm), func(now domain.Preferences) ([]domain.Event, error) {
		return now.Mappings.Become(then), nil
	})
	if err != nil {
		return domain.Preview{}, err
	}
	requests := Requests{Intake: Intake{Ledger: copied, Now: c.now}, NewID: func() string { return "preview" }}
	if _, _, err := requests.Request(ctx, by, id, nil, nil); err != nil {
		return domain.Preview{}, err
	}
	return p.run(ctx, copied, c, peeked{p.Handler.Documents}, by.Firm, id)
}
