package domain_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestDraft holds the matter to the field mappings of the setup guide.
func TestDraft(t *testing.T) {
	chicago := time.FixedZone("CST", -6*3600)
	d := rivera(1)
	d.OpenedAt = ptr(time.Date(2026, 11, 2, 9, 4, 5, 987654321, chicago))
	d.ClosedAt = ptr(time.Date(2026, 12, 24, 12, 0, 0, 500, time.UTC))
	m := given[domain.Matter](domain.MatterCreated{Origin: ref(1), Matter: d}, domain.MatterTypeResolved{TypeID: "t_IL"})
	want := domain.MatterDraft{
		ExternalID:   "m_1001",
		Number:       "CH-2026-0142",           // case number, as it is
		Description:  "Rivera v. Apex Freight", // title, as it is
		MatterTypeID: "t_IL",
		ClientIDs:    []domain.SmokeballID{sbC, sbF},
		Status:       "Open",
		OpenedDate:   ptr(time.Date(2026, 11, 2, 9, 4, 5, 0, time.UTC)), // the firm’s day; no fractions: Smokeball refuses them
	}
	if got := m.Draft([]domain.SmokeballID{sbC, sbF}); !reflect.DeepEqual(got, want) {
		t.Errorf("the draft is\n%+v, want\n%+v", got, want)
	}
	d.Status, d.Version = "closed", 2
	m = m.Apply(domain.MatterUpdated{Origin: ref(2), Matter: d}, start)
	want.Status, want.ClosedDate = "Closed", ptr(time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC))
	if got := m.Draft([]domain.SmokeballID{sbC, sbF}); !reflect.DeepEqual(got, want) {
		t.Errorf("the closed draft is\n%+v, want\n%+v", got, want)
	}
}

func TestSmokeballStatus(t *testing.T) {
	for casehug, want := range map[string]string{"active": "Open", "pending": "Pending", "closed": "Closed"} {
		if got := domain.SmokeballStatus(casehug); got != want {
			t.Errorf("%s is %s, want %s", casehug, got, want)
		}
	}
}

// TestContactDraft holds the client to the field mappings of the setup guide.
func TestContactDraft(t *testing.T) {
	for name, c := range map[string]struct {
		client domain.ClientData
		want   domain.ContactDraft
	}{
		"a person": {maria(), domain.ContactDraft{ExternalID: "c_77", FirstName: "Maria", LastName: "Rivera",
			Email: "maria@example.com", Phone: "+1 312 555 0142"}},
		"a person without a first name": {domain.ClientData{ID: "c_1", LastName: "Rivera"}, domain.ContactDraft{ExternalID: "c_1", LastName: "Rivera"}},
		"a company": {domain.ClientData{ID: "c_2", FirstName: "Ann", CompanyName: "Oak Freight LLC", Email: "office@oak.example"},
			domain.ContactDraft{ExternalID: "c_2", CompanyName: "Oak Freight LLC", Email: "office@oak.example"}},
		"a company with a contact person": {domain.ClientData{ID: "c_3", FirstName: "Ann", LastName: "Oak", CompanyName: "Oak Freight LLC"},
			domain.ContactDraft{ExternalID: "c_3", CompanyName: "Oak Freight LLC"}},
	} {
		if got := c.client.ContactDraft(); got != c.want {
			t.Errorf("%s is sent as %+v, want %+v", name, got, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	closed, later := start, start.Add(time.Hour)
	for _, c := range []struct {
		name   string
		change func(*domain.MatterDraft)
		want   domain.MatterChange
	}{
		{"nothing", func(*domain.MatterDraft) {}, domain.MatterChange{}},
		{"the title", func(d *domain.MatterDraft) { d.Description = "Rivera v. Apex" }, domain.MatterChange{Description: ptr("Rivera v. Apex")}},
		{"the number", func(d *domain.MatterDraft) { d.Number = "CH-2" }, domain.MatterChange{Number: ptr("CH-2")}},
		{"a number that is taken away stays", func(d *domain.MatterDraft) { d.Number = "" }, domain.MatterChange{}},
		{"the status", func(d *domain.MatterDraft) { d.Status = "Pending" }, domain.MatterChange{Status: ptr("Pending")}},
		{"closing", func(d *domain.MatterDraft) { d.Status, d.ClosedDate = "Closed", &closed },
			domain.MatterChange{Status: ptr("Closed"), ClosedDate: &closed}},
		{"another opening date", func(d *domain.MatterDraft) { d.OpenedDate = &later }, domain.MatterChange{OpenedDate: &later}},
		{"a responsible person", func(d *domain.MatterDraft) { d.ResponsibleStaffID = "u_2" }, domain.MatterChange{ResponsibleStaffID: ptr("u_2")}},
		{"the clients", func(d *domain.MatterDraft) { d.ClientIDs = []domain.SmokeballID{sbC, sbF} },
			domain.MatterChange{ClientIDs: []domain.SmokeballID{sbC, sbF}}},
		{"the type, which cannot be changed", func(d *domain.MatterDraft) { d.MatterTypeID = "t_NY" }, domain.MatterChange{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := sent()
			c.change(&next)
			got := domain.Diff(sent(), next)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("the change is %+v, want %+v", got, c.want)
			}
			if got.Empty() != reflect.DeepEqual(got, domain.MatterChange{}) {
				t.Errorf("empty is %v of %+v", got.Empty(), got)
			}
		})
	}
	was, next := sent(), sent()
	was.ClosedDate, next.ClosedDate = &closed, ptr(closed.In(time.FixedZone("CET", 3600)))
	if got := domain.Diff(was, next); !got.Empty() {
		t.Errorf("the same moment elsewhere is the change %+v", got)
	}
	next.ClosedDate = &later
	if got := domain.Diff(was, next); got.ClosedDate == nil || !got.ClosedDate.Equal(later) {
		t.Errorf("another closing date is the change %+v", got)
	}
}

// TestShownBy tells that a change is shown where every value that it wrote is there,
// whatever people did to the others.
func TestShownBy(t *testing.T) {
	read := domain.SmokeballMatter{Number: "CH-2026-0142", Description: "Rivera v. Apex Freight", Status: "Open", ClientIDs: []domain.SmokeballID{"sb-2", "sb-1"}}
	all := domain.MatterChange{Number: ptr("CH-2026-0142"), Description: ptr("Rivera v. Apex Freight"), Status: ptr("Open"), ClientIDs: []domain.SmokeballID{"sb-1", "sb-2"}}
	for name, c := range map[string]struct {
		change func(*domain.SmokeballMatter)
		want   bool
	}{
		"all of it":      {func(*domain.SmokeballMatter) {}, true},
		"another title":  {func(m *domain.SmokeballMatter) { m.Description = "x" }, false},
		"another number": {func(m *domain.SmokeballMatter) { m.Number = "x" }, false},
		"another status": {func(m *domain.SmokeballMatter) { m.Status = "Closed" }, false},
		"fewer clients":  {func(m *domain.SmokeballMatter) { m.ClientIDs = m.ClientIDs[:1] }, false},
	} {
		m := read
		c.change(&m)
		if got := all.ShownBy(m); got != c.want {
			t.Errorf("%s: shown is %v, want %v", name, got, c.want)
		}
		status := domain.MatterChange{Status: ptr("Open")}
		if got := status.ShownBy(m); got != (m.Status == "Open") {
			t.Errorf("%s: the status alone is shown: %v", name, got)
		}
	}
}

func TestClients(t *testing.T) {
	d := rivera(1)
	d.OtherClients = []domain.ClientData{{ID: "c_78"}}
	if got := d.Clients(); len(got) != 2 || got[0].ID != clientA || got[1].ID != "c_78" {
		t.Errorf("the clients are %+v", got)
	}
}
