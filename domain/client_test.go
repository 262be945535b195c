package domain_test

import (
	"fmt"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func mariaAt(version int) domain.ClientData {
	c := maria()
	c.Version = version
	return c
}

func clientUpdated(n, version int) domain.Event {
	return domain.ClientUpdated{Origin: ref(n), Client: mariaAt(version)}
}

func TestObserve(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   []domain.Event
		n       int
		version int
		then    []domain.Event
	}{
		{"the first word", nil, 1, 3, list(clientUpdated(1, 3))},
		{"a newer version", list(clientUpdated(1, 3)), 2, 4, list(clientUpdated(2, 4))},
		{"an older version", list(clientUpdated(1, 3)), 2, 2, list(domain.ClientOutdated{Origin: ref(2), Version: 2, Current: 3})},
		{"the same version", list(clientUpdated(1, 3)), 2, 3, list(domain.ClientOutdated{Origin: ref(2), Version: 3, Current: 3})},
		{"the same event", list(clientUpdated(1, 3)), 1, 3, nil},
		{"the same late event", list(clientUpdated(1, 3), domain.ClientOutdated{Origin: ref(2), Version: 2, Current: 3}), 2, 2, nil},
		{"no version, and nothing new", list(clientUpdated(1, 3)), 2, 0, list(domain.ClientOutdated{Origin: ref(2), Version: 0, Current: 3})},
		{"a version 0 when only a contact is known", list(domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-1"}), 1, 0, list(clientUpdated(1, 0))},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Client](c.given...).Observe(ref(c.n), mariaAt(c.version)), c.then...)
		})
	}
	moved := mariaAt(4)
	moved.Phone = "+1 312 555 0199"
	then(t, given[domain.Client](clientUpdated(1, 3)).Observe(ref(2), moved), domain.ClientUpdated{Origin: ref(2), Client: moved})
}

// TestObserveUncounted tells that news without a version count as the known one.
func TestObserveUncounted(t *testing.T) {
	moved := mariaAt(0)
	moved.Phone = "+1 312 555 0199"
	want := moved
	want.Version = 3
	then(t, given[domain.Client](clientUpdated(1, 3)).Observe(ref(2), moved), domain.ClientUpdated{Origin: ref(2), Client: want})
}

// TestLearn tells that what a matter says of its client counts for all its matters, where it
// is newer than what is known.
func TestLearn(t *testing.T) {
	told := func(version int) domain.Event { return domain.ClientUpdated{Client: mariaAt(version), Matter: matterA} }
	for _, c := range []struct {
		name    string
		given   []domain.Event
		version int
		then    []domain.Event
	}{
		{"the first word", nil, 2, list(told(2))},
		{"a newer version", list(clientUpdated(1, 1)), 2, list(told(2))},
		{"the same version", list(told(2)), 2, nil},
		{"an older version", list(clientUpdated(1, 3)), 2, nil},
		{"no version", list(clientUpdated(1, 3)), 0, nil},
		{"the first word, without a version", nil, 0, list(told(0))},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Client](c.given...).Learn(matterA, mariaAt(c.version)), c.then...)
		})
	}
	if got := given[domain.Client](told(2)).Newest(mariaAt(1)); got != mariaAt(2) {
		t.Errorf("the newest is version %d", got.Version)
	}
}

func TestHas(t *testing.T) {
	known := given[domain.Client](clientUpdated(1, 3))
	moved := mariaAt(0)
	moved.Phone = "+1 312 555 0199"
	for name, c := range map[string]struct {
		client domain.Client
		data   domain.ClientData
		want   bool
	}{
		"the same":                    {known, mariaAt(3), true},
		"the same without a version":  {known, mariaAt(0), true},
		"an older version":            {known, mariaAt(2), false},
		"other data, without version": {known, moved, false},
		"nothing known":               {given[domain.Client](), domain.ClientData{}, false},
	} {
		if got := c.client.Has(c.data); got != c.want {
			t.Errorf("%s: has is %v, want %v", name, got, c.want)
		}
	}
}

func TestNewest(t *testing.T) {
	known := given[domain.Client](clientUpdated(1, 3))
	for _, c := range []struct{ told, want int }{{1, 3}, {3, 3}, {4, 4}} {
		if got := known.Newest(mariaAt(c.told)).Version; got != c.want {
			t.Errorf("a matter tells version %d: the newest is %d, want %d", c.told, got, c.want)
		}
	}
	if got := given[domain.Client]().Newest(mariaAt(0)); got != mariaAt(0) {
		t.Errorf("nothing else is known: the newest is %+v", got)
	}
}

func TestLink(t *testing.T) {
	first := domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-1"}
	for _, c := range []struct {
		name string
		when domain.ClientLinked
		then []domain.Event
	}{
		{"the same again", first, nil},
		{"another matter", domain.ClientLinked{Matter: "m_2", Contact: sbC, Key: "key-1"}, list(domain.ClientLinked{Matter: "m_2", Contact: sbC, Key: "key-1"})},
		{"another contact", domain.ClientLinked{Matter: matterA, Contact: sbF, Key: "key-1"}, list(domain.ClientLinked{Matter: matterA, Contact: sbF, Key: "key-1"})},
		{"another key", domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-2"}, list(domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-2"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Client](first).Link(c.when), c.then...)
		})
	}
	then(t, given[domain.Client]().Link(first), first)
	m := given[domain.Client](first, domain.ClientLinked{Matter: "m_2", Contact: sbC, Key: "key-1"}, first)
	if len(m.Matters) != 2 || m.Matters[0] != matterA || m.Matters[1] != "m_2" {
		t.Errorf("the client's matters are %v, want %s and m_2", m.Matters, matterA)
	}
}

func TestClientName(t *testing.T) {
	for want, c := range map[string]domain.ClientData{
		"Maria Rivera": maria(),
		"Rivera":       {LastName: "Rivera"},
		"Maria":        {FirstName: "Maria"},
		"Oak Freight":  {CompanyName: "Oak Freight"},
		"Apex LLC":     {CompanyName: "Apex LLC", FirstName: "Ana", LastName: "Lopez"},
		"Lopez":        {CompanyName: " ", FirstName: " ", LastName: "Lopez "},
		"":             {},
	} {
		if got := c.Name(); got != want {
			t.Errorf("%+v is called %q, want %q", c, got, want)
		}
	}
}

// TestNamesOfAClient tells that the names which a client has carried are remembered, each once.
func TestNamesOfAClient(t *testing.T) {
	told := func(version int, last string) domain.Event {
		return domain.ClientUpdated{Client: domain.ClientData{ID: clientA, Version: version, FirstName: "Ana", LastName: last}}
	}
	c := given[domain.Client](told(1, "Lopez"), told(2, "Ruiz"), told(3, "LOPEZ"))
	if len(c.Names) != 2 || c.Names[0].Last != "Ruiz" || c.Names[1].Last != "LOPEZ" {
		t.Errorf("the names are %+v", c.Names)
	}
	for i := range 50 {
		c = c.Apply(told(4+i, fmt.Sprint("Lopez", i)), start)
	}
	if n := len(c.Names); n != 20 || c.Names[19].Last != "Lopez49" {
		t.Errorf("%d names are remembered, the last is %+v", n, c.Names[n-1])
	}
}

// TestTheDraftOfAClient tells what Smokeball is to have of a client.
func TestTheDraftOfAClient(t *testing.T) {
	for what, c := range map[string]struct {
		client domain.ClientData
		want   domain.ContactDraft
	}{
		"blanks are nothing":                           {domain.ClientData{FirstName: " ", LastName: " Lopez", Email: "dora@x.example ", Phone: "\t"}, domain.ContactDraft{LastName: "Lopez", Email: "dora@x.example"}},
		"a company with a contact person is a company": {domain.ClientData{CompanyName: "Apex LLC", FirstName: "Ana", LastName: "Lopez"}, domain.ContactDraft{CompanyName: "Apex LLC"}},
		"a blank company is none":                      {domain.ClientData{CompanyName: " ", LastName: "Lopez"}, domain.ContactDraft{LastName: "Lopez"}},
		"letters are sent composed":                    {domain.ClientData{LastName: "Nu\u0301n\u0303ez"}, domain.ContactDraft{LastName: "Núñez"}},
		"what is no e-mail address is not sent":        {domain.ClientData{LastName: "Lopez", Email: "n/a"}, domain.ContactDraft{LastName: "Lopez"}},
	} {
		if got := c.client.ContactDraft(); got != c.want {
			t.Errorf("%s: the draft is %+v, want %+v", what, got, c.want)
		}
	}
}

// TestOfEqualVersionsTheMattersClientCounts: only a newer one takes its place.
func TestOfEqualVersionsTheMattersClientCounts(t *testing.T) {
	c := domain.Client{}.Apply(domain.ClientUpdated{Client: domain.ClientData{ID: "c_1", Version: 3, LastName: "Rivera"}}, sampleTime)
	for version, want := range map[int]string{2: "Rivera", 3: "Ortega", 4: "Ortega"} {
		if got := c.Newest(domain.ClientData{ID: "c_1", Version: version, LastName: "Ortega"}); got.LastName != want {
			t.Errorf("beside version 3 version %d is %s, want %s", version, got.LastName, want)
		}
	}
}

// TestAClientIsIdentifiedAgainByWhoDecidedFromItsPresentKey, and by nobody who decided from another one.
func TestAClientIsIdentifiedAgainByWhoDecidedFromItsPresentKey(t *testing.T) {
	c := domain.Client{}.Apply(domain.ClientLinked{Matter: "m_1", Key: "k_1"}, sampleTime)
	for _, tt := range []struct {
		was, key domain.ContactKey
		events   int
	}{{"k_1", "k_2", 1}, {"k_1", "k_1", 0}, {"k_0", "k_2", 0}} {
		if got := c.Identify("m_1", tt.was, tt.key); len(got) != tt.events {
			t.Errorf("from %s to %s: %v", tt.was, tt.key, got)
		}
	}
}

// TestWhatWasSeenOfAContactGoesWithIt: to the contact that took its place as CaseHug knows it by now,
// and not to another one.
func TestWhatWasSeenOfAContactGoesWithIt(t *testing.T) {
	seen := domain.ClientSeen{Client: clientA, Contact: sbC, Values: domain.ContactValues{LastName: "Rivera"}, Ticks: 7, Writes: 2}
	link := func(to, followed domain.SmokeballID) domain.ClientLinked {
		return domain.ClientLinked{Matter: matterA, Contact: to, Key: "key-1", Followed: followed}
	}
	for name, c := range map[string]struct {
		to     domain.ClientLinked
		known  bool
		ticks  int64
		writes int
	}{
		"the same contact":                  {link(sbC, ""), true, 7, 2},
		"the one in its place":              {link(sbF, sbC), true, 0, 0},
		"another one":                       {link(sbF, ""), false, 0, 0},
		"the one in the place of a third":   {link(sbF, sbM), false, 0, 0},
		"no contact, to be looked for anew": {link("", ""), false, 0, 0},
	} {
		sight := given[domain.Client](clientUpdated(1, 1), link(sbC, ""), seen, c.to).Sight
		if (sight.Values != nil) != c.known || sight.Ticks != c.ticks || sight.Writes != c.writes {
			t.Errorf("%s: of it was seen %+v", name, sight)
		}
	}
}

// TestAClientThatBecameACompanyLeftAContact: only then, and only where a contact was left, a person should look.
func TestAClientThatBecameACompanyLeftAContact(t *testing.T) {
	link := func(to domain.SmokeballID) domain.Event {
		return domain.ClientLinked{Matter: matterA, Contact: to, Key: "key-1"}
	}
	company := domain.ClientUpdated{Origin: ref(2), Client: domain.ClientData{ID: clientA, Version: 2, CompanyName: "Rivera LLC"}}
	married := mariaAt(2)
	married.LastName = "Lopez"
	doubt := domain.Doubt{Code: domain.ContactKindChanged, Contact: sbC, Name: "Maria Rivera"}
	for name, c := range map[string]struct {
		given []domain.Event
		want  domain.Doubt
	}{
		"it left its contact":          {list(clientUpdated(1, 1), link(sbC), company, link("")), doubt},
		"it has a contact again":       {list(clientUpdated(1, 1), link(sbC), company, link(""), link(sbF)), domain.Doubt{}},
		"it keeps its contact":         {list(clientUpdated(1, 1), link(sbC), company), domain.Doubt{}},
		"it had none":                  {list(clientUpdated(1, 1), company), domain.Doubt{}},
		"it is still a person by then": {list(clientUpdated(1, 1), link(sbC), domain.ClientUpdated{Origin: ref(2), Client: married}, link("")), domain.Doubt{}},
	} {
		if got := given[domain.Client](c.given...).Turned(); got != c.want {
			t.Errorf("%s: the doubt is %+v", name, got)
		}
	}
}
