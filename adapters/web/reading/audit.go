package reading

import (
	"cmp"
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Audit reads the audit trail.
type Audit struct {
	Progress Progress
	Firms    ports.Connections
	Rows     ports.AuditRows
	Refusals ports.Refusals // nil: no refusals are recorded
}

// AuditPage is a part of a firm's audit trail.
type AuditPage struct {
	Rows []projections.AuditRow
	Next uint64 // position of the rest; 0: none
	Firm projections.ConnectionRow
}

// Read reads a part of the trail, with the refusals that were only counted so far.
func (a Audit) Read(ctx context.Context, firm domain.FirmID, q projections.AuditQuery) (p AuditPage, err error) {
	if a.Refusals != nil {
		if err := a.Progress.Settle(ctx, a.Refusals.Settle(ctx, firm)); err != nil {
			return p, err
		}
	}
	if p.Firm, err = a.Firms.Connection(firm); err != nil {
		return p, err
	}
	p.Rows, p.Next, err = a.Rows.Audit(firm, q)
	return p, err
}

// NameOfActor is how the actor of a row is called, as u sees it; "" if that is not known.
func (p AuditPage) NameOfActor(u domain.User, r projections.AuditRow) string {
	if name := NameFor(u, p.Firm, r.Actor); name != r.Actor {
		return name
	}
	return r.Name
}

// NameFor is how a user is called, as u sees it.
func NameFor(u domain.User, row projections.ConnectionRow, subject string) string {
	switch {
	case subject == "":
		return ""
	case subject == domain.BySetting:
		return "the setting “Settle differences by owner”"
	case subject == u.Subject:
		return cmp.Or(u.Name, u.Email, subject)
	case subject == row.Connection.By:
		return cmp.Or(row.Connection.ByName, subject)
	}
	return subject
}
