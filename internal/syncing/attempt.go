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

// attempt is one attempt at a matter's current sync: the matter's state from the ledger, and the
// methods that append to it.
type attempt struct {
	ledger eventstore.Store
	now    func() time.Time
	waits  Waits
	// restored is when the ledger was restored from a backup; zero: never.
	restored time.Time
	firm     domain.FirmID
	id       domain.MatterID
	current  domain.Attempt

	m             domain.Matter
	noted         notes         // of facts that m has and the next append records: see note
	seen          domain.Matter // the state when the current steps began
	head          eventstore.Head
	settings      domain.Settings
	mappings      domain.Mappings
	requests      int           // ids that were given to calls
	releasedEarly bool          // somebody released the sync before its time
	changed       chan struct{} // signals a new event in the streams to which it is subscribed
	stopping      <-chan struct{}
	timer         func(time.Duration) (over <-chan time.Time, stop func() bool)
	monitor       *monitor // of the goroutines that work on the attempt; nil: there is one
}

func realTimer(d time.Duration) (over <-chan time.Time, stop func() bool) {
	t := time.NewTimer(d)
	return t.C, t.Stop
}

// errStopping means that the engine stops: the sync continues after the next start.
var errStopping = errors.New("syncing: handed back")

// begin begins the attempt. Its start is recorded with the first fact that it finds, at the latest
// before its first call that changes something.
func (t *attempt) begin(ctx context.Context) (err error) {
	if t.m, t.head, err = eventstore.Load[domain.Matter](ctx, t.ledger, t.stream()); err != nil {
		return err
	}
	t.releasedEarly = t.m.Current != nil && t.m.Current.Status == domain.Queued && t.m.Current.Attempts > 0
	if err := t.note(func(m domain.Matter) ([]domain.Event, error) { return m.Begin(t.now()) }); err != nil {
		return err
	}
	t.current, _ = t.m.CurrentAttempt()
	if t.m.Smokeball.TypeFixed() { // no matter type will be recorded with it
		return t.recordNoted(ctx)
	}
	return nil
}

// ends reports whether this engine must begin nothing more: it stops, or is not the leader.
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
	return t.decide(ctx, t.ofAttempt(facts))
}

// ofAttempt is the decision that facts belong to this attempt.
func (t *attempt) ofAttempt(facts []domain.Event) decision {
	return func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.current, facts...) }
}

func (t *attempt) decide(ctx context.Context, f decision) error {
	return t.decideAfter(ctx, f, nothingBefore)
}

// decideAfter records, in one append, what was noted, what f decides and before both the commits to
// other streams that first returns. first has no effect if there is nothing else to record.
func (t *attempt) decideAfter(ctx context.Context, f decision, first before) error {
	var planned domain.Matter
	m, head, err := eventstore.ExecuteAfter(ctx, t.ledger, t.now, t.stream(), func(m domain.Matter) ([]domain.Event, error) {
		facts, err := t.plan(&m)
		if planned = m; err != nil {
			return nil, err
		}
		more, err := f(m)
		return append(facts, more...), err
	}, inOrder(t.noted.first, first))
	switch {
	case err == nil:
		t.m, t.head = m, head
		t.recorded()
	case errors.Is(err, domain.ErrTaken) || errors.Is(err, domain.ErrOutdated): // the state in the ledger now decides how to continue
		t.m, t.head = planned, head
	}
	return err
}

// recorded ends what was noted, and reports it.
func (t *attempt) recorded() {
	was := t.noted
	t.noted = notes{}
	for _, tell := range was.recorded {
		tell()
	}
}

// intend records the intent of a call when its slot is granted.
func (t *attempt) intend(f func(domain.Matter) ([]domain.Event, error)) Intend {
	return func(ctx context.Context) error { return t.decide(ctx, f) }
}

// undo settles the intent of a call that failed and certainly created nothing, even if another
// engine has taken over the sync.
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

// abandon settles the intent of a request whose answer was lost and whose effect no read found.
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

// reload reads what others recorded, and fails if the attempt is no longer current.
func (t *attempt) reload(ctx context.Context) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.current) })
}

// pause waits for d, or until something is recorded in a stream to which the attempt is subscribed.
func (t *attempt) pause(ctx context.Context, d time.Duration) error {
	err := t.recordNoted(ctx)
	if err != nil {
		return err
	}
	t.monitor.outside(func() { err = t.wait(ctx, d) })
	if err != nil {
		return err
	}
	return t.reload(ctx)
}

func (t *attempt) wait(ctx context.Context, d time.Duration) error {
	over, stop := t.timer(d)
	defer stop()
	select {
	case <-over:
	case <-t.changed:
	case <-t.stopping:
		return errStopping
	case <-ctx.Done():
		return errStopping
	}
	return nil
}

// since is the time that a step took, in milliseconds.
func (t *attempt) since(start time.Time) int64 { return t.now().Sub(start).Milliseconds() }

// request derives a distinct id for each call of this attempt, so that a webhook is matched to
// the right call.
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

// refused records that Smokeball failed a call that it had accepted, and ends the attempt if
// that ends the sync.
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
