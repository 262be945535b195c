package readback

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Smokeball is what reads need of it.
type Smokeball interface {
	Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error)
	Contact(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballContact, error)
	// ContactsByID leaves out those that Smokeball does not show.
	ContactsByID(ctx context.Context, f domain.FirmID, ids []domain.SmokeballID) ([]domain.SmokeballContact, error)
	// MatterTypes are the account's, remembered for a while.
	MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error)
	// StaffMember is who works, or worked, at the firm, remembered for a while.
	StaffMember(ctx context.Context, f domain.FirmID, id string) (domain.StaffMember, error)
}

// Sights records what reads of linked resources show.
type Sights struct {
	Ledger    eventstore.Store
	Smokeball Smokeball
	Now       func() time.Time
}

// errOtherAccount says that the resource is in another Smokeball account than the one that is
// connected: it can't be read until the firm comes back to it.
var errOtherAccount = errors.New("readback: the resource is in another Smokeball account")

// glimpse is a read that is about to be made: what was on record as it began.
type glimpse struct {
	firm     domain.FirmID
	resource domain.SmokeballID
	by       domain.Proof
	hints    domain.Hints
	at       time.Time // when it began
}

func (s Sights) begin(ctx context.Context, f domain.FirmID, id domain.SmokeballID, by domain.Proof) (glimpse, error) {
	h, _, err := eventstore.Load[domain.Hints](ctx, s.Ledger, domain.HintStream(f, id))
	if h.Pending() && h.Found {
		by = domain.BySweep
	}
	return glimpse{firm: f, resource: id, by: by, hints: h, at: s.Now().UTC()}, err
}

// answered records that the webhooks which were on record as the read began are read.
func (s Sights) answered(ctx context.Context, g glimpse) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, s.Ledger, s.Now, domain.HintStream(g.firm, g.resource),
		func(h domain.Hints) ([]domain.Event, error) { return h.Answered(g.hints.Heard, g.by, g.at), nil })
	return uint64(head.Seq), err
}

// changedAt is when the newest webhook says that the resource changed.
func (g glimpse) changedAt() time.Time {
	if g.hints.Pending() {
		return g.hints.Changed
	}
	return time.Time{}
}

// Matter reads a matter for a sync, and records what that showed if the matter is linked to a
// CaseHug matter.
func (s Sights) Matter(ctx context.Context, f domain.FirmID, matter domain.MatterID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	g, err := s.begin(ctx, f, id, domain.ByRead)
	if err != nil {
		return domain.SmokeballMatter{}, err
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, s.Ledger, domain.MatterStream(f, matter))
	if err != nil {
		return domain.SmokeballMatter{}, err
	}
	shown, read := s.Smokeball.Matter(ctx, f, id)
	if m.Smokeball.ID != id {
		return shown, read
	}
	err = s.recordMatter(ctx, g, matter, m, shown, read)
	if err == nil && g.hints.Pending() && (read == nil || isGone(m, read)) {
		_, err = s.answered(ctx, g)
	}
	if err != nil && !errors.Is(err, domain.ErrOutdated) && domain.AsCallError(err) == nil {
		return shown, err
	}
	return shown, read
}

// ReadMatter reads a matter that may have changed, and returns the position of what it recorded.
// Where something of the matter was recorded meanwhile it fails with domain.ErrOutdated: the
// matter stays unread.
func (s Sights) ReadMatter(ctx context.Context, f domain.FirmID, account string, u domain.UnreadResource) (uint64, error) {
	g, err := s.begin(ctx, f, u.Resource, proof(u))
	if err != nil {
		return 0, err
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, s.Ledger, domain.MatterStream(f, u.Matter))
	switch {
	case err != nil:
		return 0, err
	case m.Smokeball.ID != u.Resource:
		return s.answered(ctx, g) // it is linked no more
	case m.Smokeball.Account != "" && m.Smokeball.Account != account:
		return 0, errOtherAccount
	}
	shown, err := s.Smokeball.Matter(ctx, f, u.Resource)
	if err := s.recordMatter(ctx, g, u.Matter, m, shown, err); err != nil {
		return 0, err
	}
	return s.answered(ctx, g)
}

// proof is what a resource is read for.
func proof(u domain.UnreadResource) domain.Proof {
	if u.Hinted {
		return domain.ByWebhook
	}
	return domain.ByRead
}

// recordMatter records what a read showed; m is the matter as it was when the read began. A
// read that failed otherwise than by showing that the matter is gone is returned.
func (s Sights) recordMatter(ctx context.Context, g glimpse, id domain.MatterID, m domain.Matter, shown domain.SmokeballMatter, failed error) error {
	values, err := shown.Values(), failed
	if isGone(m, failed) {
		values, err = domain.DeletedMatter(m.Smokeball.There.Values), nil
	}
	if err == nil {
		values.TypeName, err = s.typeName(ctx, g.firm, m, values.TypeID)
	}
	if err == nil {
		values, err = s.withResponsible(ctx, g.firm, m, values)
	}
	if err != nil {
		return err
	}
	e := domain.MatterSeen{Matter: g.resource, Values: values, Version: shown.VersionID, By: g.by, Hint: g.hints.Newest, ChangedAt: g.changedAt(), ReadAt: g.at}
	_, _, err = eventstore.Execute(ctx, s.Ledger, s.Now, domain.MatterStream(g.firm, id),
		func(now domain.Matter) ([]domain.Event, error) { return now.See(m.Smokeball.There.Moves, e) })
	return err
}

// isGone reports whether a read shows that Smokeball no longer has a matter. One that was
// accepted, and did not appear yet, is not gone.
func isGone(m domain.Matter, err error) bool {
	return domain.IsNotThere(err) && (m.Smokeball.Confirmed || m.Smokeball.Before != nil)
}

// typeName is what the account calls a matter type; "" where it does not have it.
func (s Sights) typeName(ctx context.Context, f domain.FirmID, m domain.Matter, id string) (string, error) {
	known := m.Smokeball.There.Values
	switch {
	case id == "":
		return "", nil
	case id == m.TypeID:
		return m.TypeName, nil
	case known != nil && known.TypeID == id:
		return known.TypeName, nil
	}
	types, err := s.Smokeball.MatterTypes(ctx, f)
	for _, t := range types {
		if t.ID == id {
			return t.Name, nil
		}
	}
	return "", err
}

// withResponsible adds who the responsible person is, as far as Smokeball tells.
func (s Sights) withResponsible(ctx context.Context, f domain.FirmID, m domain.Matter, v domain.MatterValues) (domain.MatterValues, error) {
	known := m.Smokeball.There.Values
	switch {
	case v.Responsible == "":
		return v, nil
	case known != nil && known.Responsible == v.Responsible && known.ResponsibleName+known.ResponsibleEmail != "":
		v.ResponsibleName, v.ResponsibleEmail = known.ResponsibleName, known.ResponsibleEmail
		return v, nil
	}
	who, err := s.Smokeball.StaffMember(ctx, f, v.Responsible)
	if ce := domain.AsCallError(err); ce != nil && (ce.Class == domain.NotThere || ce.Class == domain.NotPermitted || ce.Class == domain.Permanent) {
		return v, nil // the id is all that is known
	}
	v.ResponsibleName, v.ResponsibleEmail = who.Name, who.Email
	return v, err
}
