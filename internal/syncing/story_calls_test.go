package syncing_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// costs counts the calls of Smokeball's API that something takes until nothing is left to do.
func (o *office) costs(what string, want int, do func()) {
	o.Helper()
	before := o.sim.Counts()
	do()
	o.rest()
	after := o.sim.Counts()
	if made := after.Calls() - before.Calls(); made != want {
		routes := after.ByRoute
		maps.DeleteFunc(routes, func(r string, n int) bool { return n == before.ByRoute[r] })
		o.Errorf("%s takes %d calls, want %d: %v, before %v", what, made, want, routes, before.ByRoute)
	}
}

// papersOf are so many approved documents of a matter, from a number on.
func (o *office) papersOf(m domain.MatterID, first, n int) (list []domain.CaseHugEvent) {
	for i := range n {
		list = append(list, approved(o.papers.write(m, domain.DocumentID(fmt.Sprint("d_", first+i)), fmt.Sprint("page ", first+i))))
	}
	return list
}

// TestWhatASyncCosts: where webhooks tell what became of a call, nothing is read to confirm it.
func TestWhatASyncCosts(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}, func(o *office) {
		o.hooks()
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		o.tell(created(numbered(1, maria())))
		o.rest() // the matter types are cached now
		client := maria()
		client.ID, client.Email, client.LastName = "c_new", "new@example.com", "Newman"
		o.costs("a new matter with a new client", 4, func() { o.tell(created(numbered(2, client))) })
		o.costs("a new matter with a known client", 2, func() { o.tell(created(numbered(3, client))) })
		o.costs("a change", 1, func() {
			o.tell(updated(accident(func(m *domain.MatterData) { *m = numbered(3, client); m.Version, m.Title = 2, "Another title" })))
		})
		o.costs("a document", 1, func() { o.tell(o.papersOf("m_3", 1, 1)...) })
		o.costs("ten documents of one matter", 10, func() { o.tell(o.papersOf("m_3", 2, 10)...) })
		if n := len(o.kept().Files); n != 11 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}

// TestOneReadConfirmsAllFilesOfAMatter: a webhook that names only the matter, or none, leaves one
// list of the files to be read.
func TestOneReadConfirmsAllFilesOfAMatter(t *testing.T) {
	t.Parallel()
	for name, tells := range map[string]bool{"webhooks name the matter": true, "no webhook comes": false} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.hooks()
				o.tell(created(numbered(1, maria())), o.papersOf("m_1", 0, 1)[0])
				o.ends("m_1", domain.Succeeded)
				o.fault(smokeballsim.Fault{Route: "files.updated", Kind: smokeballsim.Drop})
				o.costs("ten documents", 11, func() {
					o.tell(o.papersOf("m_1", 1, 10)...)
					if tells {
						o.until("all are sent", func() bool { return o.calls(putBytes) == 11 })
						time.Sleep(1600 * time.Millisecond) // by then Smokeball shows them all, and nothing was read yet
						o.cursors("m_1")
					}
				})
				o.confirmedAll("m_1", 11)
			})
		})
	}
}

// confirmedAll requires so many documents of a matter, all confirmed. A document that came while a sync was
// at work has gone with it, and the sync that it asked for is skipped.
func (o *office) confirmedAll(id domain.MatterID, n int) {
	o.Helper()
	o.rest()
	m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, id))
	o.must(err)
	if len(m.Documents) != n || slices.ContainsFunc(m.Documents, func(d domain.Document) bool { return !d.Confirmed }) {
		o.Errorf("%d documents, not all of them confirmed\n%s", len(m.Documents), o.dump())
	}
	if e := o.newest(id); e.Status != domain.Succeeded && e.Status != domain.Skipped {
		o.Errorf("the newest sync is %s\n%s", e.Status, o.dump())
	}
}

// cursors delivers, for each file that is sent and not confirmed, a webhook which names only the
// matter, with a cursor for its list of files.
func (o *office) cursors(id domain.MatterID) {
	o.Helper()
	m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, id))
	o.must(err)
	for i, d := range m.Documents {
		if !d.Confirmed {
			o.must(o.webhooks.Receive(o.Context(), oak, domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: fmt.Sprint("cursor-", i)},
				Type: "files.updated", Source: "API", Resource: m.Smokeball.ID, Request: d.Request}))
		}
	}
}

// TestAWebhookConfirmsNoFileThatItDoesNotShow: one that only names the file, says that it has no
// bytes or other ones, or came under another request, is a reason to look and no proof.
func TestAWebhookConfirmsNoFileThatItDoesNotShow(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(*domain.SmokeballWebhookReceived){
		"it names the file only":        func(w *domain.SmokeballWebhookReceived) { w.Uploaded = false },
		"it tells of other bytes":       func(w *domain.SmokeballWebhookReceived) { w.Size++ },
		"it came under another request": func(w *domain.SmokeballWebhookReceived) { w.Request = "r-other" },
		"it came under none":            func(w *domain.SmokeballWebhookReceived) { w.Request = "" },
	} {
		t.Run(name, func(t *testing.T) {
			slowly(t, smokeballsim.Delay{Min: time.Minute, Max: time.Minute}, func(o *office) {
				o.hooks()
				o.tell(created(numbered(1, maria())), o.papersOf("m_1", 0, 1)[0])
				o.until("its bytes are sent", func() bool {
					m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_1"))
					return err == nil && len(m.Documents) == 1 && m.Documents[0].Uploaded
				})
				m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_1"))
				o.must(err)
				d := m.Documents[0]
				w := domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: "forged"}, Type: "files.updated", Source: "API", Resource: d.File,
					Request: d.Request, Uploaded: true, Size: d.Size}
				tell(&w)
				o.must(o.webhooks.Receive(o.Context(), oak, w))
				time.Sleep(10 * time.Second)
				if m, _, err = eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_1")); err != nil || m.Documents[0].Confirmed {
					t.Errorf("it is confirmed, before Smokeball shows it (%v)", err)
				}
				o.ends("m_1", domain.Succeeded)
			})
		})
	}
}

// TestContactsThatSyncsMadeAreReadTogether: what the read after a write shows is known within
// seconds, and costs hardly more than the syncs themselves.
func TestContactsThatSyncsMadeAreReadTogether(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}, func(o *office) {
		const n = 50
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		o.tell(created(numbered(1, maria())))
		o.rest()
		o.readAll()
		before := o.sim.Counts().Calls()
		for i := range n {
			c := maria()
			c.ID, c.Email, c.LastName = domain.ClientID(fmt.Sprint("c_", i)), fmt.Sprintf("client%d@example.com", i), fmt.Sprint("Rivera ", i)
			o.tell(created(numbered(2+i, c)))
		}
		o.rest()
		o.readAll()
		if made := o.sim.Counts().Calls() - before; made > 4*n*102/100 {
			t.Errorf("%d new matters with new clients take %d calls: %v", n, made, o.sim.Counts().ByRoute)
		}
	})
}
