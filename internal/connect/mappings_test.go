package connect_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
)

const oak domain.FirmID = "f_oak"

var (
	noon  = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	admin = domain.User{Subject: "u_1", Firm: oak, Role: domain.FirmAdmin}
)

// account is Smokeball's list of matter types; a nil list can't be had.
type account []domain.MatterType

var errAway = errors.New("no answer")

func (a account) MatterTypes(_ context.Context, f domain.FirmID) ([]domain.MatterType, error) {
	if a == nil || f != oak {
		return nil, errAway
	}
	return a, nil
}

var types = account{
	{ID: "truck_IL", Name: "Truck Accident", Category: "Personal Injury", Location: "IL", Roles: []string{"Plaintiff", "Defendant"}},
	{ID: "will_IL", Name: "Will", Category: "Estate Planning", Location: "IL"},
	{ID: "old_IL", Name: "Asbestos Claim", Category: "Personal Injury", Location: "IL", Deleted: true},
	{ID: "lead_IL", Name: "Dog Bite", Category: "Personal Injury", Location: "IL", Lead: true},
}

// service is a service and what it works with.
type service struct {
	*connect.Service
	config connect.Config
}

// newService is a service of firms of which oak is connected.
func newService(t *testing.T) service {
	t.Helper()
	ledger, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	config := connect.Config{Ledger: ledger, Types: types, Now: func() time.Time { return noon }}
	d := service{connect.New(config), config}
	tell(t, d, domain.ConnectionAuthorized{Account: domain.Account{ID: "a"}, By: "u_1", ReauthorizeBy: noon.Add(time.Hour)})
	return d
}

func tell(t *testing.T, d service, e domain.Event) {
	t.Helper()
	_, _, err := eventstore.Execute(t.Context(), d.config.Ledger, d.config.Now, domain.ConnectionStream(oak),
		func(domain.Connection) ([]domain.Event, error) { return []domain.Event{e}, nil })
	if err != nil {
		t.Fatal(err)
	}
}

func kept(t *testing.T, d service) domain.Mappings {
	t.Helper()
	p, _, err := eventstore.Load[domain.Preferences](t.Context(), d.config.Ledger, domain.SettingsStream(oak))
	if err != nil {
		t.Fatal(err)
	}
	return p.Mappings
}

func crash() domain.Mapping {
	return domain.Mapping{ID: "map_crash", CaseType: "Truck Crash", PracticeArea: "Personal Injury", MatterTypeID: "truck_IL", ClientRole: "Defendant"}
}

func TestReviseMapping(t *testing.T) {
	d := newService(t)
	got, first, err := d.ReviseMapping(t.Context(), admin, crash())
	want := domain.KeptMapping{Mapping: crash(), TypeName: "Truck Accident", Revision: 1, By: "u_1", At: noon}
	if err != nil || got != want || first == 0 {
		t.Fatalf("kept %+v at %d, %v; want %+v", got, first, err, want)
	}
	if again, at, err := d.ReviseMapping(t.Context(), admin, crash()); err != nil || at != first || again != want {
		t.Errorf("the same again is kept as %+v at %d, %v", again, at, err)
	}
	changed := crash()
	changed.MatterTypeID, changed.ClientRole = "will_IL", ""
	got, second, err := d.ReviseMapping(t.Context(), admin, changed)
	if err != nil || second <= first || got.TypeName != "Will" || got.Revision != 2 {
		t.Errorf("the change is kept as %+v at %d, %v", got, second, err)
	}
	if m := kept(t, d); m.Revision != 2 || len(m.Kept) != 1 || m.Kept[0] != got {
		t.Errorf("the firm has %+v", m)
	}
}

func TestMappingsThatDoNotFitTheAccount(t *testing.T) {
	d := newService(t)
	for _, c := range []struct {
		name   string
		change func(*domain.Mapping)
		fields []string
	}{
		{"an unknown type", func(w *domain.Mapping) { w.MatterTypeID = "moon" }, []string{"/matter_type_id"}},
		{"a deleted type", func(w *domain.Mapping) { w.MatterTypeID = "old_IL" }, []string{"/matter_type_id"}},
		{"a type of leads", func(w *domain.Mapping) { w.MatterTypeID = "lead_IL" }, []string{"/matter_type_id"}},
		{"no type", func(w *domain.Mapping) { w.MatterTypeID = " " }, []string{"/matter_type_id"}},
		{"another type's role", func(w *domain.Mapping) { w.ClientRole = "Executor" }, []string{"/client_role"}},
		{"a role of a type without roles", func(w *domain.Mapping) { w.MatterTypeID = "will_IL" }, []string{"/client_role"}},
		{"no case type", func(w *domain.Mapping) { w.CaseType = " " }, []string{"/case_type"}},
		{"an id that is none", func(w *domain.Mapping) { w.ID = "a.b" }, []string{"/id"}},
		{"all at once", func(w *domain.Mapping) { *w = domain.Mapping{} }, []string{"/case_type", "/matter_type_id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := crash()
			c.change(&w)
			_, _, err := d.ReviseMapping(t.Context(), admin, w)
			r := domain.AsRejection(err)
			if r == nil || r.Reason != domain.Invalid || r.Failure.Code != domain.CodeInvalidRequest {
				t.Fatalf("it is answered by %v", err)
			}
			var fields []string
			for _, f := range r.Faults {
				fields = append(fields, f.Field)
				if f.Reason == "" {
					t.Errorf("the fault of %s says nothing", f.Field)
				}
			}
			if !slices.Equal(fields, c.fields) {
				t.Errorf("the faults are at %q, want %q", fields, c.fields)
			}
		})
	}
	if m := kept(t, d); m.Revision != 0 {
		t.Errorf("something was kept: %+v", m)
	}
}

func TestASecondMappingForTheSameMatters(t *testing.T) {
	d := newService(t)
	if _, _, err := d.ReviseMapping(t.Context(), admin, crash()); err != nil {
		t.Fatal(err)
	}
	second := crash()
	second.ID, second.CaseType = "map_2", "TRUCK CRASH"
	_, _, err := d.ReviseMapping(t.Context(), admin, second)
	if r := domain.AsRejection(err); r == nil || r.Reason != domain.Conflict || r.Failure.Code != domain.CodeMappingTaken {
		t.Errorf("it is answered by %v", err)
	}
}

func TestRemoveMapping(t *testing.T) {
	d := newService(t)
	if _, _, err := d.ReviseMapping(t.Context(), admin, crash()); err != nil {
		t.Fatal(err)
	}
	tell(t, d, domain.Disconnected{By: "u_1"}) // what was chosen can be taken back at any time
	if at, err := d.RemoveMapping(t.Context(), admin, "map_crash"); err != nil || at == 0 {
		t.Fatalf("removed at %d, %v", at, err)
	}
	if m := kept(t, d); len(m.Kept) != 0 || m.Revision != 2 {
		t.Errorf("the firm has %+v", m)
	}
	for _, id := range []domain.MappingID{"map_crash", "map_9"} {
		_, err := d.RemoveMapping(t.Context(), admin, id)
		if r := domain.AsRejection(err); r == nil || r.Reason != domain.Unknown {
			t.Errorf("removing %s is answered by %v", id, err)
		}
	}
}

func TestMatterTypesNeedAConnection(t *testing.T) {
	d := newService(t)
	if got, err := d.MatterTypes(t.Context(), oak); err != nil || len(got) != len(types) {
		t.Errorf("the types are %v, %v", got, err)
	}
	elm := admin
	elm.Firm = "f_elm"
	_, _, err := d.ReviseMapping(t.Context(), elm, crash())
	if r := domain.AsRejection(err); r == nil || r.Reason != domain.Conflict || r.Failure.Code != domain.CodeNotConnected {
		t.Errorf("a firm that is not connected is answered by %v", err)
	}
	d.config.Types = account(nil)
	d.Service = connect.New(d.config)
	if _, err := d.MatterTypes(t.Context(), oak); !errors.Is(err, errAway) {
		t.Errorf("a Smokeball that does not answer is told as %v", err)
	}
	d.config.Now = func() time.Time { return noon.Add(2 * time.Hour) } // the authorization has ended
	d.Service = connect.New(d.config)
	_, err = d.MatterTypes(t.Context(), oak)
	if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeNotConnected {
		t.Errorf("an ended authorization is answered by %v", err)
	}
}

// TestTwoAdminsAtOnce: of two mappings for the same matters, made at the same
// moment, one is kept.
func TestTwoAdminsAtOnce(t *testing.T) {
	d := newService(t)
	answers := make(chan error, 8)
	for i := range cap(answers) {
		go func() {
			w := crash()
			w.ID = domain.MappingID(fmt.Sprintf("map_%d", i))
			_, _, err := d.ReviseMapping(t.Context(), admin, w)
			answers <- err
		}()
	}
	ok := 0
	for range cap(answers) {
		if err := <-answers; err == nil {
			ok++
		} else if r := domain.AsRejection(err); r == nil || r.Reason != domain.Conflict {
			t.Errorf("one is answered by %v", err)
		}
	}
	if m := kept(t, d); ok != 1 || len(m.Kept) != 1 {
		t.Errorf("%d were kept: %+v", ok, m.Kept)
	}
}
