package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAnIDStandsForOneEvent gives an event's id to others.
func TestAnIDStandsForOneEvent(t *testing.T) {
	says := func(digest string, e domain.CaseHugEvent) domain.CaseHugEvent {
		e.Digest = digest
		return e
	}
	client := casehug(1, domain.TypeClientUpdated)
	client.Client = &domain.ClientData{ID: clientA}
	first := says("aa", createdEvent(1, 1))
	taken := domain.EventTakenIn{Origin: first.Origin, Type: domain.TypeMatterCreated, Matter: matterA, Digest: "aa"}
	ofClient := domain.EventTakenIn{Origin: first.Origin, Type: domain.TypeClientUpdated, Client: clientA, Digest: "cc"}
	ofDocument := domain.EventTakenIn{Origin: first.Origin, Type: domain.TypeDocumentApproved, Matter: matterA, Digest: "dd"}
	for _, c := range []struct {
		name  string
		given []domain.Event
		when  domain.CaseHugEvent
		want  []domain.Event
		was   string // by which event its id was used
	}{
		{"the first", nil, first, list(taken), ""},
		{"the first about a client", nil, says("cc", client), list(ofClient), ""},
		{"the first about a document", nil, says("dd", approvedEvent(1, retainer())), list(ofDocument), ""},
		{"the same again", list(taken), first, nil, ""},
		{"another version of it", list(taken), says("bb", createdEvent(1, 2)), nil, "com.casehug.matter.created of matter m_1001"},
		{"another kind", list(taken), says("cc", client), nil, "com.casehug.matter.created of matter m_1001"},
		{"after a client's", list(ofClient), first, nil, "com.casehug.client.updated of client c_77"},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Taken](c.given...).Take(c.when)
			then(t, facts, c.want...)
			var unfit *domain.Unprocessable
			if errors.As(err, &unfit) != (c.was != "") {
				t.Fatalf("answered by %v", err)
			}
			if c.was != "" && (unfit.Code != domain.CodeEventIDUsed || unfit.Faults[0].Field != "/id" || !strings.Contains(unfit.Faults[0].Reason, c.was)) {
				t.Errorf("refused as %s: %+v, want %q in it", unfit.Code, unfit.Faults, c.was)
			}
		})
	}
	if text := domain.UnprocessableRemedy(domain.CodeEventIDUsed); !strings.Contains(text, "under an id of its own") {
		t.Errorf("the remedy is %q", text)
	}
}

// TestEventStreams keeps the identities of firms, sources and ids apart.
func TestEventStreams(t *testing.T) {
	seen := map[domain.Stream]bool{}
	for _, f := range []domain.FirmID{"f_1", "f_2"} {
		for _, e := range []domain.EventRef{{Source: "/a", ID: "1"}, {Source: "/a", ID: "2"}, {Source: "/a1", ID: ""}, {Source: "/b", ID: "1"}} {
			s := domain.EventStream(f, e)
			if _, err := domain.ParseStream(s.String()); err != nil || seen[s] || s.Firm != f {
				t.Errorf("%+v of %s has stream %s, %v", e, f, s, err)
			}
			seen[s] = true
		}
	}
}
