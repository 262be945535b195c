package bulk

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Service is what people do with bulk syncs.
type Service struct {
	Ledger eventstore.Store
	Now    func() time.Time
	NewID  func() string
	// Notify has the runner look for bulk syncs. Nil: it looks by itself.
	Notify func()
}

// Request is what a person asks for.
type Request struct {
	Key       string // that makes the same request again the same bulk sync; "": none
	Scope     domain.BulkScope
	Estimates bool
	LinkOnly  bool
}

// Start begins a bulk sync.
func (s Service) Start(ctx context.Context, by domain.User, r Request) (domain.BulkID, uint64, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, s.Ledger, domain.ConnectionStream(by.Firm))
	if err != nil {
		return "", 0, err
	}
	if !c.Usable(s.Now()) {
		return "", 0, notConnected()
	}
	key := r.Key
	if key == "" {
		key = s.NewID()
	}
	id := domain.BulkIDFor(by.Firm, key)
	position, err := s.decide(ctx, by.Firm, id, func(b domain.Bulk) ([]domain.Event, error) {
		return b.Start(domain.BulkStarted{Bulk: id, Scope: r.Scope, Estimates: r.Estimates, LinkOnly: r.LinkOnly, By: by.Subject, ByName: by.Name})
	})
	return id, position, err
}

func notConnected() error {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeNotConnected,
		Message: "The firm is not connected to Smokeball, so nothing can be compared or sent",
		Remedy:  "A firm admin connects to Smokeball under Settings → Integrations. Then start the bulk sync again."}}
}

// Pause starts no further matters until Resume.
func (s Service) Pause(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.decide(ctx, by.Firm, id, func(b domain.Bulk) ([]domain.Event, error) { return b.Pause(by.Subject, by.Name) })
}

// Resume goes on after Pause.
func (s Service) Resume(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.decide(ctx, by.Firm, id, func(b domain.Bulk) ([]domain.Event, error) { return b.Resume(by.Subject, by.Name) })
}

// Cancel starts no further matters. What is on its way is finished, and what is done stays.
func (s Service) Cancel(ctx context.Context, by domain.User, id domain.BulkID) (uint64, error) {
	return s.decide(ctx, by.Firm, id, func(b domain.Bulk) ([]domain.Event, error) { return b.Cancel(by.Subject, by.Name) })
}

// Load is a bulk sync with all its matters.
func (s Service) Load(ctx context.Context, f domain.FirmID, id domain.BulkID) (domain.Bulk, error) {
	b, _, err := eventstore.Load[domain.Bulk](ctx, s.Ledger, domain.BulkStream(f, id))
	return b, err
}

func (s Service) decide(ctx context.Context, f domain.FirmID, id domain.BulkID, decide func(domain.Bulk) ([]domain.Event, error)) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, s.Ledger, s.Now, domain.BulkStream(f, id), decide)
	if err == nil && s.Notify != nil {
		s.Notify()
	}
	return uint64(head.Seq), err
}
