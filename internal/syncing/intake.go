package syncing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Intake records CaseHug's events and decides which syncs they request.
type Intake struct {
	Ledger eventstore.Store
	Now    func() time.Time
}

// TakeIn records the event and what follows from it. It may be called again with the
// same event at any time: what is recorded is not recorded twice.
func (i Intake) TakeIn(ctx context.Context, e domain.CaseHugEvent) error {
	e = e.Tidy()
	settings, err := i.settings(ctx, e.Firm)
	if err != nil {
		return err
	}
	if e.Type == domain.TypeClientUpdated {
		return i.client(ctx, e, settings)
	}
	_, _, err = i.matter(ctx, e, settings)
	return err
}

// Check reports why an event can't be accepted in the current state: *domain.Unprocessable.
func (i Intake) Check(ctx context.Context, e domain.CaseHugEvent) error {
	if err := i.checkID(ctx, e); err != nil {
		return err
	}
	switch {
	case e.Client != nil:
		c, _, err := eventstore.Load[domain.Client](ctx, i.Ledger, domain.ClientStream(e.Firm, e.Client.ID))
		return errors.Join(err, c.CheckVersion(e))
	case e.Matter != nil:
		m, _, err := eventstore.Load[domain.Matter](ctx, i.Ledger, domain.MatterStream(e.Firm, e.Matter.ID))
		return errors.Join(err, m.CheckVersion(e))
	}
	return nil
}

// Position is a ledger position that includes what was recorded of the event.
func (i Intake) Position(ctx context.Context, e domain.CaseHugEvent) (uint64, error) {
	if e.Client != nil {
		_, head, err := eventstore.Load[domain.Client](ctx, i.Ledger, domain.ClientStream(e.Firm, e.Client.ID))
		return uint64(head.Seq), err
	}
	_, head, err := eventstore.Load[domain.Matter](ctx, i.Ledger, domain.MatterStream(e.Firm, e.About()))
	return uint64(head.Seq), err
}

func (i Intake) settings(ctx context.Context, f domain.FirmID) (domain.Settings, error) {
	p, _, err := eventstore.Load[domain.Preferences](ctx, i.Ledger, domain.SettingsStream(f))
	return p.Settings(), err
}

func (i Intake) matter(ctx context.Context, e domain.CaseHugEvent, s domain.Settings) (domain.Matter, eventstore.Head, error) {
	e, err := i.ahead(ctx, e, e.About())
	if err != nil {
		return domain.Matter{}, eventstore.Head{}, err
	}
	return takeIn(ctx, i, e, domain.MatterStream(e.Firm, e.About()),
		func(m domain.Matter) ([]domain.Event, error) {
			if err := m.CheckVersion(e); err != nil {
				return nil, err
			}
			return m.TakeIn(e, s), nil
		})
}

// documentsAtOnce leaves room in an append for the rest of an event.
const documentsAtOnce = eventstore.MaxEvents - 10

// ahead records the documents that an append can't hold beside the rest of the event, which it
// returns. The event itself is recorded last, so an interrupted intake is repeated.
func (i Intake) ahead(ctx context.Context, e domain.CaseHugEvent, id domain.MatterID) (domain.CaseHugEvent, error) {
	for len(e.Documents) > documentsAtOnce {
		part := e
		part.Documents, e.Documents = e.Documents[:documentsAtOnce], e.Documents[documentsAtOnce:]
		_, _, err := takeIn(ctx, i, e, domain.MatterStream(e.Firm, id), func(m domain.Matter) ([]domain.Event, error) {
			if err := m.CheckVersion(e); err != nil {
				return nil, err
			}
			return m.TakeInPart(part), nil
		})
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

// client records the client's newer version and, if the firm's settings say so, requests a sync
// of each linked matter of the client.
func (i Intake) client(ctx context.Context, e domain.CaseHugEvent, s domain.Settings) error {
	c, _, err := takeIn(ctx, i, e, domain.ClientStream(e.Firm, e.Client.ID),
		func(c domain.Client) ([]domain.Event, error) {
			if err := c.CheckVersion(e); err != nil {
				return nil, err
			}
			return c.Observe(e.Origin, *e.Client), nil
		})
	if err != nil || !s.OnClientUpdated || !c.Has(*e.Client) {
		return err
	}
	for _, id := range c.Matters {
		_, _, err := eventstore.Execute(ctx, i.Ledger, i.Now, domain.MatterStream(e.Firm, id),
			func(m domain.Matter) ([]domain.Event, error) { return m.FollowClient(e), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// Requests performs people's requests: to sync, to retry, to cancel.
type Requests struct {
	Intake
	NewID func() string // a fresh random id
	Token string        // of a call that may be repeated: the ids of what it requests follow from it; "": of none
	Views interface {
		// MatterOfSync is the matter of a sync and how the sync stands; ok is false where the
		// firm has no such sync.
		MatterOfSync(f domain.FirmID, id domain.SyncID) (m domain.MatterID, s domain.Standing, ok bool, err error)
	}
}

// Repeatable performs the requests of a call that may be carried out again with the same token, and
// then finds what it requested before. Without a token it is r.
func (r Requests) Repeatable(token string) Requests {
	if token != "" {
		r.Token, r.NewID = token, func() string { return token }
	}
	return r
}

// Request asks for a sync of a matter, first recording what the request says of it.
// It returns the sync's id and the ledger position that includes the request.
func (r Requests) Request(ctx context.Context, by domain.User, id domain.MatterID, m *domain.MatterData, docs []domain.DocumentData) (domain.SyncID, uint64, error) {
	origin := domain.EventRef{Source: domain.APISource, ID: r.NewID()}
	if sync, position, err := r.requested(ctx, by.Firm, id, origin); err != nil || sync != "" {
		return sync, position, err
	}
	e := domain.CaseHugEvent{Origin: origin, Type: domain.TypeMatterSyncRequested, Firm: by.Firm, Time: r.Now(),
		Matter: m, Documents: docs, RequestedBy: by.Subject, RequestedName: by.Name}.Tidy()
	if err := r.checkClients(ctx, by.Firm, e.Matter); err != nil {
		return "", 0, err
	}
	e, err := r.requestAhead(ctx, e, id)
	if err != nil {
		return "", 0, err
	}
	return r.ask(ctx, by.Firm, id, func(now domain.Matter) (domain.SyncID, []domain.Event, error) {
		if !now.Known && m == nil {
			return "", nil, unknownMatter(id)
		}
		if m != nil {
			if unprocessable := asUnprocessable(now.CheckPersonsVersion(*e.Matter)); unprocessable != nil {
				return "", nil, implausibleVersion("/matter", unprocessable)
			}
		}
		sync, facts := now.RequestWith(e)
		return sync, facts, nil
	})
}

// checkClients refuses a matter that a person brings along where a client's version is not
// plausible.
func (r Requests) checkClients(ctx context.Context, f domain.FirmID, m *domain.MatterData) error {
	if m == nil {
		return nil
	}
	for i, d := range m.Clients() {
		known, _, err := eventstore.Load[domain.Client](ctx, r.Ledger, domain.ClientStream(f, d.ID))
		if err != nil {
			return err
		}
		if unprocessable := asUnprocessable(known.CheckPersonsVersion(d)); unprocessable != nil {
			field := "/matter/client"
			if i > 0 {
				field = fmt.Sprintf("/matter/other_clients/%d", i-1)
			}
			return implausibleVersion(field, unprocessable)
		}
	}
	return nil
}

// requestAhead records the documents of a request that an append can't hold beside it.
func (r Requests) requestAhead(ctx context.Context, e domain.CaseHugEvent, id domain.MatterID) (domain.CaseHugEvent, error) {
	if len(e.Documents) <= documentsAtOnce {
		return e, nil
	}
	now, _, err := eventstore.Load[domain.Matter](ctx, r.Ledger, domain.MatterStream(e.Firm, id))
	switch {
	case err != nil:
		return e, err
	case e.Matter != nil:
		if unprocessable := asUnprocessable(now.CheckPersonsVersion(*e.Matter)); unprocessable != nil {
			return e, implausibleVersion("/matter", unprocessable)
		}
	case !now.Known:
		return e, unknownMatter(id)
	}
	return r.ahead(ctx, e, id)
}

// Retry requests another sync of the matter of a failed or cancelled sync, and continues a
// waiting one. A sync that succeeded without a warning is a Rejection (Conflict).
func (r Requests) Retry(ctx context.Context, by domain.User, sync domain.SyncID) (domain.SyncID, uint64, error) {
	matter, standing, err := r.matterOf(by.Firm, sync)
	if err == nil {
		err = standing.CheckRetry(sync)
	}
	if err != nil {
		return "", 0, err
	}
	origin := domain.EventRef{Source: domain.APISource, ID: r.NewID()}
	if again, position, err := r.requested(ctx, by.Firm, matter, origin); err != nil || again != "" {
		return again, position, err
	}
	return r.ask(ctx, by.Firm, matter, func(m domain.Matter) (domain.SyncID, []domain.Event, error) {
		if !standing.Status.Ended() && m.IsCurrent(sync) {
			return sync, m.Resume(sync, by), nil
		}
		id, facts := m.Request(domain.SyncRequested{Sync: domain.SyncIDFor(by.Firm, matter, origin), Trigger: domain.TriggerRetry, By: by.Subject, ByName: by.Name, Origin: origin})
		return id, facts, nil
	})
}

// Cancel cancels a sync that is queued or waits, and returns the ledger position that includes
// it. A running or ended sync is a Rejection (Conflict).
func (r Requests) Cancel(ctx context.Context, by domain.User, sync domain.SyncID) (position uint64, err error) {
	matter, _, err := r.matterOf(by.Firm, sync)
	if err != nil {
		return 0, err
	}
	_, position, err = r.ask(ctx, by.Firm, matter, func(m domain.Matter) (domain.SyncID, []domain.Event, error) {
		facts, err := m.Cancel(sync, by.Subject)
		return sync, domain.SignedBy(facts, by), err
	})
	return position, err
}

func (r Requests) matterOf(f domain.FirmID, sync domain.SyncID) (m domain.MatterID, s domain.Standing, err error) {
	m, s, ok, err := r.Views.MatterOfSync(f, sync)
	if err == nil && !ok {
		err = &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound,
			Message: fmt.Sprintf("There is no sync %s", sync), Remedy: "Look for it in the sync history."}}
	}
	return m, s, err
}

func (r Requests) ask(ctx context.Context, f domain.FirmID, id domain.MatterID,
	decide func(domain.Matter) (domain.SyncID, []domain.Event, error)) (sync domain.SyncID, position uint64, err error) {
	_, head, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.MatterStream(f, id),
		func(m domain.Matter) (facts []domain.Event, err error) {
			if m.Erased {
				return nil, domain.ErasedMatter()
			}
			sync, facts, err = decide(m)
			return facts, err
		})
	return sync, uint64(head.Seq), err
}

func unknownMatter(id domain.MatterID) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{
		Code:    domain.CodeMatterUnknown,
		Message: fmt.Sprintf("CaseHug has not announced a matter %s", id),
		Remedy:  "Check the id, or send the matter along with the request.",
	}}
}

// asUnprocessable is err as *domain.Unprocessable; nil: it is none.
func asUnprocessable(err error) *domain.Unprocessable {
	var u *domain.Unprocessable
	errors.As(err, &u)
	return u
}

func implausibleVersion(of string, u *domain.Unprocessable) error {
	for i := range u.Faults {
		u.Faults[i].Field = of + u.Faults[i].Field
	}
	return &domain.Rejection{Reason: domain.Invalid, Faults: u.Faults, Failure: domain.Failure{Code: domain.CodeInvalidRequest,
		Message: "A version is not plausible", Remedy: "Send the matter and its clients with their versions in CaseHug."}}
}
