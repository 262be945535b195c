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
	for name, c := range map[string]struct {
		was, next domain.MatterDraft
		reopened  bool
	}{
		"closed, and open by now":                 {domain.MatterDraft{Status: "Closed"}, domain.MatterDraft{Status: "Open"}, true},
		"open with a closed date, and without it": {domain.MatterDraft{Status: "Open", ClosedDate: &closed}, domain.MatterDraft{Status: "Open"}, true},
		"closed, and it stays":                    {domain.MatterDraft{Status: "Closed", ClosedDate: &closed}, domain.MatterDraft{Status: "Closed"}, false},
		"open all along":                          {domain.MatterDraft{Status: "Open"}, domain.MatterDraft{Status: "Pending"}, false},
		"open, with a closed date by now":         {domain.MatterDraft{Status: "Closed"}, domain.MatterDraft{Status: "Open", ClosedDate: &later}, false},
	} {
		if got := domain.Diff(c.was, c.next).Reopened; got != c.reopened {
			t.Errorf("%s: opened again is %v", name, got)
		}
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

// TestWhatSmokeballKeeps although CaseHug no longer has it, with a warning of each.
func TestWhatSmokeballKeeps(t *testing.T) {
	opened, closed := start, start.Add(time.Hour)
	was := domain.MatterDraft{Number: "CH-1", OpenedDate: &opened, ClosedDate: &closed, Status: "Closed"}
	for name, c := range map[string]struct {
		was, next, want domain.MatterDraft
		warned          []domain.WarningCode
	}{
		"all goes, and it is closed": {was, domain.MatterDraft{Status: "Closed"}, was, []domain.WarningCode{domain.WarnNumberKept, domain.WarnOpenedKept, domain.WarnClosedKept}},
		"all goes, and it is open": {was, domain.MatterDraft{Status: "Open"}, domain.MatterDraft{Number: "CH-1", OpenedDate: &opened, Status: "Open"},
			[]domain.WarningCode{domain.WarnNumberKept, domain.WarnOpenedKept}},
		"nothing goes":       {was, was, was, nil},
		"nothing was there":  {domain.MatterDraft{Status: "Closed"}, domain.MatterDraft{Status: "Closed"}, domain.MatterDraft{Status: "Closed"}, nil},
		"other values come":  {was, domain.MatterDraft{Number: "CH-2", OpenedDate: &closed, ClosedDate: &opened, Status: "Closed"}, domain.MatterDraft{Number: "CH-2", OpenedDate: &closed, ClosedDate: &opened, Status: "Closed"}, nil},
		"values come at all": {domain.MatterDraft{Status: "Closed"}, was, was, nil},
	} {
		got, list := domain.Kept(c.was, c.next)
		var warned []domain.WarningCode
		for _, w := range list {
			warned = append(warned, w.Code)
		}
		if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(warned, c.warned) {
			t.Errorf("%s: kept is %+v, warned of are %q", name, got, warned)
		}
	}
}

// TestWhatAChangeCanDoWithout, by the values; the ones that are blank are none.
func TestWhatAChangeCanDoWithout(t *testing.T) {
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		change domain.MatterChange
		want   map[string]string
	}{
		{domain.MatterChange{}, map[string]string{}},
		{domain.MatterChange{Status: ptr("Open")}, map[string]string{}},
		{domain.MatterChange{ResponsibleStaffID: ptr("lee"), OpenedDate: &day, ClosedDate: &day, MatterTypeID: "t_2"},
			map[string]string{"responsible": "lee", "opened_at": "2026-11-02", "closed_at": "2026-11-02", "matter_type": "t_2"}},
		{domain.MatterChange{ResponsibleStaffID: ptr(""), Reopened: true}, map[string]string{"responsible": "none", "closed_at": "none"}},
	} {
		if got := c.change.OptionalFields(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v can do without %v", c.change, got)
		}
	}
}

// TestWhichFieldARefusalNames, in its title, its detail or its errors, in any case.
func TestWhichFieldARefusalNames(t *testing.T) {
	var none *domain.Refusal
	for _, c := range []struct {
		refusal *domain.Refusal
		field   string
		want    bool
	}{
		{none, "responsible", false},
		{&domain.Refusal{Detail: "PersonResponsibleStaffId is unknown"}, "responsible", true},
		{&domain.Refusal{Title: "Unknown STAFF"}, "responsible", true},
		{&domain.Refusal{Errors: []string{"x", "ClosedDate lies ahead"}}, "closed_at", true},
		{&domain.Refusal{Errors: []string{"ClosedDate lies ahead"}}, "opened_at", false},
		{&domain.Refusal{Detail: "Bad Request"}, "responsible", false},
	} {
		if got := c.refusal.Names(c.field); got != c.want {
			t.Errorf("%+v names %s: %v", c.refusal, c.field, got)
		}
	}
}

// TestHowAMatterThatWasThereDiffers: what CaseHug has, and Smokeball otherwise.
func TestHowAMatterThatWasThereDiffers(t *testing.T) {
	day, other := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	there := domain.SmokeballMatter{Description: "Rivera v. Apex", Status: "Open", MatterTypeID: "t_IL", OpenedDate: &day, ClosedDate: &day, ResponsibleStaffID: "lee", ClientIDs: []domain.SmokeballID{sbC, sbF}}
	same := domain.MatterDraft{Description: "RIVERA v. Apex", Status: "Open", MatterTypeID: "t_IL", OpenedDate: ptr(day.Add(time.Hour)), ClosedDate: &day, ResponsibleStaffID: "lee", ClientIDs: []domain.SmokeballID{sbC}}
	for name, c := range map[string]struct {
		change func(*domain.MatterDraft)
		want   []domain.FieldValue
	}{
		"the same":              {func(*domain.MatterDraft) {}, nil},
		"CaseHug has less":      {func(d *domain.MatterDraft) { d.OpenedDate, d.ClosedDate, d.ResponsibleStaffID = nil, nil, "" }, nil},
		"another name":          {func(d *domain.MatterDraft) { d.Description = "Rivera" }, []domain.FieldValue{{Field: "name", Value: "Rivera v. Apex"}}},
		"another status":        {func(d *domain.MatterDraft) { d.Status = "Closed" }, []domain.FieldValue{{Field: "status", Value: "Open"}}},
		"another type":          {func(d *domain.MatterDraft) { d.MatterTypeID = "t_NY" }, []domain.FieldValue{{Field: "matter type"}}},
		"opened another day":    {func(d *domain.MatterDraft) { d.OpenedDate = &other }, []domain.FieldValue{{Field: "opened date", Value: "2026-11-02"}}},
		"closed another day":    {func(d *domain.MatterDraft) { d.ClosedDate = &other }, []domain.FieldValue{{Field: "closed date", Value: "2026-11-02"}}},
		"another person":        {func(d *domain.MatterDraft) { d.ResponsibleStaffID = "kim" }, []domain.FieldValue{{Field: "responsible person"}}},
		"a client more":         {func(d *domain.MatterDraft) { d.ClientIDs = []domain.SmokeballID{sbC, sbM} }, []domain.FieldValue{{Field: "clients"}}},
		"no client in CaseHug?": {func(d *domain.MatterDraft) { d.ClientIDs = nil }, nil},
	} {
		d := same
		c.change(&d)
		if got := there.Differing(d); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: differing are %+v", name, got)
		}
	}
}

func TestCaseHugsWordForAStatus(t *testing.T) {
	for smokeball, want := range map[string]string{"Open": "active", "Pending": "pending", "Closed": "closed", "Deleted": "", "": ""} {
		if got := domain.CaseHugStatus(smokeball); got != want {
			t.Errorf("%q is %q, want %q", smokeball, got, want)
		}
	}
	for status, gone := range map[string]bool{"Deleted": true, "Cancelled": true, "Closed": false, "": false} {
		if got := (domain.SmokeballMatter{Status: status}).Gone(); got != gone {
			t.Errorf("a matter that is %q is gone: %v", status, got)
		}
	}
}
