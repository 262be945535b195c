package connect

import (
	"context"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// MatterTypes are the matter types of the account that a firm is connected to.
type MatterTypes interface {
	MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error)
}

// MatterTypes lists the matter types of the firm's account: deleted ones and those of
// leads too. A firm that is not connected has none: a Rejection (Conflict).
func (d *Desk) MatterTypes(ctx context.Context, f domain.FirmID) ([]domain.MatterType, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(f))
	if err != nil {
		return nil, err
	}
	if !c.Usable(d.Now()) {
		return nil, notConnected()
	}
	return d.Types.MatterTypes(ctx, f)
}

// ReviseMapping keeps w as one of the firm's own mappings, under its id, and returns it
// with the ledger position that includes it. A mapping that does not fit the account is a
// Rejection (Invalid) with its faults, a second one for the same matters a Conflict.
func (d *Desk) ReviseMapping(ctx context.Context, by domain.User, w domain.Mapping) (domain.KeptMapping, uint64, error) {
	types, err := d.MatterTypes(ctx, by.Firm)
	if err != nil {
		return domain.KeptMapping{}, 0, err
	}
	chosen, faults := check(w, types)
	if len(faults) > 0 {
		return domain.KeptMapping{}, 0, misfit(faults)
	}
	p, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			return p.Mappings.Revise(w, chosen.Name, by.Subject)
		})
	kept, _ := p.Mappings.Find(w.ID)
	return kept, uint64(head.Seq), err
}

// RemoveMapping takes one of the firm's own mappings back. One that the firm does not
// have is a Rejection (Unknown).
func (d *Desk) RemoveMapping(ctx context.Context, by domain.User, id domain.MappingID) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, d.Ledger, d.Now, domain.SettingsStream(by.Firm),
		func(p domain.Preferences) ([]domain.Event, error) {
			facts := p.Mappings.Remove(id, by.Subject)
			if len(facts) == 0 {
				return nil, noMapping(id)
			}
			return facts, nil
		})
	return uint64(head.Seq), err
}

// check tells what is wrong with a mapping, and which matter type it is to.
func check(w domain.Mapping, types []domain.MatterType) (domain.MatterType, []domain.FieldFault) {
	var faults []domain.FieldFault
	wrong := func(field, reason string) { faults = append(faults, domain.FieldFault{Field: field, Reason: reason}) }
	if !domain.ValidID(string(w.ID)) {
		wrong("/id", "must be 1 to 64 of the characters A-Z a-z 0-9 _ -")
	}
	if strings.TrimSpace(w.CaseType) == "" {
		wrong("/case_type", "is missing")
	}
	id, role := strings.TrimSpace(w.MatterTypeID), strings.TrimSpace(w.ClientRole)
	i := slices.IndexFunc(types, func(t domain.MatterType) bool { return t.ID == id })
	if why := unfit(types, i, id); why != "" {
		wrong("/matter_type_id", why)
		return domain.MatterType{}, faults
	}
	if t := types[i]; role != "" && !slices.Contains(t.Roles, role) {
		wrong("/client_role", "must be empty or one of the matter type's roles: "+strings.Join(t.Roles, ", "))
	}
	return types[i], faults
}

// unfit says why matters can't be of the i-th type; "" where they can.
func unfit(types []domain.MatterType, i int, id string) string {
	switch {
	case id == "":
		return "is missing"
	case i < 0:
		return "is not a matter type of the Smokeball account"
	case types[i].Deleted:
		return "is deleted in Smokeball"
	case types[i].Lead:
		return "is a type of leads, not of matters"
	}
	return ""
}

func misfit(faults []domain.FieldFault) *domain.Rejection {
	return &domain.Rejection{Reason: domain.Invalid, Faults: faults, Failure: domain.Failure{Code: domain.CodeInvalidRequest,
		Message: "The mapping does not fit the Smokeball account", Remedy: "Correct the fields that are named."}}
}

func noMapping(id domain.MappingID) *domain.Rejection {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound,
		Message: "There is no mapping " + string(id) + " at this firm", Remedy: "Look for it in the list of case type mappings."}}
}
