package syncing_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// caseload is the work of a few days: matters with their clients and documents.
type caseload struct {
	matters map[domain.MatterID]domain.MatterData // as they are at last
	papers  map[domain.DocumentID]domain.DocumentData
	events  []domain.CaseHugEvent // all that CaseHug publishes, matter by matter
}

// someClients are persons and companies, some without e-mail.
func someClients(n int) []domain.ClientData {
	var list []domain.ClientData
	for i := range n {
		c := domain.ClientData{ID: domain.ClientID(fmt.Sprintf("c_%d", i)), Version: 1, FirstName: "Ada", LastName: fmt.Sprint("Client", i),
			Email: fmt.Sprintf("client%d@example.com", i), Phone: fmt.Sprintf("+1 312 555 %04d", i)}
		switch i % 4 {
		case 2:
			c.FirstName, c.LastName, c.CompanyName = "", "", fmt.Sprintf("Company %d Inc", i)
		case 3:
			c.Email = ""
		}
		list = append(list, c)
	}
	return list
}

// newCaseload makes up n matters of fewer clients, drawn from r.
func (o *office) newCaseload(n int, r *rand.Rand) *caseload {
	p := &caseload{matters: map[domain.MatterID]domain.MatterData{}, papers: map[domain.DocumentID]domain.DocumentData{}}
	clients := someClients((2*n + 2) / 3)
	for i := range n {
		m := numbered(i, clients[r.IntN(len(clients))])
		if other := clients[r.IntN(len(clients))]; r.IntN(4) == 0 && other.ID != m.Client.ID {
			m.OtherClients = []domain.ClientData{other}
		}
		p.add(o, m, r)
	}
	return p
}

func (p *caseload) add(o *office, m domain.MatterData, r *rand.Rand) {
	p.events = append(p.events, created(m))
	for j := range 1 + r.IntN(2) {
		id := domain.DocumentID(fmt.Sprintf("d_%s_%d", m.ID, j))
		d := o.papers.write(m.ID, id, fmt.Sprintf("document %s: %d", id, r.Uint64()))
		p.papers[id] = d
		p.events = append(p.events, approved(d))
	}
	if r.IntN(2) == 0 {
		m.Version, m.Title, m.Status = 2, m.Title+", amended", "pending"
		p.events = append(p.events, updated(m))
	}
	p.matters[m.ID] = m
}

// requires requires the whole practice in Smokeball, each thing once, and no sync that failed
// or hangs.
func (p *caseload) wants(o *office) {
	o.Helper()
	p.wantsOnce(o)
	for id := range p.matters {
		for _, e := range o.entries(id) {
			if e.Status != domain.Succeeded && e.Status != domain.Skipped {
				o.Errorf("sync %s of %s is %s: %s", e.ID, id, e.Status, told(e.Error))
			}
		}
	}
}

// wantsOnce requires the whole practice in Smokeball, each thing once.
func (p *caseload) wantsOnce(o *office) {
	o.Helper()
	o.rest()
	settle()
	p.wantsMatters(o)
	p.wantsContacts(o)
	p.wantsFiles(o)
}

func (p *caseload) wantsMatters(o *office) {
	o.Helper()
	left := maps.Clone(p.matters)
	for _, m := range o.kept().Matters {
		want, ok := left[domain.MatterID(m.ExternalSystemID)]
		if !ok {
			o.Errorf("Smokeball has a matter too many: %s, %s", m.ExternalSystemID, m.Number)
		}
		if m.Description != want.Title || m.Status != domain.SmokeballStatus(want.Status) || len(m.ClientIDs) != len(want.Clients()) {
			o.Errorf("Smokeball has %+v, CaseHug %+v", m, want)
		}
		delete(left, want.ID)
	}
	for id := range left {
		o.Errorf("matter %s is not in Smokeball", id)
	}
}

func (p *caseload) wantsContacts(o *office) {
	o.Helper()
	left := map[string]bool{}
	for _, m := range p.matters {
		for _, c := range m.Clients() {
			left[string(c.ID)] = true
		}
	}
	for _, c := range o.kept().Contacts {
		if !left[c.ExternalSystemID] {
			o.Errorf("Smokeball has a contact too many: %s, %s", c.ExternalSystemID, c.Name)
		}
		delete(left, c.ExternalSystemID)
	}
	for id := range left {
		o.Errorf("client %s is not in Smokeball", id)
	}
}

func (p *caseload) wantsFiles(o *office) {
	o.Helper()
	left := maps.Clone(p.papers)
	for _, f := range o.kept().Files {
		id := domain.DocumentID(fmt.Sprint(f.AdditionalData[domain.FileDocumentKey]))
		d, ok := left[id]
		if !ok || f.IsDeleted || f.IsCancelled {
			o.Errorf("Smokeball has a file too many: %+v", f)
		}
		if f.SHA256 != d.SHA256 {
			o.Errorf("file %s has the bytes %q, want %q", f.Name, f.SHA256, d.SHA256)
		}
		delete(left, id)
	}
	if len(left) > 0 {
		o.Errorf("documents %v are not in Smokeball", slices.Collect(maps.Keys(left)))
	}
}
