package syncing

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// Rehearsal answers calls that write without sending them, and notes all calls.
type Rehearsal interface {
	Smokeball
	// Under marks the calls made under ctx as those of the rehearsal.
	Under(context.Context) context.Context
	Calls() []domain.PlannedCall
}

// Previews tells what a sync would do. It runs the sync itself, on a copy of the ledger that is
// thrown away and against a rehearsal of Smokeball, so that it decides exactly as the sync.
type Previews struct {
	Handler  *Handler // of the syncs; it is only read
	Rehearse func(context.Context, domain.FirmID) (context.Context, Rehearsal)
}

// previewFor is how long a preview may take. It waits for reads of Smokeball only.
const previewFor = 25 * time.Second

// Preview tells what a sync of the matter would do if by requested it now. m and docs are what the
// request would bring along.
func (p Previews) Preview(ctx context.Context, by domain.User, id domain.MatterID, m *domain.MatterData, docs []domain.DocumentData) (domain.Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, previewFor)
	defer cancel()
	c := &previewClock{base: p.Handler.Now().UTC(), most: previewFor * 40}
	copied := newLedgerCopy(p.Handler.Ledger)
	requests := Requests{Intake: Intake{Ledger: copied, Now: c.now}, NewID: func() string { return "preview" }}
	if _, _, err := requests.Request(ctx, by, id, m, docs); err != nil {
		return domain.Preview{}, err
	}
	return p.run(ctx, copied, c, peeked{p.Handler.Documents}, by.Firm, id)
}

// Bulk tells what the sync of the matter would do that a bulk sync asks for. Documents are taken
// to be there.
func (p Previews) Bulk(ctx context.Context, f domain.FirmID, id domain.MatterID, b domain.Bulk) (domain.Preview, error) {
	c := &previewClock{base: p.Handler.Now().UTC(), most: previewFor * 40}
	copied := newLedgerCopy(p.Handler.Ledger)
	m, _, err := eventstore.Execute(ctx, copied, c.now, domain.MatterStream(f, id), func(m domain.Matter) ([]domain.Event, error) {
		_, facts := m.RequestBulk(f, b)
		return facts, nil
	})
	switch {
	case err != nil:
		return domain.Preview{}, err
	case !m.Known:
		return domain.Preview{Ends: domain.Waiting, Lacks: []domain.Failure{unknownMatter(id).(*domain.Rejection).Failure}}, nil
	}
	return p.run(ctx, copied, c, assumed{}, f, id)
}

// previewRuns is how many syncs of the matter a preview goes through: one may be running, and
// the one that was requested comes after it.
const previewRuns = 2

// run goes through the matter's syncs on the copy.
func (p Previews) run(ctx context.Context, copied *ledgerCopy, c *previewClock, d Documents, f domain.FirmID, id domain.MatterID) (domain.Preview, error) {
	ctx, rehearsal := p.Rehearse(ctx, f)
	h := p.handler(copied, c, d, rehearsal)
	workers := NewWorkers(1)
	for range previewRuns {
		leave, err := workers.enter(ctx, ctx.Done(), f, clicked)
		if err != nil {
			return domain.Preview{}, err
		}
		_, err = h.Run(ctx, ctx.Done(), newHold(workers, f, clicked), f, id)
		leave()
		if err != nil {
			return domain.Preview{}, err
		}
		if ctx.Err() != nil {
			return domain.Preview{}, previewTookTooLong()
		}
		m, _, err := eventstore.Load[domain.Matter](ctx, copied, domain.MatterStream(f, id))
		if err != nil {
			return domain.Preview{}, err
		}
		if m.Current == nil || m.Current.Status != domain.Queued {
			break
		}
	}
	return p.told(ctx, copied, f, id, rehearsal.Calls())
}

// told returns the preview of the run. If webhooks confirm what is accepted, no reads are counted
// for that.
func (p Previews) told(ctx context.Context, copied *ledgerCopy, f domain.FirmID, id domain.MatterID, calls []domain.PlannedCall) (domain.Preview, error) {
	m, _, err := eventstore.Load[domain.Matter](ctx, copied, domain.MatterStream(f, id))
	if err != nil {
		return domain.Preview{}, err
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, copied, domain.ConnectionStream(f))
	if c.Subscription != "" {
		calls = slices.DeleteFunc(calls, func(c domain.PlannedCall) bool { return c.Confirms })
	}
	return domain.PreviewOf(copied.factsOf(domain.MatterStream(f, id)), calls).Of(m), err
}

func previewTookTooLong() error {
	return &domain.CallError{Op: "preview", Class: domain.Retryable, Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable,
		Message: "Smokeball did not answer the preview's questions in time", Remedy: "Try again in a moment."}}
}

// handler is the syncs' handler on the copy of the ledger. Nothing in it is shared with running syncs.
func (p Previews) handler(copied *ledgerCopy, c *previewClock, d Documents, r Rehearsal) *Handler {
	h := p.Handler
	return &Handler{Ledger: copied, Smokeball: r, Documents: d, Views: h.Views, Keys: h.Keys, Waits: h.Waits, Now: c.now, Log: h.Log,
		Spool: h.Spool, Notifier: &Notifier{}, Contacts: &keyed.Mutex[domain.Stream]{}, Fetches: NewFetches(), Calls: &Calls{}, Retypes: h.Retypes, Inventory: h.Inventory, Restored: h.Restored,
		Confirming: h.Confirming, shares: &p.Handler.types, timer: c.timer, oneByOne: true}
}

// previewClock is a clock on which waiting takes no time.
type previewClock struct {
	base   time.Time
	waited time.Duration
	most   time.Duration // what it may be set on before waits take their time: a preview that goes on and on ends with its context
}

func (c *previewClock) now() time.Time { return c.base.Add(c.waited) }

func (c *previewClock) timer(d time.Duration) (<-chan time.Time, func() bool) {
	if c.waited += d; c.waited > c.most {
		return realTimer(d)
	}
	over := make(chan time.Time, 1)
	over <- c.now()
	return over, func() bool { return true }
}

// peeked opens documents, so that a preview tells of one that is not there, and reads only
// those of which nothing but the bytes tells whether they were sent already.
type peeked struct{ documents Documents }

func (p peeked) Open(ctx context.Context, f domain.FirmID, d domain.Document) (io.ReadCloser, bool, error) {
	body, unmarked, err := p.documents.Open(ctx, f, d)
	if err != nil || (d.Sent != "" && d.Data.SHA256 == "") {
		return body, unmarked, err
	}
	return io.NopCloser(strings.NewReader("")), unmarked, body.Close()
}

// assumed takes every document to be there.
type assumed struct{}

func (assumed) Open(context.Context, domain.FirmID, domain.Document) (io.ReadCloser, bool, error) {
	return io.NopCloser(strings.NewReader("")), false, nil
}

var _ eventstore.Store = (*ledgerCopy)(nil)
