package domain_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAListOfErasuresFitsItsSignature: whatever a list says is signed; a list without a signature fits nothing.
func TestAListOfErasuresFitsItsSignature(t *testing.T) {
	name := func(text string) (string, error) { return "signed " + text, nil }
	listed := func() domain.ErasureList {
		s := domain.EraseSubject{Client: "c_1"}
		return domain.ErasureList{Made: start, Position: 7, Entries: []domain.ErasureEntry{{Firm: "f_1", ID: domain.EraseIDOf("f_1", s),
			Erasure: domain.Erasure{Subject: s, By: "u_1", At: start, Done: map[domain.EraseStep]time.Time{domain.EraseTraces: start},
				Found: &domain.EraseFound{Matters: []domain.MatterID{"m_1"}, Clients: []domain.ClientID{"c_1"}, Streams: []string{"s"}, Resources: []domain.SmokeballID{"r"}}}}}}
	}
	signed, err := listed().Sign(name)
	if err != nil {
		t.Fatal(err)
	}
	if fits, err := signed.Fits(name); err != nil || !fits {
		t.Fatalf("the list as it was signed fits: %t, %v", fits, err)
	}
	for what, change := range map[string]func(*domain.ErasureList){
		"the time": func(l *domain.ErasureList) { l.Made = start.Add(1) }, "the position": func(l *domain.ErasureList) { l.Position++ },
		"an entry that is gone": func(l *domain.ErasureList) { l.Entries = nil }, "the signature": func(l *domain.ErasureList) { l.Signature = "" },
		"the firm":   func(l *domain.ErasureList) { l.Entries[0].Firm = "f_2" },
		"the id":     func(l *domain.ErasureList) { l.Entries[0].ID = "er_1" },
		"subject":    func(l *domain.ErasureList) { l.Entries[0].Subject.Client = "c_2" },
		"who asked":  func(l *domain.ErasureList) { l.Entries[0].By = "u_2" },
		"when":       func(l *domain.ErasureList) { l.Entries[0].At = start.Add(1) },
		"the end":    func(l *domain.ErasureList) { l.Entries[0].Done = nil },
		"a matter":   func(l *domain.ErasureList) { l.Entries[0].Found.Matters = nil },
		"a client":   func(l *domain.ErasureList) { l.Entries[0].Found.Clients[0] = "c_2" },
		"a stream":   func(l *domain.ErasureList) { l.Entries[0].Found.Streams = nil },
		"a resource": func(l *domain.ErasureList) { l.Entries[0].Found.Resources = nil },
	} {
		l := listed()
		l.Signature = signed.Signature
		change(&l)
		if fits, err := l.Fits(name); err != nil || fits {
			t.Errorf("with another %s it fits: %t, %v", what, fits, err)
		}
	}
	if fits, err := signed.Fits(func(string) (string, error) { return signed.Signature, errors.New("broken") }); err == nil || fits {
		t.Errorf("with a broken key the list fits: %t, %v", fits, err)
	}
}

// TestListsOfErasuresAreCompared: a list lacks what another has under another firm or id, and says the same
// as one that was made at another time.
func TestListsOfErasuresAreCompared(t *testing.T) {
	entry := func(f domain.FirmID, m domain.MatterID) domain.ErasureEntry {
		s := domain.EraseSubject{Matter: m}
		return domain.ErasureEntry{Firm: f, ID: domain.EraseIDOf(f, s), Erasure: domain.Erasure{Subject: s, By: "u_1", At: start, Found: &domain.EraseFound{Matters: []domain.MatterID{m}}}}
	}
	of := func(entries ...domain.ErasureEntry) domain.ErasureList {
		return domain.ErasureList{Made: start, Position: 7, Entries: entries}
	}
	one, two, other := entry("f_1", "m_1"), entry("f_1", "m_2"), entry("f_2", "m_1")
	done := one
	done.Done = map[domain.EraseStep]time.Time{domain.EraseTraces: start}
	sameID := one
	sameID.Firm = "f_2"
	for name, c := range map[string]struct {
		list, other domain.ErasureList
		lacks       []domain.ErasureEntry
		same        bool
	}{
		"the same list":                     {of(one, two), of(one, two), nil, true},
		"none at all":                       {of(), of(), nil, true},
		"a list that has more":              {of(one, two), of(one), nil, false},
		"a list that has less":              {of(one), of(one, two, other), []domain.ErasureEntry{two, other}, false},
		"an erasure that is done meanwhile": {of(done), of(one), nil, false},
		"an id of another firm":             {of(one), of(sameID), []domain.ErasureEntry{sameID}, false},
	} {
		later := c.list
		later.Made, later.Position, later.Signature = start.Add(time.Hour), 9, "s"
		if got := later.Lacking(c.other); !reflect.DeepEqual(got, c.lacks) {
			t.Errorf("%s lacks %v, want %v", name, got, c.lacks)
		}
		if later.SaysAs(c.other) != c.same {
			t.Errorf("%s says the same: %t", name, !c.same)
		}
	}
}
