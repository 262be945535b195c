package connect_test

import (
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

func TestTryMappings(t *testing.T) {
	d := newService(t)
	if _, _, err := d.ReviseMapping(t.Context(), admin, crash()); err != nil {
		t.Fatal(err)
	}
	changed := crash()
	changed.ID, changed.MatterTypeID, changed.ClientRole = "", "will_IL", ""
	trial, err := d.TryMappings(t.Context(), oak, domain.MappingChange{Revise: &changed})
	if err != nil || len(trial.Types) != len(types) {
		t.Fatalf("tried as %+v, %v", trial, err)
	}
	if k, ok := trial.Then.Find("map_crash"); !ok || k.MatterTypeID != "will_IL" {
		t.Errorf("then the firm would have %+v", trial.Then)
	}
	if k, ok := trial.Now.Find("map_crash"); !ok || k.MatterTypeID != "truck_IL" {
		t.Errorf("now it has %+v", trial.Now)
	}
	_, head, err := eventstore.Load[domain.Preferences](t.Context(), d.config.Ledger, domain.SettingsStream(oak))
	if m := kept(t, d); err != nil || m.Revision != 1 || head.Version != 1 {
		t.Errorf("trying left %+v at %+v, %v", m, head, err)
	}
}

// TestTriesAreCheckedLikeChanges: trying is refused for what making the change
// would be refused for.
func TestTriesAreCheckedLikeChanges(t *testing.T) {
	d := newService(t)
	if _, _, err := d.ReviseMapping(t.Context(), admin, crash()); err != nil {
		t.Fatal(err)
	}
	bad, second := crash(), crash()
	bad.CaseType, bad.ClientRole = " ", "Executor"
	second.ID, second.CaseType = "map_2", "TRUCK-CRASH"
	for _, c := range []struct {
		name   string
		change domain.MappingChange
		reason domain.Reason
		fields []string
	}{
		{"faults", domain.MappingChange{Revise: &bad}, domain.Invalid, []string{"/case_type", "/client_role"}},
		{"faults in a list", domain.MappingChange{Whole: &[]domain.Mapping{crash(), bad}}, domain.Invalid, []string{"/mappings/1/case_type", "/mappings/1/client_role"}},
		{"taken", domain.MappingChange{Revise: &second}, domain.Conflict, nil},
		{"not there", domain.MappingChange{Remove: "map_9"}, domain.Unknown, nil},
	} {
		_, err := d.TryMappings(t.Context(), oak, c.change)
		r := domain.AsRejection(err)
		if r == nil || r.Reason != c.reason {
			t.Errorf("%s: answered by %v", c.name, err)
			continue
		}
		var fields []string
		for _, f := range r.Faults {
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, c.fields) {
			t.Errorf("%s: faults at %q, want %q", c.name, fields, c.fields)
		}
	}
	_, err := d.TryMappings(t.Context(), "f_elm", domain.MappingChange{Remove: "map_crash"})
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeNotConnected {
		t.Errorf("a firm that is not connected is answered by %v", err)
	}
}
