package syncing

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// attempt is one attempt at a matter's current sync: what the ledger says of the matter, and
// how the parts of the attempt add to it.
type attempt struct {
	ledger  eventstore.Store
	now     func() time.Time
	waits   Waits
	firm    domain.FirmID
	id      domain.MatterID
	current domain.Attempt

	m             domain.Matter
	seen          domain.Matter // as the steps under way began with it
	head          eventstore.Head
	settings      domain.Settings
	mappings      domain.Mappings
	requests      int           // ids that were given to calls
	releasedEarly bool          // somebody released the sync before its time
	changed       chan struct{} // signals a new event in the streams to which it is subscribed
	stopping      <-chan struct{}
}

// errStopping says that the engine stops: the sync goes on with the next start.
var errStopping = errors.New("syncing: handed back")

func (t *attempt) begin(ctx context.Context) (err error) {
	t.m, t.head, err = eventstore.Execute(ctx, t.ledger, t.now, t.stream(),
		func(m domain.Matter) ([]domain.Event, error) {
			t.releasedEarly = m.Current != nil && m.Current.Status == domain.Queued && m.Current.Attempts > 0
			return m.Begin(t.now())
		})
	if err != nil {
		return err
	}
	t.current, _ = t.m.CurrentAttempt()
	return nil
}

// ends reports that this engine begins nothing more: it stops, or another one leads.
func (t *attempt) ends() bool {
	select {
	case <-t.stopping:
		return true
	default:
		return false
	}
}

func (t *attempt) stream() domain.Stream { return domain.MatterStream(t.firm, t.id) }

// record appends facts of this attempt.
func (t *attempt) record(ctx context.Context, facts ...domain.Event) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.current, facts...) })
}

func (t *attempt) decide(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) error {
	m, head, err := eventstore.Execute(ctx, t.ledger, t.now, t.stream(), f)
	if err == nil || errors.Is(err, domain.ErrTaken) || errors.Is(err, domain.ErrOutdated) { // what is there now says how to go on
		t.m, t.head = m, head
	}
	return err
}

// intend records the intent of a call when its slot is granted.
func (t *attempt) intend(f func(domain.Matter) ([]domain.Event, error)) Intend {
	return func(ctx context.Context) error { return t.decide(ctx, f) }
}

// undo settles the intent of a call that failed and certainly created nothing, also where
// another engine has taken the sync over meanwhile.
func (t *attempt) undo(r domain.RequestID) func(context.Context, *domain.CallError) error {
	return func(ctx context.Context, failed *domain.CallError) error {
		return t.unmake(ctx, func(m domain.Matter) ([]domain.Event, error) {
			if answered(failed) {
				return m.Undo(t.current.Sync, r), nil
			}
			return m.Abandon(t.current.Sync, r, domain.AbandonedNotSent), nil
		})
	}
}

// answered reports whether Smokeball itself said that the call failed.
func answered(failed *domain.CallError) bool { return failed.Failure.Smokeball != nil }

// abandon settles the intent of a request whose answer was lost and that no look has shown.
func (t *attempt) abandon(r domain.RequestID) func(context.Context) error {
	return func(ctx context.Context) error {
		return t.unmake(ctx, func(m domain.Matter) ([]domain.Event, error) {
			return m.Abandon(t.current.Sync, r, domain.AbandonedNotSeen), nil
		})
	}
}

func (t *attempt) unmake(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) error {
	if err := t.decide(context.WithoutCancel(ctx), f); err != nil {
		return err
	}
	_, err := t.m.Record(t.current)
	return err
}

// reload reads what others recorded, and fails for an attempt that is no longer current.
func (t *attempt) reload(ctx context.Context) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.current) })
}

// pause waits for d, or until something is recorded in a stream to which the attempt is subscribed.
func (t *attempt) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.changed:
	case <-t.stopping:
		return errStopping
	case <-ctx.Done():
		return errStopping
	}
	return t.reload(ctx)
}

// since is the time that a step took, in milliseconds.
func (t *attempt) since(start time.Time) int64 { return t.now().Sub(start).Milliseconds() }

// request derives the id of the next call of this attempt, so that a webhook about one
// call is never taken for one about another.
func (t *attempt) request(parts ...string) domain.RequestID {
	t.requests++
	return domain.NewRequestID(append([]string{string(t.firm), string(t.id), string(t.current.Sync), strconv.Itoa(t.current.Number), strconv.Itoa(t.requests)}, parts...)...)
}

// warn records a warning, once in a sync.
func (t *attempt) warn(ctx context.Context, w domain.Warning) error {
	if domain.WarnedOf(t.m.Current.Warnings, w) {
		return nil
	}
	return t.record(ctx, domain.SyncWarned{Sync: t.current.Sync, Warning: w})
}

// webhookStream is the stream of Smokeball's webhooks about a resource.
func (t *attempt) webhookStream(id domain.SmokeballID) domain.Stream {
	return domain.WebhookStream(t.firm, resourceID(id))
}

// webhooksAbout are Smokeball's webhooks about a resource.
func (t *attempt) webhooksAbout(ctx context.Context, id domain.SmokeballID) (domain.Webhooks, error) {
	n, _, err := eventstore.Load[domain.Webhooks](ctx, t.ledger, t.webhookStream(id))
	return n, err
}

// refused records that Smokeball failed what it had accepted, and ends the attempt where that
// ends the sync.
func (t *attempt) refused(ctx context.Context, r domain.RequestID, message string, id domain.SmokeballID) error {
	err := t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Refuse(r, message, id), nil })
	if err != nil {
		return err
	}
	_, err = t.m.Record(t.current)
	return err
}

// abandonFile records that the document's file is given up.
func (t *attempt) abandonFile(ctx context.Context, d domain.Document, why domain.Abandonment) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.AbandonFile(t.current, d.Data.ID, d.File, why) })
}

func (t *attempt) pending(p domain.PendingContact) bool {
	return slices.ContainsFunc(t.m.Current.Contacts, func(q domain.PendingContact) bool { return q.Contact == p.Contact })
}
