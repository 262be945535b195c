package web_test

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// account are the matter types of the firm's Smokeball account.
var account = []domain.MatterType{
	{ID: "t_1", Name: "Motor Vehicle Accident", Category: "Personal Injury", Location: "IL", Roles: []string{"Plaintiff", "Defendant"}},
	{ID: "t_2", Name: "Pedestrian Injury", Category: "Personal Injury", Location: "IL", Roles: []string{"Plaintiff", "Defendant"}},
	{ID: "t_3", Name: "Dissolution", Category: "Family Law", Location: "IL", Roles: []string{"Petitioner", "Respondent"}},
	{ID: "t_4", Name: "Workers’ Compensation", Category: "Employment", Location: "IL"},
	{ID: "t_old", Name: "Asbestos Claim", Category: "Personal Injury", Location: "IL", Deleted: true},
	{ID: "t_lead", Name: "Injury Lead", Category: "Personal Injury", Location: "IL", Lead: true},
}

const mappingJSON = `{"case_type":"Truck Crash","practice_area":"Personal Injury","matter_type_id":"t_1","client_role":"Defendant"}`

// tellMappings records two mappings that a firm admin made; the second one's matter type
// is gone since.
func (e *engine) tellMappings() *engine {
	e.add(at(300), domain.SettingsStream(firm),
		domain.MappingRevised{Mapping: domain.Mapping{ID: "map_divorce", CaseType: "Divorce", MatterTypeID: "t_3", ClientRole: "Petitioner"}, TypeName: "Dissolution", By: "u_1"})
	e.add(at(200), domain.SettingsStream(firm),
		domain.MappingRevised{Mapping: domain.Mapping{ID: "map_dust", CaseType: "Dust Disease", PracticeArea: "Personal Injury", Jurisdiction: "IL", MatterTypeID: "t_old"}, TypeName: "Asbestos Claim", By: "u_2"})
	return e
}

func (e *engine) MatterTypes(_ context.Context, f domain.FirmID) ([]domain.MatterType, error) {
	row, err := e.views.Connections.Connection(f)
	if err != nil {
		return nil, err
	}
	if !row.Connection.Usable(noon) {
		return nil, rejection(domain.Conflict, domain.CodeNotConnected, "The firm is not connected to Smokeball")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return account, e.away
}

// keepAway lets Smokeball's matter types not be had.
func (e *engine) keepAway(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = err
}

func (e *engine) ReviseMapping(_ context.Context, by domain.User, w domain.Mapping) (domain.KeptMapping, uint64, error) {
	if err := e.hear("mapping by %s: %+v", by.Subject, w); err != nil {
		return domain.KeptMapping{}, 0, err
	}
	if w.MatterTypeID == "moon" {
		return domain.KeptMapping{}, 0, &domain.Rejection{Reason: domain.Invalid, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: "The mapping does not fit the account", Remedy: "Correct it."},
			Faults: []domain.FieldFault{{Field: "/matter_type_id", Reason: "is not a matter type of the Smokeball account"}, {Field: "/client_role", Reason: "must be empty"}}}
	}
	row, err := e.views.Connections.Connection(by.Firm)
	if err != nil {
		return domain.KeptMapping{}, 0, err
	}
	w = row.Mappings.Named(w)
	facts, err := row.Mappings.Revise(w, "Motor Vehicle Accident", by.Subject)
	if err != nil {
		return domain.KeptMapping{}, 0, err
	}
	position := e.add(noon, domain.SettingsStream(by.Firm), facts...)
	m := row.Mappings
	for _, f := range facts {
		m = m.Apply(f, noon)
	}
	kept, _ := m.Find(w.ID)
	return kept, position, nil
}

func (e *engine) RemoveMapping(_ context.Context, by domain.User, id domain.MappingID) (uint64, error) {
	if err := e.hear("remove mapping %s by %s", id, by.Subject); err != nil {
		return 0, err
	}
	row, err := e.views.Connections.Connection(by.Firm)
	if err != nil {
		return 0, err
	}
	facts := row.Mappings.Remove(id, by.Subject)
	if len(facts) == 0 {
		return 0, rejection(domain.Unknown, domain.CodeNotFound, "There is no such mapping")
	}
	return e.add(noon.Add(time.Second), domain.SettingsStream(by.Firm), facts...), nil
}

func (e *engine) TryMappings(ctx context.Context, f domain.FirmID, c domain.MappingChange) (domain.DryRun, error) {
	types, err := e.MatterTypes(ctx, f)
	if err != nil {
		return domain.DryRun{}, err
	}
	if w := c.Revise; w != nil {
		checked := *w
		checked.ID = "any"
		if _, faults := checked.Check(types); len(faults) > 0 {
			return domain.DryRun{}, domain.Misfit(faults)
		}
	}
	row, err := e.views.Connections.Connection(f)
	if err != nil {
		return domain.DryRun{}, err
	}
	then, err := row.Mappings.Try(c)
	return domain.DryRun{Types: types, Now: row.Mappings, Then: then}, err
}
