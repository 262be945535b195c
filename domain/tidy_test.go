package domain_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestTidy tells in which form an event's texts are kept.
func TestTidy(t *testing.T) {
	e := domain.CaseHugEvent{Type: domain.TypeMatterUpdated, RequestedBy: " u_5\n",
		Matter: &domain.MatterData{ID: "m_1", Title: "Rivera\r\nv. Apex", CaseNumber: "CH\u200b-1 ", CaseType: " Auto Accident", Jurisdiction: " il ",
			Client:       domain.ClientData{ID: "c_1", LastName: "Nu\u0301n\u0303ez", Email: "dora@x.example "},
			OtherClients: []domain.ClientData{{ID: "c_2", CompanyName: "Apex\x00 LLC", LastName: " "}},
			Tags:         []string{"intake", "Intake", "intake ", "", " \t", "ur\u202egent"}},
		Documents: []domain.DocumentData{{ID: "d_1", FileName: "report\u202efdp.exe ", Folder: "Intake"}, {ID: "d_2", FileName: "plain.pdf"}},
	}
	before := *e.Matter
	got := e.Tidy()
	want := domain.MatterData{ID: "m_1", Title: "Rivera v. Apex", CaseNumber: "CH-1", CaseType: "Auto Accident", Jurisdiction: "il",
		Client:       domain.ClientData{ID: "c_1", LastName: "N\u00fa\u00f1ez", Email: "dora@x.example"},
		OtherClients: []domain.ClientData{{ID: "c_2", CompanyName: "Apex LLC", Cleaned: true}},
		Tags:         []string{"intake", "urgent"}, Cleaned: []string{"title", "case_number", "tags"}}
	if !reflect.DeepEqual(*got.Matter, want) {
		t.Errorf("the matter is kept as\n%+v\nwant\n%+v", *got.Matter, want)
	}
	if d := got.Documents; d[0].FileName != "reportfdp.exe" || !d[0].Cleaned || d[1].Cleaned || got.RequestedBy != "u_5" {
		t.Errorf("the documents are kept as %+v, asked for by %q", d, got.RequestedBy)
	}
	if !reflect.DeepEqual(before, *e.Matter) || e.Matter.Tags[1] != "Intake" {
		t.Error("the event itself was changed")
	}
	if again := got.Tidy(); !reflect.DeepEqual(again, got) {
		t.Errorf("tidied again it is\n%+v\nwant\n%+v", again, got)
	}
}

// TestTextCleaned tells what the warning names.
func TestTextCleaned(t *testing.T) {
	m := domain.MatterData{Client: domain.ClientData{ID: "c_1"}}
	if w := m.TextCleaned(); w != nil {
		t.Errorf("a clean matter warns: %+v", w)
	}
	m.Cleaned, m.Client.Cleaned = []string{"title"}, true
	if w := m.TextCleaned(); w == nil {
		t.Error("one field and one client are not warned of")
	}
	m.Cleaned = []string{"title", "case_number"}
	want := domain.Warning{Code: domain.WarnTextCleaned, About: &domain.About{Fields: []string{"title", "case_number"}, Clients: []domain.ClientID{"c_1"}}}
	if w := m.TextCleaned(); w == nil || !w.Is(want) {
		t.Errorf("the warning is %+v", w)
	}
}
