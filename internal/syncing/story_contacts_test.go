package syncing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// sends syncs a matter by its first document and waits for the end.
func (o *office) sends(m domain.MatterData) {
	o.Helper()
	o.tell(created(m), approved(o.papers.write(m.ID, domain.DocumentID("d_of_"+m.ID), "paper of "+string(m.ID))))
	o.ends(m.ID, domain.Succeeded)
}

func (o *office) person(body string) string {
	o.Helper()
	id, err := o.sim.AddContact(oakAccount, []byte(body))
	o.must(err)
	return id
}

func TestAContactIsFoundByEmailWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		known := o.person(`{"person":{"firstName":"MARIA","lastName":"rivera","email":"MARIA@Example.com","phone":{"number":"555-9999"}}}`)
		o.sends(accident())
		if n := len(o.kept().Contacts); n != 1 {
			t.Fatalf("Smokeball has %d contacts", n)
		}
		if got := o.one().ClientIDs; !slices.Equal(got, []string{known}) {
			t.Errorf("the matter's clients are %v", got)
		}
		if got := o.kept().Contacts[0].Name; !strings.Contains(got, "rivera") || o.calls(writeContact) != 0 {
			t.Errorf("a matched contact was written: %q", got)
		}
		if !slices.Contains(steps(o.newest("m_accident")), "contact matched") {
			t.Errorf("the steps are %q", steps(o.newest("m_accident")))
		}
	})
}

func TestOfSeveralContactsTheOneOfTheNameIsTaken(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.person(`{"person":{"firstName":"Tom","lastName":"Rivera","email":"maria@example.com"}}`)
		hers := o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
		o.sends(accident())
		e := o.newest("m_accident")
		if !slices.Equal(o.one().ClientIDs, []string{hers}) || !slices.Contains(codes(e), "contact_ambiguous") {
			t.Errorf("the clients are %v, want %s; the warnings %+v", o.one().ClientIDs, hers, e.Warnings)
		}
	})
}

func TestACompanyIsACompany(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident(func(m *domain.MatterData) {
			m.Client = domain.ClientData{ID: "c_apex", Version: 1, CompanyName: "Apex Freight Inc", Email: "legal@apex.example"}
		}))
		if c := o.kept().Contacts; len(c) != 1 || c[0].Kind != "Organisation" || c[0].Name != "Apex Freight Inc" {
			t.Errorf("the contacts are %+v", c)
		}
	})
}

func TestAClientWithoutEmailIsOneContactAllTheSame(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		nameless := maria()
		nameless.Email = ""
		o.sends(numbered(1, nameless))
		o.sends(numbered(2, nameless))
		if n := len(o.kept().Contacts); n != 1 {
			t.Errorf("Smokeball has %d contacts", n)
		}
	})
}

func TestMattersOfOneNewClientShareItsContact(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 50} {
		story(t, func(o *office) {
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			for i := range n {
				o.tell(created(numbered(i, maria())))
			}
			o.rest()
			s := o.kept()
			if len(s.Contacts) != 1 || len(s.Matters) != n || o.calls(makeContact) != 1 {
				t.Errorf("of %d matters at once Smokeball has %d, and %d contacts", n, len(s.Matters), len(s.Contacts))
			}
			if n := o.sim.Counts().TooMany; n > 0 {
				t.Errorf("%d calls went over the allowance", n)
			}
		})
	}
}

func TestAClientsUpdateFollowsItsSwitch(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, maria()))
		o.sends(numbered(2, maria()))
		moved := maria()
		moved.Version, moved.Phone = 2, "+1 312 555 7777"
		o.tell(clientUpdated(moved))
		o.rest()
		if n := o.calls(writeContact); n != 0 {
			t.Fatalf("with the switch off the contact was written %d times", n)
		}
		o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
		moved.Version, moved.Email = 3, "maria@rivera.example"
		o.tell(clientUpdated(moved), clientUpdated(moved))
		o.rest()
		settle()
		c := o.kept().Contacts
		if len(c) != 1 || c[0].Email != "maria@rivera.example" || !slices.ContainsFunc(c[0].Phones, func(p string) bool { return strings.HasSuffix(p, "7777") }) {
			t.Errorf("the contacts are %+v", c)
		}
		if n := o.calls(writeContact); n != 1 {
			t.Errorf("the contact was written %d times", n)
		}
		for _, m := range []domain.MatterID{"m_1", "m_2"} {
			if e := o.newest(m); e.Trigger != domain.TriggerClientUpdated || !e.Status.Ended() || e.Error != nil {
				t.Errorf("the newest sync of %s is %+v", m, e)
			}
		}
	})
}

// reaches reports whether some contact that is not deleted has a phone which ends so.
func (o *office) reaches(end string) bool {
	return slices.ContainsFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool {
		return !c.IsDeleted && slices.ContainsFunc(c.Phones, func(p string) bool { return strings.HasSuffix(p, end) })
	})
}

// TestAnOlderVersionOfAClientWritesNothing tells that a matter which was made with an older
// version of its client does not undo what a newer matter told, whichever is at work first.
func TestAnOlderVersionOfAClientWritesNothing(t *testing.T) {
	t.Parallel()
	newer := maria()
	newer.Version, newer.Phone = 2, "+1 312 555 7777"
	paper := func(o *office, m domain.MatterID, id domain.DocumentID) domain.CaseHugEvent {
		return approved(o.papers.write(m, id, "paper "+string(id)))
	}
	for name, tell := range map[string]func(*office){
		"one after the other": func(o *office) {
			o.sends(numbered(1, maria()))
			o.sends(numbered(2, newer))
		},
		"at once": func(o *office) {
			o.tell(created(numbered(1, maria())), created(numbered(2, newer)), paper(o, "m_1", "d_1"), paper(o, "m_2", "d_2"))
		},
		"the newer one first": func(o *office) {
			o.sends(numbered(2, newer))
			o.sends(numbered(1, maria()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				tell(o)
				o.rest()
				o.tell(paper(o, "m_1", "d_last"))
				o.ends("m_1", domain.Succeeded)
				settle()
				if len(o.kept().Contacts) != 1 || !o.reaches("7777") || o.reaches("0142") {
					t.Errorf("the contacts are %+v", o.kept().Contacts)
				}
			})
		})
	}
}

// TestNewsForAContactThatWasMergedArrives tells that what CaseHug changed of a client reaches
// the contact that is left after people merged two in Smokeball; the rest of it stays.
func TestNewsForAContactThatWasMergedArrives(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{true, false} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
			o.sends(accident())
			gone := o.kept().Contacts[0].ID
			left := o.person(`{"person":{"firstName":"Maria J","lastName":"Rivera","email":"maria@example.com","phone":{"number":"+1 312 555 0142"}}}`)
			o.must(o.sim.EditContact(gone, []byte(`{"isDeleted":true}`)))
			settle()
			newer := maria()
			newer.Version, newer.Phone = 2, "+1 312 555 7777"
			o.tell(clientUpdated(newer))
			o.ends("m_accident", domain.Succeeded)
			settle()
			if !o.reaches("7777") || !slices.ContainsFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool { return c.ID == left && c.Name == "Maria J Rivera" }) {
				t.Errorf("hooked %v: the contacts are %+v", hooked, o.kept().Contacts)
			}
			if got := o.one().ClientIDs; !slices.Equal(got, []string{left}) {
				t.Errorf("hooked %v: the matter's clients are %v, want %s", hooked, got, left)
			}
		})
	}
}

func TestAPersonsEditOfAContactStays(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
		o.sends(accident())
		o.must(o.sim.EditContact(o.kept().Contacts[0].ID, []byte(`{"person":{"lastName":"Rivera-Stone"}}`)))
		moved := maria()
		moved.Version, moved.Phone = 2, "+1 312 555 7777"
		o.tell(clientUpdated(moved))
		o.rest()
		settle()
		c := o.kept().Contacts[0]
		if !strings.Contains(c.Name, "Rivera-Stone") || !slices.ContainsFunc(c.Phones, func(p string) bool { return strings.HasSuffix(p, "7777") }) {
			t.Errorf("the contact is %+v", c)
		}
	})
}

// TestAnAnswerThatWasLostKeepsLaterNews tells that what CaseHug says of a client while
// its creation is in doubt reaches Smokeball, and makes no second contact.
func TestAnAnswerThatWasLostKeepsLaterNews(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*domain.ClientData){
		"phone":  func(c *domain.ClientData) { c.Phone = "+1 312 555 7777" },
		"e-mail": func(c *domain.ClientData) { c.Email = "maria@rivera.example" },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
				o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.LoseReply, Count: 1})
				o.tell(created(accident()), o.retainer())
				o.until("the answer is lost", func() bool { return o.newest("m_accident").Status == domain.Waiting })
				moved := maria()
				moved.Version = 2
				change(&moved)
				o.tell(clientUpdated(moved))
				o.ends("m_accident", domain.Succeeded)
				settle()
				c := o.kept().Contacts
				if len(c) != 1 || c[0].Email != moved.Email || !slices.ContainsFunc(c[0].Phones, func(p string) bool { return strings.HasSuffix(p, moved.Phone[len(moved.Phone)-4:]) }) {
					t.Errorf("the contacts are %+v, want one with %+v", c, moved)
				}
			})
		})
	}
}

// TestAContactThatNeverAppearedIsMadeAgain tells of a contact that Smokeball accepted and then
// dropped without a word, before or after it took in the matter's update that names the
// contact: it is created again, once, and the matter names the new one.
func TestAContactThatNeverAppearedIsMadeAgain(t *testing.T) {
	eachSeed(t, 4, 4, contactNeverAppeared)
}

func contactNeverAppeared(t *testing.T, seed uint64) {
	quickly(t, seed, func(o *office) {
		o.sends(accident())
		o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate, Count: 1})
		tom := domain.ClientData{ID: "c_tom", Version: 1, FirstName: "Tom", LastName: "Stone", Email: "tom@example.com"}
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.OtherClients = 2, []domain.ClientData{tom} })))
		o.ends("m_accident", domain.Succeeded)
		settle()
		if got := o.one().ClientIDs; len(got) != 2 || len(o.kept().Contacts) != 2 || o.lacking(got...) != "" || o.calls(makeContact) != 3 {
			t.Errorf("the matter's clients are %v, the contacts %+v", got, o.kept().Contacts)
		}
	})
}

// lacking is the first of the contacts that Smokeball does not have, or "".
func (o *office) lacking(ids ...string) string {
	for _, id := range ids {
		if !slices.ContainsFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool { return c.ID == id }) {
			return id
		}
	}
	return ""
}

// TestMattersOfAContactThatNeverAppeared tells of two matters of one new client: what the first
// sync finds out about the contact that they share, the second goes by.
func TestMattersOfAContactThatNeverAppeared(t *testing.T) {
	eachSeed(t, 4, 4, sharedContactNeverAppeared)
}

func sharedContactNeverAppeared(t *testing.T, seed uint64) {
	quickly(t, seed, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate, Count: 1})
		began := time.Now()
		o.tell(created(numbered(1, maria())), created(numbered(2, maria())))
		o.ends("m_1", domain.Succeeded)
		o.ends("m_2", domain.Succeeded)
		if took := time.Since(began); took > time.Hour {
			t.Errorf("it took %s", took)
		}
		settle()
		if s := o.kept(); len(s.Contacts) != 1 || len(s.Matters) != 2 {
			t.Fatalf("the contacts are %+v, the matters %+v", s.Contacts, s.Matters)
		}
		for _, m := range o.kept().Matters {
			if len(m.ClientIDs) != 1 || o.lacking(m.ClientIDs...) != "" {
				t.Errorf("the clients of %s are %v", m.Number, m.ClientIDs)
			}
		}
	})
}

// TestAContactThatNeverAppearsIsNotMadeForEver tells of a Smokeball that drops each contact
// without a word: the sync creates it twice, then fails.
func TestAContactThatNeverAppearsIsNotMadeForEver(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2} {
		story(t, func(o *office) {
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate})
			for i := range n {
				o.tell(created(numbered(i, maria())))
			}
			o.rest()
			for i := range n {
				if e := o.ends(numbered(i, maria()).ID, domain.Failed); e.Error.Code != domain.CodeNotConfirmed {
					t.Errorf("the sync fails with %+v", e.Error)
				}
			}
			if got := o.calls(makeContact); got > n+1 {
				t.Errorf("for %d matters the contact was created %d times", n, got)
			}
		})
	}
}

// TestNoMatterIsMadeWithARefusedContact tells of a contact whose refusal is on record before
// the matter's turn comes, and of a webhook that only claims so.
func TestNoMatterIsMadeWithARefusedContact(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: time.Millisecond, Max: 2 * time.Millisecond}, func(o *office) {
		o.hooks()
		o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate, Message: "the contact is a duplicate", Count: 1})
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		if e.Error.Code != domain.CodeSmokeballRefused || o.calls(makeMatter) != 0 {
			t.Errorf("%d matters were asked for; the sync fails with %s", o.calls(makeMatter), told(e.Error))
		}
		o.retry(e.ID)
		o.ends("m_accident", domain.Succeeded)
		o.wantsWhole(accident().Title)
	})
	slowly(t, smokeballsim.Delay{Min: time.Second, Max: 2 * time.Second}, func(o *office) {
		o.hooks()
		o.tell(created(accident()), o.retainer())
		var made domain.Contact
		o.until("the contact is accepted", func() bool { made = o.contactMade(); return made.ID != "" })
		o.must(o.webhooks.Receive(o.Context(), oak, domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: "claim"},
			Type: "error", Source: "API", Resource: made.ID, Request: made.Request, Message: "It did not please us."}))
		o.ends("m_accident", domain.Succeeded)
		o.wantsWhole(accident().Title)
	})
}

// contactMade is the contact that Smokeball accepted last.
func (o *office) contactMade() (made domain.Contact) {
	o.Helper()
	ctx, cancel := context.WithCancel(o.Context())
	defer cancel()
	for env, err := range o.ledger.Tail(ctx, 0) {
		o.must(err)
		if e, ok := env.Event.(domain.ContactAccepted); ok {
			made = domain.Contact{ID: e.Contact, Request: e.Request}
		}
		if uint64(env.Seq) == o.last() {
			break
		}
	}
	return made
}

// TestAMatterMadeWithAContactThatNeverAppeared tells of a matter that Smokeball took in
// with a contact which it refused afterwards: a change of its name is refused for the
// contact's sake, which is made again.
func TestAMatterMadeWithAContactThatNeverAppeared(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate, Count: 1})
		o.fault(smokeballsim.Fault{Route: addFile, Kind: smokeballsim.Status, Status: 503, Count: 1})
		o.tell(created(accident()), o.retainer())
		o.until("the sync is retried", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Rivera v. Apex" })))
		o.ends("m_accident", domain.Succeeded)
		settle()
		if m := o.one(); m.Description != "Rivera v. Apex" || len(m.ClientIDs) != 1 || len(o.kept().Contacts) != 1 || m.ClientIDs[0] != o.kept().Contacts[0].ID {
			t.Errorf("the matter is %+v, the contacts %+v", m, o.kept().Contacts)
		}
	})
}
