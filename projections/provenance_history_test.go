package projections_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// history makes up what happens to a matter with two clients, and to another matter of the first one.
type history struct {
	*rapid.T
	test *testing.T
	*ledger
	matter, other domain.MatterData
	clients       map[domain.ClientID]domain.ClientData // what CaseHug's newest event about each said
	there         domain.Matter
	contact       domain.Contact
	n             int
}

// randomHistory is a ledger of what may have happened, in an order that decisions allow.
func randomHistory(rt *rapid.T, t *testing.T) *ledger {
	h := &history{T: rt, test: t, ledger: newLedger(), matter: rivera(1), other: rivera(1), clients: map[domain.ClientID]domain.ClientData{}}
	h.matter.OtherClients = []domain.ClientData{{ID: "c_88", Version: 1, CompanyName: "Apex LLC", Email: "apex@example.com"}}
	h.other.ID, h.other.Version = "m_2", 0
	h.learn(h.matter)
	h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterCreated{Origin: h.ref(), Matter: h.matter})
	steps := []func(){h.creates, h.changes, h.changes, h.sees, h.sees, h.confirms, h.confirms, h.updates, h.updatesClient, h.updatesOther, h.creates, h.changes, h.confirms, h.refuses, h.sees, h.seesClient, h.decides, h.writesContact, h.unlinks, h.links}
	for range rapid.IntRange(0, 60).Draw(rt, "steps") {
		steps[rapid.IntRange(0, len(steps)-1).Draw(rt, "step")]()
	}
	return h.ledger
}

func (h *history) ref() domain.EventRef { h.n++; return ref(fmt.Sprintf("e-%d", h.n)) }

func (h *history) request() domain.RequestID {
	h.n++
	return domain.RequestID(fmt.Sprintf("r-%d", h.n))
}

func (h *history) in(s domain.Stream, e domain.Event) {
	h.tell(h.test, s, e)
	at := h.events[len(h.events)-1].At
	switch {
	case s == domain.MatterStream(oak, matterOfMaria):
		h.there = h.there.Apply(e, at)
	case s.Kind == domain.KindContact:
		h.contact = h.contact.Apply(e, at)
	}
}

func (h *history) word(what string) string {
	return rapid.SampledFrom([]string{"Ash", "Birch", "Cedar", "Elm"}).Draw(h.T, what)
}

func (h *history) phone() string {
	return rapid.SampledFrom([]string{"", "+1 312 555 0101", "+1 312 555 0102"}).Draw(h.T, "phone")
}

// learn tells of the clients of a matter, where that is newer.
func (h *history) learn(m domain.MatterData) {
	for _, d := range m.Clients() {
		if was, ok := h.clients[d.ID]; !ok || d.Version > was.Version {
			h.clients[d.ID] = d
			h.in(domain.ClientStream(oak, d.ID), domain.ClientUpdated{Client: d, Matter: m.ID})
		}
	}
}

// newer is a client with other values, perhaps under a newer version.
func (h *history) newer(d domain.ClientData) domain.ClientData {
	d.LastName, d.Phone = h.word("last name"), h.phone()
	d.Version = h.clients[d.ID].Version + rapid.IntRange(0, 1).Draw(h.T, "newer")
	return d
}

func (h *history) updates() {
	h.matter.Version++
	h.matter.Title, h.matter.Status = h.word("title"), rapid.SampledFrom([]string{"active", "pending", "closed"}).Draw(h.T, "status")
	if rapid.Bool().Draw(h.T, "client") {
		h.matter.Client = h.newer(h.matter.Client)
	}
	h.learn(h.matter)
	h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterUpdated{Origin: h.ref(), Matter: h.matter})
}

func (h *history) updatesClient() {
	id := rapid.SampledFrom([]domain.ClientID{"c_77", "c_88"}).Draw(h.T, "which")
	d := h.clients[id]
	d.Version, d.Phone = d.Version+1, h.phone()
	h.clients[id] = d
	h.in(domain.ClientStream(oak, id), domain.ClientUpdated{Origin: h.ref(), Client: d})
}

func (h *history) updatesOther() {
	h.other.Version++
	h.other.Client = h.newer(h.other.Client)
	h.in(domain.MatterStream(oak, "m_2"), domain.MatterUpdated{Origin: h.ref(), Matter: h.other})
	h.learn(h.other)
}

func (h *history) creates() {
	if h.there.Smokeball.ID == "" {
		r, d := h.request(), h.there.Draft([]domain.SmokeballID{sbContact})
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterCreationStarted{Request: r, Sent: d})
		if rapid.Bool().Draw(h.T, "answered") {
			h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterAccepted{Matter: sbMatter, Request: r, Sent: d})
		}
	}
}

func (h *history) links() {
	if h.there.Smokeball.ID == "" {
		d := h.there.Draft([]domain.SmokeballID{sbContact})
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterLinked{Matter: sbMatter, How: rapid.SampledFrom([]domain.Linking{domain.LinkedByID, domain.LinkedByNumber}).Draw(h.T, "how"), Known: d})
	}
}

func (h *history) changes() {
	if l := h.there.Smokeball; l.ID != "" {
		sent, name := l.Sent, h.there.Data.Title
		sent.Description = name
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterChangeAccepted{Matter: sbMatter, Request: h.request(), Change: domain.MatterChange{Description: &name}, Sent: sent})
	}
}

func (h *history) confirms() {
	if l := h.there.Smokeball; l.ID != "" && !l.Confirmed {
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterConfirmed{Matter: sbMatter, By: domain.ByWebhook, Request: l.Request})
	}
}

func (h *history) refuses() {
	if l := h.there.Smokeball; l.ID != "" && !l.Confirmed && l.Before != nil {
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterChangeRefused{Request: l.Request})
	}
}

func (h *history) sees() {
	l := h.there.Smokeball
	if l.ID == "" {
		return
	}
	v := l.Sent.Values()
	if rapid.Bool().Draw(h.T, "people") {
		v.Description, v.Number = h.word("shown"), h.word("number")
	}
	facts, err := h.there.See(l.There.Moves, domain.MatterSeen{Matter: sbMatter, Values: v, By: domain.ByRead, ChangedAt: start})
	if err != nil {
		h.Fatal(err)
	}
	for _, e := range facts {
		h.in(domain.MatterStream(oak, matterOfMaria), e)
	}
}

func (h *history) decides() {
	for _, d := range h.there.Differences() {
		facts, err := h.there.Accept(d.Field, nil, domain.User{Subject: "u_1"})
		if err != nil {
			h.Fatal(err)
		}
		for _, e := range facts {
			h.in(domain.MatterStream(oak, matterOfMaria), e)
		}
	}
}

func (h *history) writesContact() {
	s, d := domain.ContactStream(oak, "k_1"), h.clients["c_77"].ContactDraft()
	if h.contact.ID == "" {
		h.in(domain.ClientStream(oak, "c_77"), domain.ClientLinked{Matter: matterOfMaria, Contact: sbContact, Key: "k_1"})
		h.in(s, domain.ContactAccepted{Contact: sbContact, Client: "c_77", Request: h.request(), Sent: d})
		return
	}
	was := h.contact.Written("c_77")
	if change := d.ChangeFrom(was); change != (domain.ContactChange{}) && h.contact.Settled() {
		h.in(s, domain.ContactChangeAccepted{Client: "c_77", Request: h.request(), Sent: d, Change: change, Was: was})
		return
	}
	for _, e := range h.contact.Confirm(sbContact, domain.ByRead) {
		h.in(s, e)
	}
}

func (h *history) seesClient() {
	if h.contact.ID != "" {
		h.in(domain.ClientStream(oak, "c_77"), domain.ClientSeen{Client: "c_77", Contact: sbContact, By: domain.ByRead,
			Values: domain.ContactValues{FirstName: "Maria", LastName: h.word("seen"), Phone: h.phone()}})
	}
}

func (h *history) unlinks() {
	if l := h.there.Smokeball; l.ID != "" && l.Confirmed {
		h.in(domain.MatterStream(oak, matterOfMaria), domain.MatterUnlinked{Matter: sbMatter, Reason: domain.UnlinkedByPerson, By: "u_1"})
	}
}
