package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// requested finds the sync that a request of the same token led to before, and the ledger position
// that includes it; "": there was none.
func (r Requests) requested(ctx context.Context, f domain.FirmID, id domain.MatterID, origin domain.EventRef) (sync domain.SyncID, position uint64, err error) {
	if r.Token == "" {
		return "", 0, nil
	}
	return requestedBy(ctx, r.Ledger, domain.MatterStream(f, id), origin)
}

// requestedBy is the sync that answered the event: the one that it requested, the one that it
// joined, or, if it told news only, the one that was to see them.
func requestedBy(ctx context.Context, ledger eventstore.Store, of domain.Stream, origin domain.EventRef) (sync domain.SyncID, position uint64, err error) {
	var m domain.Matter
	saw := false
	for env, err := range ledger.Read(ctx, of) {
		if err != nil {
			return "", 0, err
		}
		m = m.Apply(env.Event, env.At)
		switch e := env.Event.(type) {
		case domain.SyncRequested:
			if e.Origin == origin {
				return e.Sync, uint64(env.Seq), nil
			}
		case domain.SyncJoined:
			if e.Origin == origin {
				return e.Sync, uint64(env.Seq), nil
			}
		}
		if !saw && m.Saw(origin) {
			saw, sync, position = true, m.Awaited(), uint64(env.Seq)
		}
	}
	return sync, position, nil
}
