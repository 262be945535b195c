package syncing

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Differences carry out what is decided about a field that both sides have otherwise.
type Differences struct {
	Ledger eventstore.Store
	Keys   ContactKeys
	Now    func() time.Time
	NewID  func() string // a fresh random id
	Token  string        // of a call that may be repeated, as in Requests
}

// Repeatable carries out the decisions of a call that may be carried out again with the same token.
func (d Differences) Repeatable(token string) Differences {
	if token != "" {
		d.Token, d.NewID = token, func() string { return token }
	}
	return d
}

// Accept records that Smokeball's value is right, of which CaseHug is told, and returns the ledger
// position that includes it.
func (d Differences) Accept(ctx context.Context, by domain.User, f domain.FieldRef) (position uint64, err error) {
	m, err := d.matter(ctx, f)
	if err != nil {
		return 0, err
	}
	if domain.IsClientField(f.Name) {
		return d.acceptClient(ctx, by, f, m)
	}
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.MatterStream(f.Firm, f.Matter),
		func(m domain.Matter) ([]domain.Event, error) { return m.Accept(f.Name, f.Seen, by) })
	return uint64(head.Seq), err
}

func (d Differences) acceptClient(ctx context.Context, by domain.User, f domain.FieldRef, m domain.Matter) (uint64, error) {
	if _, ok := m.Repairing(f.Name); ok {
		return 0, domain.RepairUnderWay()
	}
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.ClientStream(f.Firm, m.Data.Client.ID),
		func(c domain.Client) ([]domain.Event, error) {
			return c.Accept(f.Matter, c.Newest(m.Data.Client), f.Name, f.Seen, by)
		})
	return uint64(head.Seq), err
}

// Repair asks for a sync that writes CaseHug's value to Smokeball, and returns it and the ledger
// position that includes it.
func (d Differences) Repair(ctx context.Context, by domain.User, f domain.FieldRef) (sync domain.SyncID, position uint64, err error) {
	m, err := d.matter(ctx, f)
	if err != nil {
		return "", 0, err
	}
	origin := domain.EventRef{Source: domain.APISource, ID: d.NewID()}
	if d.Token != "" {
		if sync, position, err := repairedBy(ctx, d.Ledger, f, domain.SyncIDFor(f.Firm, f.Matter, origin)); err != nil || sync != "" {
			return sync, position, err
		}
	}
	found, err := d.find(ctx, f, m)
	if err != nil {
		return "", 0, err
	}
	id := domain.SyncIDFor(f.Firm, f.Matter, origin)
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.MatterStream(f.Firm, f.Matter),
		func(m domain.Matter) (facts []domain.Event, err error) {
			if now, ok := m.Repairing(f.Name); ok {
				sync = now
				return nil, nil
			}
			if !domain.IsClientField(f.Name) {
				if found, err = m.Difference(f.Name, f.Seen); err != nil {
					return nil, err
				}
			}
			sync, facts, err = m.Repair(found, id, by)
			return facts, err
		})
	return sync, uint64(head.Seq), err
}

// repairedBy is the sync if it was requested before, and the ledger position that includes it.
func repairedBy(ctx context.Context, ledger eventstore.Store, f domain.FieldRef, id domain.SyncID) (domain.SyncID, uint64, error) {
	for env, err := range ledger.Read(ctx, domain.MatterStream(f.Firm, f.Matter)) {
		if err != nil {
			return "", 0, err
		}
		if e, ok := env.Event.(domain.RepairAsked); ok && e.Sync == id && e.Field == f.Name {
			return id, uint64(env.Seq), nil
		}
	}
	return "", 0, nil
}

// find is the difference that is to be repaired.
func (d Differences) find(ctx context.Context, f domain.FieldRef, m domain.Matter) (domain.Difference, error) {
	_, repairing := m.Repairing(f.Name)
	switch {
	case repairing:
		return domain.Difference{}, nil
	case !domain.IsClientField(f.Name):
		return m.Difference(f.Name, f.Seen)
	}
	c, _, err := eventstore.Load[domain.Client](ctx, d.Ledger, domain.ClientStream(f.Firm, m.Data.Client.ID))
	if err != nil {
		return domain.Difference{}, err
	}
	found, err := c.Difference(c.Newest(m.Data.Client), f.Name, f.Seen)
	if err != nil {
		return found, err
	}
	p := &people{attempt: &attempt{ledger: d.Ledger, firm: f.Firm}, keys: d.Keys}
	known, err := p.contact(ctx, c.Key)
	if err != nil {
		return found, err
	}
	shared, err := p.shared(ctx, known, m.Data.Client.ID)
	if err == nil && shared {
		err = &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeContactShared,
			Message: "Smokeball's contact is that of several clients, so it is not overwritten with the values of one",
			Remedy:  "Change the contact in Smokeball, or accept its value for this client."}}
	}
	return found, err
}

// matter is the matter of the field. What may have changed in Smokeball and was not read yet can't
// be decided on.
func (d Differences) matter(ctx context.Context, f domain.FieldRef) (domain.Matter, error) {
	m, _, err := eventstore.Load[domain.Matter](ctx, d.Ledger, domain.MatterStream(f.Firm, f.Matter))
	switch {
	case err != nil:
		return m, err
	case !m.Known:
		return m, unknownMatter(f.Matter)
	case !domain.IsComparedField(f.Name):
		return m, &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound,
			Message: fmt.Sprintf("Matters have no field %s", f.Name), Remedy: "Use a field of the matter's fields, such as status or client.phone."}}
	}
	resource := m.Smokeball.ID
	if domain.IsClientField(f.Name) {
		resource = m.Contacts[m.Data.Client.ID]
	}
	if resource == "" {
		return m, nil // nothing is linked, so nothing differs
	}
	h, _, err := eventstore.Load[domain.Hints](ctx, d.Ledger, domain.HintStream(f.Firm, resource))
	if err == nil && h.Pending() {
		err = &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeChangedMeanwhile,
			Message: "It may have changed in Smokeball since it was read, and is being read again",
			Remedy:  "Reload the page in a few seconds, look at the value that Smokeball has now, and decide on that."}}
	}
	return m, err
}

// Check has the firm's linked matters and their clients read again, or one matter and its clients,
// and returns the ledger position that includes the request.
func (d Differences) Check(ctx context.Context, by domain.User, of domain.MatterID) (position uint64, err error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(by.Firm))
	if err == nil && !c.Usable(d.Now()) {
		err = &domain.Rejection{Reason: domain.Conflict, Failure: c.Status(d.Now()).Unusable()}
	}
	if err == nil && of != "" {
		err = d.checkable(ctx, by.Firm, of)
	}
	if err != nil {
		return 0, err
	}
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.DriftStream(by.Firm), func(c domain.DriftChecks) ([]domain.Event, error) {
		return c.Ask(domain.DriftCheckAsked{Check: "k_" + d.NewID(), Matter: of, By: by.Subject, ByName: by.Name}), nil
	})
	return uint64(head.Seq), err
}

func (d Differences) checkable(ctx context.Context, f domain.FirmID, id domain.MatterID) error {
	m, _, err := eventstore.Load[domain.Matter](ctx, d.Ledger, domain.MatterStream(f, id))
	switch {
	case err != nil:
		return err
	case !m.Known:
		return unknownMatter(id)
	case m.Smokeball.ID == "":
		return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeNotLinked,
			Message: fmt.Sprintf("Matter %s is not in Smokeball yet, so there is nothing to compare", id), Remedy: "Click “Sync to Smokeball” on the matter first."}}
	}
	return nil
}
