package syncing

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Handler carries out one sync at a time per matter.
type Handler struct {
	Ledger    eventstore.Store
	Smokeball Smokeball
	Documents Documents
	Views     Views
	Keys      ContactKeys
	Waits     Waits
	Now       func() time.Time
	Log       *slog.Logger
	Spool     string // folder for documents on their way; emptied at start
	Notifier  *Notifier
	Contacts  *keyed.Mutex[domain.Stream] // one worker at a time looks for or makes a contact
	Fetches   *Workers                    // places for documents that are being fetched
	Calls     *Calls                      // remembers when each matter at work called last
	// Priority marks the calls made under ctx with whom they are for and what asked for
	// them, so that turns can be shared fairly. Nil: all are alike.
	Priority func(ctx context.Context, f domain.FirmID, t domain.Trigger) context.Context
	// Retypes gives matters that are in Smokeball another type where CaseHug gave them another
	// case type.
	Retypes bool

	// Confirming marks the calls made under ctx as those that only look whether what Smokeball
	// accepted is there. Nil: all are alike.
	Confirming func(context.Context) context.Context

	types typesAt
}

// attempt is one attempt at a matter's current sync.
type attempt struct {
	*Handler
	firm domain.FirmID
	id   domain.MatterID
	domain.Attempt
	m              domain.Matter
	seen           domain.Matter // as the steps under way began with it
	head           eventstore.Head
	settings       domain.Settings
	mappings       domain.Mappings
	requests       int                          // ids that were given to calls
	releasedEarly  bool                         // somebody let it go on before its time
	account        string                       // of Smokeball, that is connected
	granted        time.Time                    // when its authorization was given
	webhooksActive bool                         // Smokeball tells the firm's changes by webhook
	staff          string                       // Smokeball's id of the responsible person
	declined       []refusedField               // of the matter, by Smokeball in this attempt
	retyping       *domain.MatterTypeResolved   // what the matter, which is there, is to become; nil: nothing else
	unfiled        map[domain.DocumentID]string // documents that go to the matter's root, and why Smokeball refused their folder
	files          []domain.SmokeballFile       // of the matter, where they had to be asked for
	changed        chan struct{}                // signals a new event in the streams that it attends
	stopping       <-chan struct{}
	hold           *workerHold // its worker
}

// errStopping says that the engine stops: the sync goes on with the next start.
var errStopping = errors.New("syncing: handed back")

// waiting is the error of a step that cannot be done now: the sync waits.
type waiting struct {
	step    domain.Step
	failure domain.Failure
	until   time.Time // zero: until what the failure names is there
	// mappings is the revision of the firm's mappings that did not help, where it waits
	// for one.
	mappings int
	// types is the ledger position up to which changes of the account's matter types were
	// known then.
	types uint64
}

func (h *waiting) Error() string { return h.failure.Message }

// stepError says in which step a call failed.
type stepError struct {
	step domain.Step
	err  error
}

func (e *stepError) Error() string { return string(e.step) + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// Run works on the matter's current sync until it ends or has to wait, and returns
// the ledger position of its last fact. It returns early when stopping is closed;
// ctx ends the calls themselves. Its worker is the one of place.
func (h *Handler) Run(ctx context.Context, stopping <-chan struct{}, place *workerHold, f domain.FirmID, id domain.MatterID) (uint64, error) {
	t := &attempt{Handler: h, firm: f, id: id, changed: make(chan struct{}, 1), stopping: stopping, hold: place}
	defer h.Notifier.subscribe(t.changed, t.stream())()
	ctx, done := h.Calls.watch(ctx, t.stream(), h.Now)
	defer done()
	err := t.begin(ctx)
	if err == nil {
		err = t.work(ctx)
	}
	if errors.Is(err, domain.ErrNotCurrent) || errors.Is(err, errStopping) {
		err = nil
	}
	return uint64(t.head.Seq), err
}

func (t *attempt) begin(ctx context.Context) (err error) {
	t.m, t.head, err = eventstore.Execute(ctx, t.Ledger, t.Now, t.stream(),
		func(m domain.Matter) ([]domain.Event, error) {
			t.releasedEarly = m.Current != nil && m.Current.Status == domain.Queued && m.Current.Attempts > 0
			return m.Begin(t.Now())
		})
	if err != nil {
		return err
	}
	t.Attempt, _ = t.m.CurrentAttempt()
	return nil
}

// withPriority marks the calls of the attempt. What was let go on before its time is wanted
// now, as a click is.
func (t *attempt) withPriority(ctx context.Context) context.Context {
	if t.Priority == nil {
		return ctx
	}
	trigger := t.m.Current.Trigger
	if t.releasedEarly {
		trigger = domain.TriggerManual
	}
	return t.Priority(ctx, t.firm, trigger)
}

// work does the steps until the sync ends or waits. They start over if the state on which
// they relied has changed.
func (t *attempt) work(ctx context.Context) error {
	for {
		err := t.settle(ctx, contained(func() error { return t.steps(t.withPriority(ctx)) }))
		if !errors.Is(err, errRestartSteps) {
			return err
		}
	}
}

// steps does the steps in order. Each looks at the facts and does what is missing.
func (t *attempt) steps(ctx context.Context) error {
	t.seen = t.m
	steps := []struct {
		name domain.Step
		do   func(context.Context) error
	}{
		{domain.StepMatter, t.checkConnection},
		{domain.StepMatter, t.preferences},
		{domain.StepMatter, t.checkLink},
		{domain.StepMatterType, t.matterType},
		{domain.StepContact, t.clients},
		{domain.StepMatter, t.textCleaned},
		{domain.StepMatter, t.matter},
		{domain.StepDocument, t.documents},
		{domain.StepMatter, t.tags},
		{domain.StepConfirm, t.confirmAll},
	}
	for _, s := range steps {
		if t.ends() {
			return errStopping
		}
		if err := s.do(ctx); err != nil {
			return &stepError{s.name, err}
		}
	}
	return t.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Finish(t.Attempt, t.seen) })
}

// preferences takes over the firm's settings and mappings.
func (t *attempt) preferences(ctx context.Context) error {
	p, _, err := eventstore.Load[domain.Preferences](ctx, t.Ledger, domain.SettingsStream(t.firm))
	t.settings, t.mappings = p.Settings(), p.Mappings
	return err
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
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.Attempt, facts...) })
}

func (t *attempt) decide(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) error {
	m, head, err := eventstore.Execute(ctx, t.Ledger, t.Now, t.stream(), f)
	if err == nil || errors.Is(err, domain.ErrTaken) || errors.Is(err, domain.ErrOutdated) { // what is there now says how to go on
		t.m, t.head = m, head
	}
	return err
}

// conclude decides how the attempt ends. If the state on which it decided has changed since,
// the steps start over.
func (t *attempt) conclude(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) error {
	err := t.decide(ctx, f)
	if errors.Is(err, domain.ErrOutdated) {
		return errRestartSteps
	}
	return err
}

func (t *attempt) deferred(ctx context.Context, e domain.SyncDeferred) error {
	return t.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Defer(t.Attempt, t.seen, e) })
}

func (t *attempt) fail(ctx context.Context, e domain.SyncFailed) error {
	return t.conclude(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Fail(t.Attempt, t.seen, e) })
}

// intend records the intent of a call when its turn in the allowance has come.
func (t *attempt) intend(f func(domain.Matter) ([]domain.Event, error)) Intend {
	return func(ctx context.Context) error { return t.decide(ctx, f) }
}

// undo settles the intent of a call that failed and certainly created nothing, also where
// another engine has taken the sync over meanwhile.
func (t *attempt) undo(ctx context.Context, r domain.RequestID, failed *domain.CallError) error {
	return t.unmake(ctx, func(m domain.Matter) ([]domain.Event, error) {
		if answered(failed) {
			return m.Undo(t.Sync, r), nil
		}
		return m.Abandon(t.Sync, r, domain.AbandonedNotSent), nil
	})
}

// answered reports whether Smokeball itself said that the call failed.
func answered(failed *domain.CallError) bool { return failed.Failure.Smokeball != nil }

// abandon settles the intent of a request whose answer was lost and that no look has shown.
func (t *attempt) abandon(ctx context.Context, r domain.RequestID) error {
	return t.unmake(ctx, func(m domain.Matter) ([]domain.Event, error) {
		return m.Abandon(t.Sync, r, domain.AbandonedNotSeen), nil
	})
}

func (t *attempt) unmake(ctx context.Context, f func(domain.Matter) ([]domain.Event, error)) error {
	if err := t.decide(context.WithoutCancel(ctx), f); err != nil {
		return err
	}
	_, err := t.m.Record(t.Attempt)
	return err
}

// reload takes over what others recorded, and ends an attempt that is no longer current.
func (t *attempt) reload(ctx context.Context) error {
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Record(t.Attempt) })
}

// settle turns the error of a turn into a fact: the sync waits, is retried at a
// time, or has failed. What cannot be recorded, because the ledger takes nothing, is returned.
func (t *attempt) settle(ctx context.Context, err error) error {
	step := failedStep(err)
	var h *waiting
	ce := domain.AsCallError(err)
	switch {
	case err == nil || errors.Is(err, domain.ErrNotCurrent) || errors.Is(err, errStopping) || errors.Is(err, errRestartSteps):
		return err
	case errors.As(err, &h):
		return t.deferSync(ctx, step, h)
	case ctx.Err() != nil, t.ends() && ce != nil && ce.Class == domain.Retryable:
		return errStopping // the engine stops; the call's end is not Smokeball's fault
	case ce == nil:
		return t.retryOwnFault(ctx, step, err)
	case ce.Class == domain.SignIn:
		return t.signIn(ctx, step, ce)
	case ce.Class == domain.Retryable || ce.Class == domain.Allowance:
		return t.retryLater(ctx, step, ce)
	}
	switch err := t.ensureSameConnection(ctx); {
	case errors.As(err, &h): // what was refused was about a connection that is no more
		return t.deferSync(ctx, step, h)
	case err != nil:
		return err
	}
	return t.fail(ctx, domain.SyncFailed{Sync: t.Sync, Step: step, Failure: ce.Failure})
}

// deferSync lets the sync wait, unless what it lacks exists by now. If that appears in another
// stream while the wait is recorded, the scheduler starts the sync again: it compares what
// the wait lacked with what exists, not which event came first.
func (t *attempt) deferSync(ctx context.Context, step domain.Step, h *waiting) error {
	there, err := t.there(ctx, h)
	switch {
	case err != nil:
		return err
	case there:
		return errRestartSteps
	}
	return t.deferred(ctx, domain.SyncDeferred{Sync: t.Sync, Step: firstStep(h.step, step), Failure: h.failure, Until: h.until,
		MappingRevision: h.mappings, TypesSeen: h.types})
}

// there reports whether what the sync is to wait for, outside of its own stream, is there.
func (t *attempt) there(ctx context.Context, h *waiting) (bool, error) {
	switch h.failure.Code {
	case domain.CodeNotConnected, domain.CodeReauthorizationRequired:
		c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
		return c.Usable(t.Now()), err
	case domain.CodeMatterTypeUnmapped:
		p, _, err := eventstore.Load[domain.Preferences](ctx, t.Ledger, domain.SettingsStream(t.firm))
		return p.Mappings.Revision != h.mappings, err
	}
	return false, nil
}

// failedStep is the step that an error comes from: the innermost knows best.
func failedStep(err error) (step domain.Step) {
	for s := (*stepError)(nil); errors.As(err, &s); err = s.err {
		step = s.step
	}
	return step
}

func firstStep(a, b domain.Step) domain.Step {
	if a != "" {
		return a
	}
	return b
}

// signIn records that Smokeball no longer knows the firm, and lets the sync wait. If the
// firm has been authorized again since, the refusal was of the old grant.
func (t *attempt) signIn(ctx context.Context, step domain.Step, ce *domain.CallError) error {
	_, _, err := eventstore.Execute(ctx, t.Ledger, t.Now, domain.ConnectionStream(t.firm),
		func(c domain.Connection) ([]domain.Event, error) {
			if !c.At.Equal(t.granted) {
				return nil, nil
			}
			return c.Lose(ce.Failure, t.Now()), nil
		})
	if err != nil {
		return err
	}
	return t.deferSync(ctx, step, &waiting{failure: ce.Failure})
}

// retryLater lets the sync be tried later, or fails it after too long a time.
func (t *attempt) retryLater(ctx context.Context, step domain.Step, ce *domain.CallError) error {
	if since := t.m.Current.Troubled; !since.IsZero() && t.Now().Sub(since) > t.Waits.GiveUp {
		f := ce.Failure
		f.Remedy = "We stopped trying after " + t.Waits.GiveUp.String() + ". " + retryRemedy(f.Code)
		return t.fail(ctx, domain.SyncFailed{Sync: t.Sync, Step: step, Failure: f})
	}
	pause := ce.After
	if !ce.Held {
		pause = max(pause, backoff(ce.Class).Delay(t.m.Current.Faults+1))
	}
	return t.deferred(ctx, domain.SyncDeferred{Sync: t.Sync, Step: step, Failure: ce.Failure, Until: t.Now().Add(pause)})
}

// retryRemedy says of a sync that was given up when to try it again.
func retryRemedy(c domain.Code) string {
	switch c {
	case domain.CodeInternal:
		return "CaseHug's operators find the reason in the engine's log. Click Retry in the sync history once they have mended it."
	case domain.CodeDocumentUnavailable:
		return "Click Retry in the sync history once the document can be fetched."
	}
	return "Click Retry in the sync history once Smokeball works again."
}

// retryOwnFault lets a sync that met a fault of the engine's own be tried again like one that met a
// fault of Smokeball's, so that people see why it does not go on, and it ends.
func (t *attempt) retryOwnFault(ctx context.Context, step domain.Step, err error) error {
	ours := &domain.CallError{Op: "work on the sync", Class: domain.Retryable, Err: err, Failure: domain.Failure{
		Code:    domain.CodeInternal,
		Message: "The engine itself fails at this sync",
		Remedy:  "We try again by ourselves. If it goes on, CaseHug's operators find the reason in the engine's log.",
	}}
	if e := t.retryLater(ctx, step, ours); e != nil {
		return errors.Join(err, e) // errAnew among them
	}
	t.Log.Error("a sync stopped because of a fault in the engine; the engine retries it", "firm", t.firm, "matter", t.id, "sync", t.Sync, "err", err)
	return nil
}

// backoff is how long a sync waits after faults of a class. An allowance that is used up is
// restored soon; a Smokeball that is down is called less often.
func backoff(c domain.Class) retry.Backoff {
	if c == domain.Allowance {
		return retry.Backoff{First: 2 * time.Second, Limit: time.Minute}
	}
	return retry.Backoff{First: time.Second, Limit: 5 * time.Minute}
}

// pause waits until d has passed or something was recorded that the attempt attends.
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

// lookUntil is until when something is looked for whose creation is in doubt. It counts
// from the first look: the call may have waited long for its turn after its intent was
// recorded, and it has ended before anybody looks.
func (t *attempt) lookUntil() time.Time { return t.Now().Add(t.Waits.Visible) }

// passesBy reports whether a look failed only for a passing fault, so that it is repeated
// and the wait for what may still show up does not start over with each fault.
func (t *attempt) passesBy(err error, until time.Time) bool {
	return passing(err) && t.Now().Before(until.Add(t.Waits.Visible))
}

// passing reports whether err is a fault after which the same call may go through.
func passing(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && (ce.Class == domain.Retryable || ce.Class == domain.Allowance)
}

// nextLook is the pause before the next look, of which one is made when the time is over.
func (t *attempt) nextLook(pause time.Duration, until time.Time) time.Duration {
	if left := until.Sub(t.Now()); left > 0 {
		return min(pause, left+time.Millisecond)
	}
	return looks.First
}

// since is the time that a step took, in milliseconds.
func (t *attempt) since(start time.Time) int64 { return t.Now().Sub(start).Milliseconds() }

// request derives the id of the next call of this attempt, so that a webhook about one
// call is never taken for one about another.
func (t *attempt) request(parts ...string) domain.RequestID {
	t.requests++
	return domain.NewRequestID(append([]string{string(t.firm), string(t.id), string(t.Sync), strconv.Itoa(t.Number), strconv.Itoa(t.requests)}, parts...)...)
}
