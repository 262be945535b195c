package projections_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

func revisedMapping(id domain.MappingID) domain.MappingRevised {
	return domain.MappingRevised{Mapping: domain.Mapping{ID: id, CaseType: "Truck Crash", MatterTypeID: "t_IL"}, TypeName: "Truck Accident", By: "u_1"}
}

// TestConnectionRowKeepsMappings: each firm's row has its own mappings.
func TestConnectionRowKeepsMappings(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.SettingsStream(oak), revisedMapping("map_1"), revisedMapping("map_2"), domain.MappingRemoved{ID: "map_1", By: "u_1"})
	l.tell(t, domain.SettingsStream(elm), revisedMapping("map_9"))
	r, err := folded(t, l).Connections.Connection(oak)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.Mappings{Revision: 3, At: start.Add(2 * time.Second), Kept: []domain.KeptMapping{
		{Mapping: revisedMapping("map_2").Mapping, TypeName: "Truck Accident", Revision: 2, By: "u_1", At: start.Add(time.Second)}}}
	if !reflect.DeepEqual(r.Mappings, want) {
		t.Errorf("the mappings are\n%+v, want\n%+v", r.Mappings, want)
	}
}

// TestDueTellsMappings: a sync which waits for a mapping is listed with the
// revision that had none and with the firm's newest one, and no other sync is.
func TestDueTellsMappings(t *testing.T) {
	unmapped := domain.Failure{Code: domain.CodeMatterTypeUnmapped, Message: "no type"}
	waits := func(l *ledger, f domain.FirmID, m domain.MatterID, e domain.SyncDeferred) {
		e.Sync = "s_1"
		l.tell(t, domain.MatterStream(f, m), requested("s_1", domain.TriggerManual), begun("s_1", 1), e)
	}
	l := newLedger()
	l.tell(t, domain.SettingsStream(oak), revisedMapping("map_1"))
	waits(l, oak, "m_1", domain.SyncDeferred{Failure: unmapped, MappingRevision: 1})
	waits(l, oak, "m_2", domain.SyncDeferred{Failure: unmapped})
	waits(l, oak, "m_3", domain.SyncDeferred{Failure: notConnected})
	waits(l, elm, "m_1", domain.SyncDeferred{Failure: unmapped})
	check := func(v *projections.Views, want map[string][2]int, remapped int) {
		t.Helper()
		caughtUp(t, v, l)
		list := v.Work.Due()
		if len(list) != len(want) {
			t.Fatalf("due are %+v", list)
		}
		for _, d := range list {
			if got := [2]int{d.MappingSeen, d.MappingNow}; got != want[string(d.Firm)+"/"+string(d.Matter)] {
				t.Errorf("%s of %s: seen and now are %v", d.Matter, d.Firm, got)
			}
			if d.Remapped() {
				remapped--
			}
		}
		if remapped != 0 {
			t.Errorf("%d more or less are remapped than told", remapped)
		}
	}
	v := folded(t, l)
	check(v, map[string][2]int{"f_oak/m_1": {1, 1}, "f_oak/m_2": {0, 1}, "f_oak/m_3": {}, "f_elm/m_1": {}}, 1)
	l.tell(t, domain.SettingsStream(oak), domain.MappingRemoved{ID: "map_1"})
	check(v, map[string][2]int{"f_oak/m_1": {1, 2}, "f_oak/m_2": {0, 2}, "f_oak/m_3": {}, "f_elm/m_1": {}}, 2)
}

// TestDueTellsTypes: what waits for a matter type is let go on by a change of the
// account's types that came after it began to look.
func TestDueTellsTypes(t *testing.T) {
	hook := func(kind string) domain.SmokeballWebhookReceived {
		return domain.SmokeballWebhookReceived{Type: kind, Resource: "t_IL"}
	}
	for name, c := range map[string]struct {
		before, after []domain.Event
		retyped       bool
	}{
		"a change before":      {[]domain.Event{hook("mattertype.updated")}, nil, false},
		"a change after":       {nil, []domain.Event{hook("mattertype.updated")}, true},
		"another webhook":      {nil, []domain.Event{hook("matter.updated")}, false},
		"a new authorization":  {nil, []domain.Event{domain.ConnectionAuthorized{}}, true},
		"an old authorization": {[]domain.Event{domain.ConnectionAuthorized{}}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			for _, e := range c.before {
				l.tell(t, domain.WebhookStream(oak, "t_IL"), e)
			}
			l.tell(t, domain.MatterStream(oak, matterOfMaria), requested("s_1", domain.TriggerManual), begun("s_1", 1),
				domain.SyncDeferred{Sync: "s_1", Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped}})
			for _, e := range c.after {
				l.tell(t, domain.WebhookStream(oak, "t_IL"), e)
			}
			if due := folded(t, l).Work.Due(); len(due) != 1 || due[0].Retyped() != c.retyped {
				t.Errorf("due are %+v; want it to look again: %v", due, c.retyped)
			}
		})
	}
}

// TestHistoryNamesTheOwnMapping tells by what the matter type was chosen.
func TestHistoryNamesTheOwnMapping(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), requested("s_1", domain.TriggerManual), begun("s_1", 1),
		domain.MatterTypeResolved{Sync: "s_1", CaseType: "Truck Crash", TypeName: "Truck Accident", How: domain.HowCustom, Mapping: "map_1", MappingRevision: 1})
	v := folded(t, l)
	e, _, err := v.Syncs.Sync(oak, "s_1")
	if err != nil || len(e.Steps) != 1 || e.Steps[0].Detail != "Truck Crash → Truck Accident, by the firm's own mapping" {
		t.Errorf("the steps are %+v, %v", e.Steps, err)
	}
	r, _, err := v.Matters.Matter(oak, matterOfMaria)
	if last := r.Timeline[len(r.Timeline)-1].Text; err != nil || last != "Matter type: Truck Accident, by the firm’s own mapping" {
		t.Errorf("the timeline says %q, %v", last, err)
	}
}
