package domain_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestEveryFieldOfTheMatterPageHasAValue fails where a field that both sides have is missing in
// what CaseHug sent, in what a matter is to have in Smokeball, or in what a contact has.
func TestEveryFieldOfTheMatterPageHasAValue(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	m := domain.MatterData{ID: "m_1", Title: "Rivera v. Apex", CaseNumber: "CH-1", CaseType: "Auto Accident", Status: "closed", ResponsibleEmail: "lee@firm.example",
		OpenedAt: &at, ClosedAt: &at, Client: domain.ClientData{ID: "c_1", FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}}
	seen := domain.MatterValues{Status: "Closed", Description: "Rivera v. Apex", Number: "CH-1", TypeID: "t", TypeName: "Auto Accident", Responsible: "s_1", Opened: "2026-11-02", Closed: "2026-11-03"}
	for _, name := range domain.MatterFieldNames() {
		if m.Value(name) == "" {
			t.Errorf("MatterData.Value has no value for %s", name)
		}
		if seen.Field(name) == "" {
			t.Errorf("MatterValues.Field has no value for %s", name)
		}
	}
	contact := domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "312 555 0142"}
	for _, name := range domain.ClientFieldNames() {
		if m.Client.Value(name) == "" || contact.Value(name) == "" {
			t.Errorf("a client or a contact has no value for %s", name)
		}
	}
}

// TestEveryComparedFieldCanBeDecided fails where a person's decision about a field, or a change
// of ours, would leave the field out. Smokeball's matter type is chosen by a mapping, so nobody
// decides about it.
func TestEveryComparedFieldCanBeDecided(t *testing.T) {
	text, at := func(s string) *string { return &s }, time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	told := domain.MatterDraft{Status: "Closed", Description: "a", Number: "b", ResponsibleStaffID: "c", OpenedDate: &at, ClosedDate: &at}
	change := domain.MatterChange{Status: text("Closed"), Description: text("a"), Number: text("b"), MatterTypeID: "t", ResponsibleStaffID: text("c"),
		OpenedDate: &at, ClosedDate: &at}
	written := change.Fields()
	for _, name := range domain.MatterFieldNames() {
		if !slices.Contains(written, name) {
			t.Errorf("MatterChange.Fields does not know %s", name)
		}
		if name == domain.FieldCaseType {
			continue
		}
		accepted := domain.Decisions{Accepted: map[string]domain.Acceptance{name: {}}}
		if got := accepted.WithAccepted(domain.MatterDraft{}, told); reflect.DeepEqual(got, domain.MatterDraft{}) {
			t.Errorf("Decisions.WithAccepted does not know %s", name)
		}
		if got := told.Having(name, "other"); reflect.DeepEqual(got, told) {
			t.Errorf("MatterDraft.Having does not know %s", name)
		}
	}
}
