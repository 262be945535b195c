package erasure

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Service takes requests to erase, and tells how erasures stand.
type Service struct {
	Ledger eventstore.Store
	Kinds  eventstore.KindReader                         // the same ledger
	Last   func(context.Context) (eventstore.Seq, error) // the ledger's newest position
	Holds  func(domain.Event) bool                       // whether an event says something that is sealed
	Now    func() time.Time
	Queue  *Queue // of those who read all that the ledger has of a firm; nil: all do at once
	// Unavailable is why nothing can be erased; nil: it can.
	Unavailable error
}

// Request asks to erase a matter, or a client with their matters, and returns the erasure and the
// ledger position that includes the request. To ask again changes nothing.
func (s Service) Request(ctx context.Context, by domain.User, subject domain.EraseSubject) (domain.EraseID, domain.Erasure, uint64, error) {
	id := domain.EraseIDOf(by.Firm, subject)
	if s.Unavailable != nil {
		return id, domain.Erasure{}, 0, s.Unavailable
	}
	stream := domain.ErasureStream(by.Firm, id)
	now, head, err := eventstore.Load[domain.Erasure](ctx, s.Ledger, stream)
	if err != nil || now.Known() {
		return id, now, uint64(head.Seq), err
	}
	found, err := s.find(ctx, by.Firm, subject)
	if err != nil {
		return id, now, 0, err
	}
	now, head, err = eventstore.Execute(ctx, s.Ledger, s.Now, stream, func(e domain.Erasure) ([]domain.Event, error) {
		asked := e.Request(domain.EraseRequested{Subject: subject, By: by.Subject, ByName: by.Name})
		if len(asked) == 0 {
			return nil, nil
		}
		return append(asked, e.Find(found)...), nil
	})
	return id, now, uint64(head.Seq), err
}

// Erasure is one of a firm's erasures.
func (s Service) Erasure(ctx context.Context, f domain.FirmID, id domain.EraseID) (domain.Erasure, error) {
	if !domain.ValidID(string(id)) {
		return domain.Erasure{}, noErasure(id)
	}
	e, _, err := eventstore.Load[domain.Erasure](ctx, s.Ledger, domain.ErasureStream(f, id))
	if err == nil && !e.Known() {
		err = noErasure(id)
	}
	if err != nil {
		return e, err
	}
	b, _, err := eventstore.Load[domain.Backups](ctx, s.Ledger, domain.LedgerStream())
	return e.In(b, s.Now()), err
}

func noErasure(id domain.EraseID) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "There is no erasure " + string(id),
		Remedy: "Check the id that the request was answered with."}}
}
