package projections

import (
	"cmp"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// PersonRow is a user of a firm, as far as what they did tells.
type PersonRow struct {
	Firm     domain.FirmID `json:"firm"`
	Subject  string        `json:"subject"` // sub of their token
	Name     string        `json:"name,omitempty"`
	Admin    bool          `json:"admin,omitempty"` // as far as what they did or were refused last tells
	Position uint64        `json:"position"`        // of what they did last
}

// People has one row per user who did something.
var People = View[PersonRow]{Name: "people", Version: 1, Keys: personKeys, Fold: foldPerson,
	Order: func(r PersonRow) (string, uint64) { return string(r.Firm), r.Position },
	Lists: func(r PersonRow) []string {
		if !r.Admin || r.Name == "" {
			return nil
		}
		return []string{namedAdmins}
	}}

// namedAdmins is the list of firm admins whose names are known.
const namedAdmins = "admins"

// personOf is who did, or was refused, what an event proves; ok is false where no user of the firm did.
func personOf(env eventstore.Envelope) (d domain.AuditEntry, ok bool) {
	d, ok = domain.AuditEntryOf(env.Stream, env.Event)
	return d, ok && d.Actor != domain.Operator
}

func personKeys(env eventstore.Envelope) []string {
	d, ok := personOf(env)
	if !ok {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), d.Actor)}
}

func foldPerson(r PersonRow, env eventstore.Envelope) PersonRow {
	d, _ := personOf(env)
	next := PersonRow{Firm: env.Stream.Firm, Subject: d.Actor, Name: cmp.Or(d.Name, r.Name), Admin: r.Admin, Position: uint64(env.Seq)}
	if d.Role != "" { // else the fact does not tell
		next.Admin = d.Role == domain.FirmAdmin
	}
	return next
}

// PersonRows reads people.
type PersonRows struct{ *file }

// Name is how a user of the firm is called; "": nothing tells that they did and the audit trail still has.
func (v PersonRows) Name(firm domain.FirmID, subject string) (name string, err error) {
	err = v.view(func(tx *snapshot) error {
		r, _, err := get(tx, People, rowKey(string(firm), subject))
		if err != nil {
			return err
		}
		kept, _, err := get(tx, Retentions, string(firm))
		if name = r.Name; r.Position <= kept.AuditUpTo {
			name = ""
		}
		return err
	})
	return name, err
}

// Admins lists firm admins whose names are known, the one who did something last first.
func (v PersonRows) Admins(firm domain.FirmID, limit int) (list []PersonRow, err error) {
	err = v.view(func(tx *snapshot) error {
		f, err := find(tx, People, string(firm), choice{lists: [][]string{{namedAdmins}}, limit: limit})
		if err != nil {
			return err
		}
		kept, _, err := get(tx, Retentions, string(firm))
		list = slices.DeleteFunc(f.rows, func(r PersonRow) bool { return r.Position <= kept.AuditUpTo })
		return err
	})
	return list, err
}
