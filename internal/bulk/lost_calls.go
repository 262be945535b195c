package bulk

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// An engine that is killed has made calls that no event of the bulk sync counts. Those that
// write are on record in the streams of their matters and contacts: the next engine counts them
// there. Those that only read are not, and stay uncounted.

// lostCalls are the calls of unfinished matters since the bulk sync counted last, without those
// that this engine has counted itself.
func (j *job) lostCalls(ctx context.Context) (lost int, err error) {
	counted, err := j.counted(ctx)
	if err != nil {
		return 0, err
	}
	// Matters are started in their order, so that those without a result of which one was
	// requested are among the first.
	looks, seen := j.most()+j.Window, map[domain.ClientID]bool{}
	for place := j.b.Next(0); place >= 0 && looks > 0; place = j.b.Next(place + 1) {
		looks--
		id := j.b.Matters[place].ID
		sync := domain.SyncIDFor(j.ref.Firm, id, j.b.Origin())
		made, err := j.onRecord(ctx, id, sync, counted, seen)
		if err != nil {
			return 0, err
		}
		lost += max(0, made-j.Meter.made(j.ref.Firm, sync))
	}
	return lost, nil
}

// counted is the position of the last event that counts calls.
func (j *job) counted(ctx context.Context) (at eventstore.Seq, err error) {
	for env, err := range j.Ledger.Read(ctx, j.stream()) {
		if err != nil {
			return 0, err
		}
		switch env.Event.(type) {
		case domain.BulkEstimated, domain.BulkAdvanced, domain.BulkTakenUp:
			at = env.Seq
		}
	}
	return at, nil
}

// onRecord is how many writes of a matter's sync are on record after a position. Contacts of
// clients whom another matter named, too, are counted once.
func (j *job) onRecord(ctx context.Context, id domain.MatterID, sync domain.SyncID, after eventstore.Seq, seen map[domain.ClientID]bool) (n int, err error) {
	m, requested := domain.Matter{}, false
	for env, err := range j.Ledger.Read(ctx, domain.MatterStream(j.ref.Firm, id)) {
		if err != nil {
			return 0, err
		}
		m = m.Apply(env.Event, env.At)
		if e, ok := env.Event.(domain.SyncRequested); ok && e.Sync == sync {
			requested = true
		}
		if env.Seq > after && domain.WritesFor(env.Event, sync) {
			n++
		}
	}
	if !requested || m.Erased {
		return n, nil
	}
	for _, c := range m.Data.Clients() {
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		more, err := j.ofContact(ctx, c.ID, after)
		if err != nil {
			return 0, err
		}
		n += more
	}
	return n, nil
}

// ofContact is how many writes of a client's contact are on record after a position.
func (j *job) ofContact(ctx context.Context, id domain.ClientID, after eventstore.Seq) (n int, err error) {
	c, _, err := eventstore.Load[domain.Client](ctx, j.Ledger, domain.ClientStream(j.ref.Firm, id))
	if err != nil || c.Key == "" {
		return 0, err
	}
	for env, err := range j.Ledger.Read(ctx, domain.ContactStream(j.ref.Firm, c.Key)) {
		if err != nil {
			return 0, err
		}
		switch env.Event.(type) {
		case domain.ContactCreationStarted, domain.ContactChangeAccepted, domain.ContactRepairStarted:
			if env.Seq > after {
				n++
			}
		}
	}
	return n, nil
}
