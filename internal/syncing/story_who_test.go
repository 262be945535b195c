package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// ana and luis are spouses with one e-mail address; apex is ana's company, with the same.
func ana() domain.ClientData {
	return domain.ClientData{ID: "c_ana", Version: 1, FirstName: "Ana", LastName: "Lopez", Email: "pair@x.example", Phone: "+1 312 555 0101"}
}

func luis() domain.ClientData {
	return domain.ClientData{ID: "c_luis", Version: 1, FirstName: "Luis", LastName: "Lopez", Email: "pair@x.example", Phone: "+1 312 555 0102"}
}

func apex() domain.ClientData {
	return domain.ClientData{ID: "c_apex", Version: 1, CompanyName: "Apex LLC", Email: "pair@x.example", Phone: "+1 312 555 0103"}
}

// codes are those of a sync's warnings.
func codes(e projections.Entry) []string {
	var list []string
	for _, w := range e.Warnings {
		list = append(list, string(w.Code))
	}
	return list
}

// warning is the message of a sync's warning of the code.
func (o *office) warning(m domain.MatterID, code domain.WarningCode) projections.Warning {
	o.Helper()
	e := o.newest(m)
	for _, w := range e.Warnings {
		if w.Code == code {
			return w
		}
	}
	o.Errorf("the sync of %s does not warn %s: %+v", m, code, e.Warnings)
	return projections.Warning{}
}

// contacts are the firm's contacts that are not deleted, by their name.
func (o *office) contacts() map[string]smokeballsim.ContactState {
	o.Helper()
	all := map[string]smokeballsim.ContactState{}
	for _, c := range o.kept().Contacts {
		if _, twice := all[c.Name]; twice && !c.IsDeleted {
			o.Errorf("Smokeball has the contact %s twice", c.Name)
		}
		if !c.IsDeleted {
			all[c.Name] = c
		}
	}
	return all
}

// clientsOf are the names of a matter's clients in Smokeball, in order.
func (o *office) clientsOf(id domain.MatterID) []string {
	o.Helper()
	var names []string
	for _, m := range o.kept().Matters {
		if m.ExternalSystemID != string(id) {
			continue
		}
		for _, client := range m.ClientIDs {
			for _, c := range o.kept().Contacts {
				if c.ID == client {
					names = append(names, c.Name)
				}
			}
		}
	}
	return names
}

func (o *office) wantClients(id domain.MatterID, names ...string) {
	o.Helper()
	if got := o.clientsOf(id); !slices.Equal(got, names) {
		o.Errorf("the clients of %s are %q, want %q\n%s", id, got, names, o.dump())
	}
}

// shows is a contact as Smokeball's API shows it.
func (o *office) shows(name string) domain.SmokeballContact {
	o.Helper()
	c, ok := o.contacts()[name]
	if !ok {
		o.Fatalf("Smokeball has no contact %s: %+v", name, o.contacts())
	}
	shown, err := o.client.Contact(o.Context(), oak, domain.SmokeballID(c.ID))
	o.must(err)
	return shown
}

// follows lets clients' updates be synced, and tells one.
func (o *office) follows(c domain.ClientData) {
	o.Helper()
	o.choose(func(s *domain.Settings) { s.OnClientUpdated = true })
	o.tell(clientUpdated(c))
	o.rest()
	settle()
}

// Matter A: client Ana Lopez, pair@x.example. Matter B: client Luis Lopez (another client_id),
// the same e-mail.
func TestTwoClientsOfOneEmailAreTwoContacts(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, ana()))
		o.sends(numbered(2, luis()))
		settle()
		o.wantClients("m_1", "Ana Lopez")
		o.wantClients("m_2", "Luis Lopez")
		if w := o.warning("m_2", domain.ContactEmailShared); !strings.Contains(w.Message, "Ana Lopez") || !strings.Contains(w.Link, o.contacts()["Ana Lopez"].ID) {
			t.Errorf("the warning does not name the other one: %+v", w)
		}
		if e := o.newest("m_1"); len(e.Warnings) > 0 {
			t.Errorf("the first one's sync warns %+v", e.Warnings)
		}
	})
}

// The same two as clients of one matter; then again, where it has both already.
func TestTwoClientsOfOneEmailInOneMatter(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 3 * time.Second, Max: 3 * time.Second}, func(o *office) {
		both := accident(func(m *domain.MatterData) { m.Client, m.OtherClients = ana(), []domain.ClientData{luis()} })
		o.sends(both)
		settle()
		o.wantClients("m_accident", "Ana Lopez", "Luis Lopez")
		if w := o.warning("m_accident", domain.ContactEmailShared); !strings.Contains(w.Message, "Ana Lopez") {
			t.Errorf("the warning does not name the other one, whom Smokeball does not show yet: %+v", w)
		}
		both.Version, both.Title = 2, "Lopez v. Apex"
		o.tell(updated(both))
		o.ends("m_accident", domain.Succeeded)
		if e := o.newest("m_accident"); len(e.Warnings) > 0 || len(o.contacts()) != 2 {
			t.Errorf("the contacts are %+v, the warnings %+v", o.contacts(), e.Warnings)
		}
	})
}

// A company and its owner, one e-mail, both clients of one matter, in either order.
func TestACompanyAndItsOwner(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]domain.ClientData{{ana(), apex()}, {apex(), ana()}} {
		story(t, func(o *office) {
			o.sends(accident(func(m *domain.MatterData) { m.Client, m.OtherClients = pair[0], []domain.ClientData{pair[1]} }))
			settle()
			o.wantClients("m_accident", pair[0].Name(), pair[1].Name())
			if k := o.contacts()["Apex LLC"].Kind; k != "Organisation" {
				t.Errorf("the company is a %s", k)
			}
			o.warning("m_accident", domain.ContactEmailShared)
		})
	}
}

// Then matter.updated (or client.updated) of B with Luis v2: last name Ortega-Diaz, new phone.
func TestAnotherClientsContactIsNeverWritten(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{true, false} {
		for name, tell := range map[string]func(*office, domain.ClientData){
			"matter.updated": func(o *office, c domain.ClientData) {
				m := numbered(2, c)
				m.Version = 2
				o.tell(updated(m))
			},
			"client.updated": func(o *office, c domain.ClientData) { o.follows(c) },
		} {
			t.Run(fmt.Sprint(name, " hooked ", hooked), func(t *testing.T) {
				story(t, func(o *office) {
					if hooked {
						o.hooks()
					}
					o.sends(numbered(1, ana()))
					o.sends(numbered(2, luis()))
					settle()
					before := o.shows("Ana Lopez")
					next := luis()
					next.Version, next.LastName, next.Phone = 2, "Ortega-Diaz", "+1 312 555 7777"
					tell(o, next)
					o.ends("m_2", domain.Succeeded)
					settle()
					if after := o.shows("Ana Lopez"); after != before {
						t.Errorf("Ana's contact was %+v and is %+v", before, after)
					}
					o.wantClients("m_2", "Luis Ortega-Diaz")
					if p := o.shows("Luis Ortega-Diaz").Phone; !strings.HasSuffix(p, "7777") {
						t.Errorf("Luis' phone is %s", p)
					}
				})
			})
		}
	}
}

// oldKey is the key under which ledgers of old keep all clients of an e-mail address.
func oldKey(email string) domain.ContactKey {
	k, _ := keys{}.Name(string(oak) + "\ne-mail " + email)
	return domain.ContactKey(k)
}

// seeded appends facts to a stream as an older engine left them.
func seeded[A eventstore.Aggregate[A]](o *office, s domain.Stream, facts ...domain.Event) {
	o.Helper()
	_, _, err := eventstore.Execute(o.Context(), o.ledger, o.now, s, func(A) ([]domain.Event, error) { return facts, nil })
	o.must(err)
}

// A ledger of an older engine has Ana and Luis as one contact. It stays Ana's; with the next
// sync Luis gets his own, and his matter has him.
func TestALedgerThatBroughtTwoTogether(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		hers := domain.SmokeballID(o.person(`{"externalSystemId":"c_ana","person":{"firstName":"Ana","lastName":"Lopez","email":"pair@x.example"}}`))
		key := oldKey("pair@x.example")
		seeded[domain.Contact](o, domain.ContactStream(oak, key), domain.ContactAccepted{Contact: hers, Client: "c_ana", Sent: ana().ContactDraft()},
			domain.ContactConfirmed{By: domain.ByRead}, domain.ContactMatched{Contact: hers, Client: "c_luis", Known: luis().ContactDraft()})
		for _, c := range []domain.ClientData{ana(), luis()} {
			seeded[domain.Client](o, domain.ClientStream(oak, c.ID), domain.ClientUpdated{Client: c, Matter: "m_old"}, domain.ClientLinked{Matter: "m_old", Contact: hers, Key: key})
		}
		next := luis()
		next.Version, next.Phone = 2, "+1 312 555 7777"
		o.sends(numbered(2, next))
		o.sends(numbered(1, ana()))
		settle()
		o.wantClients("m_1", "Ana Lopez")
		o.wantClients("m_2", "Luis Lopez")
		if c := o.shows("Ana Lopez"); c.ID != hers || c.Phone != "" {
			t.Errorf("Ana's contact is %+v", c)
		}
		if n := o.calls(makeContact); n != 1 {
			t.Errorf("%d contacts were made, want one for Luis", n)
		}
	})
}

// A ledger of an older engine knows whose a contact is that people had made: another client of
// the same name and address shares it, and writes nothing.
func TestALedgerThatKnowsWhoseAContactIs(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		hers := domain.SmokeballID(o.person(`{"person":{"firstName":"Ana","lastName":"Lopez","email":"pair@x.example"}}`))
		key := oldKey("pair@x.example")
		seeded[domain.Contact](o, domain.ContactStream(oak, key), domain.ContactMatched{Contact: hers, Client: "c_ana", Known: ana().ContactDraft()})
		seeded[domain.Client](o, domain.ClientStream(oak, "c_ana"), domain.ClientUpdated{Client: ana(), Matter: "m_old"}, domain.ClientLinked{Matter: "m_old", Contact: hers, Key: key})
		twin := ana()
		twin.ID = "c_ana2"
		o.sends(numbered(1, twin))
		twin.Version, twin.Phone = 2, "+1 312 555 7777"
		o.follows(twin)
		if len(o.contacts()) != 1 || o.shows("Ana Lopez").Phone != "" {
			t.Errorf("the contacts are %+v", o.contacts())
		}
		o.warning("m_1", "contact_not_written")
	})
}

// The same person is a CaseHug client twice: one contact, which only the first one's news reach.
func TestOnePersonWhoIsAClientTwice(t *testing.T) {
	t.Parallel()
	twin := ana()
	twin.ID = "c_ana2"
	for name, tell := range map[string]func(*office){
		"one after the other": func(o *office) { o.sends(numbered(1, ana())); o.sends(numbered(2, twin)) },
		"in one matter": func(o *office) {
			o.sends(numbered(2, ana()))
			o.sends(accident(func(m *domain.MatterData) {
				m.ID, m.CaseNumber, m.Client, m.OtherClients = "m_1", "CH-1", ana(), []domain.ClientData{twin}
			}))
		},
		"at once": func(o *office) {
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			o.tell(created(numbered(1, ana())), created(numbered(2, twin)))
			o.ends("m_1", domain.Succeeded)
			o.ends("m_2", domain.Succeeded)
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				tell(o)
				settle()
				if len(o.contacts()) != 1 {
					t.Fatalf("the contacts are %+v", o.contacts())
				}
				first := o.contacts()["Ana Lopez"].ExternalSystemID
				for _, c := range []domain.ClientData{ana(), twin} {
					c.Version, c.Phone = 2, "+1 312 555 900"+fmt.Sprint(len(c.ID))
					o.follows(c)
				}
				if got, want := o.shows("Ana Lopez").Phone, "+1 312 555 900"+fmt.Sprint(len(first)); got != want {
					t.Errorf("the phone is %s, want %s, which %s has", got, want, first)
				}
			})
		})
	}
}

// Two unrelated clients, e-mail n/a both; or noemail@noemail.example both.
func TestWhatIsNoEmailAddressIdentifiesNobody(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"n/a", "N/A ", "none", "noemail@noemail.example", "no-email@x.example", "unknown@unknown.com"} {
		t.Run(email, func(t *testing.T) {
			story(t, func(o *office) {
				for i, c := range []domain.ClientData{ana(), luis()} {
					c.Email = email
					m := numbered(i+1, c)
					o.sends(m)
					settle()
					o.wantClients(m.ID, c.Name())
					o.warning(m.ID, "email_not_valid")
					if shown := o.shows(c.Name()); shown.Email != "" {
						t.Errorf("%s was sent", shown.Email)
					}
				}
			})
		})
	}
}

// Two clients of the same name whose address is an office's: it identifies nobody.
func TestAnAddressThatManyShareIdentifiesNobody(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		for i := range 8 {
			o.person(fmt.Sprintf(`{"person":{"firstName":"Eva%d","lastName":"Stone%d","email":"desk@x.example"}}`, i, i))
		}
		o.person(`{"person":{"firstName":"John","lastName":"Smith","email":"desk@x.example"}}`)
		o.sends(numbered(1, domain.ClientData{ID: "c_john", Version: 1, FirstName: "John", LastName: "Smith", Email: "desk@x.example"}))
		settle()
		if n := len(o.kept().Contacts); n != 10 {
			t.Errorf("Smokeball has %d contacts, want 10", n)
		}
		o.warning("m_1", domain.ContactEmailShared)
	})
}

// Fifty clients of one e-mail make fifty, at once.
func TestFiftyClientsOfOneEmail(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Max: 3 * time.Second}, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		for i := range 50 {
			o.tell(created(numbered(i, domain.ClientData{ID: domain.ClientID(fmt.Sprint("c_", i)), Version: 1, FirstName: "Eva", LastName: fmt.Sprint("Stone", i), Email: "desk@x.example"})))
		}
		o.rest()
		settle()
		if n := len(o.contacts()); n != 50 {
			t.Errorf("Smokeball has %d contacts", n)
		}
		for i := range 50 {
			o.wantClients(domain.MatterID(fmt.Sprint("m_", i)), fmt.Sprint("Eva Stone", i))
		}
	})
}

// Clients of one e-mail who come at the same instant, and whose looks show none of the others: at
// most one of them goes without a warning.
func TestClientsOfOneEmailAtTheSameInstant(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		const clients = 4
		o.ledger.(*ledger).pauses(func(c eventstore.Commit) {
			if _, ok := c.Events[0].(domain.ContactCreationStarted); ok {
				time.Sleep(5 * time.Second) // until all have looked
			}
		})
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		for i := range clients {
			o.tell(created(numbered(i, domain.ClientData{ID: domain.ClientID(fmt.Sprint("c_", i)), Version: 1, FirstName: "Eva", LastName: fmt.Sprint("Stone", i), Email: "desk@x.example"})))
		}
		unwarned := 0
		for i := range clients {
			e := o.ends(domain.MatterID(fmt.Sprint("m_", i)), domain.Succeeded)
			if !warned(e, domain.ContactEmailShared) {
				unwarned++
			}
		}
		if n := len(o.contacts()); n != clients || unwarned > 1 {
			t.Errorf("there are %d contacts, and %d syncs do not warn, want one at most", n, unwarned)
		}
	})
}

// A client without a usable e-mail is matched by nothing but the id, and the sync says where a
// contact of the same name and phone is there.
func TestAClientWithoutEmailIsMatchedByTheIDOnly(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		known := o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","phone":{"number":"(312) 555-0142"}}}`)
		o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","phone":{"number":"555-0000"}}}`)
		o.sends(accident(func(m *domain.MatterData) { m.Client.Email = "" }))
		settle()
		if got := o.one().ClientIDs; len(o.kept().Contacts) != 3 || slices.Contains(got, known) {
			t.Errorf("the clients are %v, and there are %d contacts", got, len(o.kept().Contacts))
		}
		if w := o.warning("m_accident", domain.ContactMaybeKnown); !strings.Contains(w.Message, known) || !strings.Contains(w.Link, known) {
			t.Errorf("the warning does not lead to %s: %+v", known, w)
		}
	})
}

// Smokeball has José Núñez in composed letters, CaseHug says the same decomposed; and names that
// fit in other ways.
func TestANameThatFitsIsTheSamePerson(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		there       string
		first, last string
		warns       []string
	}{
		"decomposed":           {`"firstName":"José","lastName":"Núñez"`, "Jose\u0301", "Nu\u0301n\u0303ez", nil},
		"case and blanks":      {`"firstName":"ANA","lastName":"de la Cruz"`, " Ana", "De  La Cruz ", nil},
		"no first name there":  {`"lastName":"Lopez"`, "Ana", "Lopez", []string{"contact_name_differs"}},
		"no first name here":   {`"firstName":"Ana","lastName":"Lopez"`, "", "Lopez", []string{"contact_name_differs"}},
		"an initial":           {`"firstName":"A.","lastName":"Lopez"`, "Ana", "Lopez", []string{"contact_name_differs"}},
		"a middle name":        {`"firstName":"Ana","middleName":"Maria","lastName":"Lopez"`, "Ana", "Lopez", nil},
		"a usual short form":   {`"firstName":"Liz","lastName":"Ortega"`, "Elizabeth", "Ortega", []string{"contact_name_differs"}},
		"one word with a sign": {`"firstName":"Ana","lastName":"O'Brien"`, "Ana", "O'BRIEN", nil},
	} {
		t.Run(what, func(t *testing.T) {
			story(t, func(o *office) {
				known := o.person(`{"person":{` + c.there + `,"email":"who@x.example"}}`)
				o.sends(numbered(1, domain.ClientData{ID: "c_1", Version: 1, FirstName: c.first, LastName: c.last, Email: "Who@X.example"}))
				settle()
				if got := o.one().ClientIDs; !slices.Equal(got, []string{known}) || len(o.kept().Contacts) != 1 {
					t.Errorf("the clients are %v, want %s", got, known)
				}
				if got := codes(o.newest("m_1")); !slices.Equal(got, c.warns) {
					t.Errorf("the warnings are %q, want %q", got, c.warns)
				}
			})
		})
	}
}

// Or the same client_id carried it before (marriage).
func TestANameThatTheClientCarriedBefore(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		known := o.person(`{"person":{"firstName":"Ana","lastName":"Lopez","email":"pair@x.example"}}`)
		o.tell(clientUpdated(ana()))
		married := ana()
		married.Version, married.LastName = 2, "Ortega"
		o.sends(numbered(1, married))
		if got := o.one().ClientIDs; !slices.Equal(got, []string{known}) {
			t.Errorf("the clients are %v, want %s", got, known)
		}
		o.warning("m_1", domain.ContactNameDiffers)
	})
}

// E-mail "dora@x.example ".
func TestWhatIsSentIsTrimmed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, domain.ClientData{ID: "c_dora", Version: 1, FirstName: " Dora", LastName: "Nu\u0301n\u0303ez ", Email: "dora@x.example ", Phone: " 312 555 0101 "}))
		settle()
		if c := o.shows("Dora Núñez"); c.FirstName != "Dora" || c.LastName != "Núñez" || c.Email != "dora@x.example" || c.Phone != "312 555 0101" {
			t.Errorf("sent was %+v", c)
		}
	})
}

// company_name Apex LLC with first and last name of its contact person; and company_name X with
// last_name " ".
func TestAClientWithACompanysNameIsTheCompany(t *testing.T) {
	t.Parallel()
	for _, blank := range []bool{false, true} {
		story(t, func(o *office) {
			c := apex()
			c.FirstName, c.LastName = "Ana", "Lopez"
			if blank {
				c.FirstName, c.LastName = "", " "
			}
			o.sends(numbered(1, c))
			settle()
			o.wantClients("m_1", "Apex LLC")
			if k := o.contacts()["Apex LLC"].Kind; k != "Organisation" {
				t.Errorf("it is a %s", k)
			}
			if e := o.newest("m_1"); slices.Contains(codes(e), "contact_person_not_sent") == blank {
				t.Errorf("with a blank contact person %v the warnings are %+v", blank, e.Warnings)
			}
		})
	}
}

// Client v2: phone removed ("").
func TestARemovedPhoneIsRemoved(t *testing.T) {
	t.Parallel()
	for what, phone := range map[string]string{"": "", "blank": " "} {
		t.Run(what, func(t *testing.T) {
			story(t, func(o *office) {
				o.sends(numbered(1, ana()))
				next := ana()
				next.Version, next.Phone = 2, phone
				o.follows(next)
				if c := o.shows("Ana Lopez"); c.Phone != "" || c.Email != ana().Email {
					t.Errorf("the contact is %+v", c)
				}
				o.ends("m_1", domain.Succeeded)
			})
		})
	}
}

// A removed phone that people have changed in Smokeball stays, and the sync says so.
func TestARemovedPhoneThatPeopleHaveChangedStays(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, ana()))
		settle()
		o.must(o.sim.EditContact(o.contacts()["Ana Lopez"].ID, []byte(`{"person":{"phone":{"number":"+1 312 555 9999"}}}`)))
		next := ana()
		next.Version, next.Phone = 2, ""
		o.follows(next)
		if c := o.shows("Ana Lopez"); c.Phone != "+1 312 555 9999" {
			t.Errorf("the phone is %s", c.Phone)
		}
		o.warning("m_1", "contact_value_kept")
		for _, s := range o.newest("m_1").Steps {
			if strings.Contains(s.Detail, "already has this") {
				t.Errorf("the sync says %q", s.Detail)
			}
		}
	})
}

// People have made another person of the contact: that person is never written to.
func TestAContactThatPeopleMadeAnotherPersonsStays(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, ana()))
		settle()
		o.must(o.sim.EditContact(o.contacts()["Ana Lopez"].ID, []byte(`{"person":{"firstName":"Zed","lastName":"Zorro","email":"zed@x.example"}}`)))
		next := ana()
		next.Version, next.Phone = 2, "+1 312 555 7777"
		o.follows(next)
		if c := o.shows("Zed Zorro"); c.Phone != ana().Phone {
			t.Errorf("the phone is %s", c.Phone)
		}
		o.warning("m_1", "contact_value_kept")
	})
}

// A father and his son share an address.
func TestAFatherIsNotHisSon(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		father, son := ana(), ana()
		father.ID, father.FirstName, father.LastName = "c_father", "John", "Stone"
		son.ID, son.FirstName, son.LastName = "c_son", "John", "Stone Jr."
		o.sends(numbered(1, father))
		o.sends(numbered(2, son))
		o.warning("m_2", "contact_email_shared")
		if all := o.contacts(); len(all) != 2 {
			t.Errorf("the contacts are %+v", all)
		}
	})
}

// Client v2 is a company instead of a person.
func TestAClientThatTurnsIntoACompany(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"pair@x.example", ""} {
		story(t, func(o *office) {
			person, company := ana(), ana()
			person.Email, company.Email = email, email
			company.Version, company.FirstName, company.LastName, company.CompanyName = 2, "", "", "Lopez LLC"
			o.sends(numbered(1, person))
			o.follows(company)
			o.wantClients("m_1", "Lopez LLC")
			if w := o.warning("m_1", domain.ContactKindChanged); !strings.Contains(w.Message, "Ana Lopez") {
				t.Errorf("the warning does not name what stays: %+v", w)
			}
			back := ana()
			back.Version, back.Email = 3, email
			o.follows(back)
			if o.clientsOf("m_1")[0] != "Ana Lopez" || len(o.contacts()) != 2 {
				t.Errorf("after it turned back the client is %q, the contacts %+v", o.clientsOf("m_1"), o.contacts())
			}
		})
	}
}

// Phone in Arabic-Indic digits, added later.
func TestAPhoneInAnotherScriptIsWritten(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		c := ana()
		c.Phone = ""
		o.sends(numbered(1, c))
		c.Version, c.Phone = 2, "٣١٢ ٥٥٥ ٠١٤٢"
		o.follows(c)
		o.ends("m_1", domain.Succeeded)
		if got := o.shows("Ana Lopez").Phone; !domain.SamePhone(got, "312 555 0142") {
			t.Errorf("the phone is %q", got)
		}
		c.Version, c.Phone = 3, "(312) 555-0142" // the same number
		writes := o.calls(writeContact)
		o.follows(c)
		if n := o.calls(writeContact); n != writes {
			t.Errorf("the same number was written again")
		}
	})
}

// A text without a digit stands where the phone number would, from the start and later.
func TestAPhoneWithoutADigitIsNotSent(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		c := ana()
		c.Phone = "n/a"
		o.sends(numbered(1, c))
		settle()
		if got := o.shows("Ana Lopez").Phone; got != "" {
			t.Errorf("the phone is %q", got)
		}
		if w := o.warning("m_1", "phone_not_valid"); !strings.Contains(w.Message, "n/a") {
			t.Errorf("the warning does not name the text: %+v", w)
		}
		c.Version, c.Phone = 2, "312 555 0142"
		o.follows(c)
		if got := o.shows("Ana Lopez").Phone; got != c.Phone {
			t.Errorf("the phone is %q, want %q", got, c.Phone)
		}
	})
}

// Phone changed together with the name, Smokeball's phone differs by the country code only, no
// webhooks.
func TestAPhoneThatDiffersByTheCountryCodeIsNotAwaited(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, ana()))
		settle()
		o.must(o.sim.EditContact(o.contacts()["Ana Lopez"].ID, []byte(`{"person":{"phone":{"number":"312 555 7777"}}}`)))
		next := ana()
		next.Version, next.LastName, next.Phone = 2, "Ortega", "+1 312 555 7777"
		o.follows(next)
		o.ends("m_1", domain.Succeeded)
		c := o.shows("Ana Ortega")
		contact, _, err := eventstore.Load[domain.Contact](o.Context(), o.ledger, domain.ContactStream(oak, o.clientKey("c_ana")))
		o.must(err)
		if c.Phone != "312 555 7777" || contact.Change != nil || o.written("c_ana").Phone != "" {
			t.Errorf("the contact is %+v, recorded as written was %+v", c, o.written("c_ana"))
		}
	})
}

// clientKey is the key under which the client's contact is kept.
func (o *office) clientKey(id domain.ClientID) domain.ContactKey {
	o.Helper()
	c, _, err := eventstore.Load[domain.Client](o.Context(), o.ledger, domain.ClientStream(oak, id))
	o.must(err)
	return c.Key
}

// written is what the newest change of the client's contact says that was written.
func (o *office) written(id domain.ClientID) (written domain.ContactChange) {
	o.Helper()
	for env, err := range o.ledger.Read(o.Context(), domain.ContactStream(oak, o.clientKey(id))) {
		o.must(err)
		if e, ok := env.Event.(domain.ContactChangeAccepted); ok {
			written = e.Change
		}
	}
	return written
}

// What differs in a contact that people had made is said, and left.
func TestWhatDiffersInAMatchedContactIsSaid(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.person(`{"person":{"firstName":"Ana","lastName":"Lopez","email":"pair@x.example","phone":{"number":"+1 312 555 9999"}}}`)
		o.sends(numbered(1, ana()))
		if w := o.warning("m_1", "contact_differs"); !strings.Contains(w.Message, "phone number") || strings.Contains(w.Message, "e-mail") {
			t.Errorf("the warning says %q", w.Message)
		}
		if o.shows("Ana Lopez").Phone != "+1 312 555 9999" || o.calls(writeContact) > 0 {
			t.Error("the contact was written")
		}
	})
}

// An address that is none by now takes nothing away from Smokeball, and the sync says so.
func TestAnAddressThatIsNoneByNowTakesNothingAway(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, ana()))
		next := ana()
		next.Version, next.Email = 2, "n/a"
		o.follows(next)
		if got := o.shows("Ana Lopez").Email; got != ana().Email {
			t.Errorf("the address is %q", got)
		}
		o.warning("m_1", "email_not_valid")
	})
}

// What a matter costs has not grown: four calls with a new client, two with a known one.
func TestWhoIsWhoCostsNoCalls(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		o.sends(accident()) // fetches a token and the matter types
		settle()
		for what, c := range map[string]struct {
			m    domain.MatterData
			want int
		}{"a new client": {numbered(1, ana()), 4}, "another of the same address": {numbered(2, luis()), 4}, "a known client": {numbered(3, maria()), 2}} {
			before := o.sim.Counts().ByRoute
			o.tell(created(c.m))
			o.ends(c.m.ID, domain.Succeeded)
			settle()
			made := map[string]int{}
			n := 0
			for route, count := range o.sim.Counts().ByRoute {
				if more := count - before[route]; more > 0 {
					made[route], n = more, n+more
				}
			}
			if n != c.want {
				t.Errorf("a matter of %s cost %d calls, want %d: %v", what, n, c.want, made)
			}
		}
	})
}

// TestANewNameOfOneWhoSharedAContactIsSaid: two clients are one contact, the one it was made for
// moves to another, and then the name of the one who is left changes. The contact keeps the name
// that it has, and the sync says so.
func TestANewNameOfOneWhoSharedAContactIsSaid(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		lopez := func(id domain.ClientID, version int) domain.ClientData {
			return domain.ClientData{ID: id, Version: version, FirstName: "José", LastName: "Lopez", Email: "pair@x.example"}
		}
		renamed := func(id domain.ClientID, last string) domain.ClientData {
			c := lopez(id, 2)
			c.FirstName, c.LastName = "Eva", last
			return c
		}
		o.choose(func(s *domain.Settings) { s.OnMatterCreated, s.OnClientUpdated = true, true })
		for i, id := range []domain.ClientID{"c_first", "c_second"} {
			o.tell(created(numbered(i, lopez(id, 1))))
			o.ends(numbered(i, lopez(id, 1)).ID, domain.Succeeded)
		}
		o.tell(clientUpdated(renamed("c_first", "Stone")))
		o.ends("m_0", domain.Succeeded)
		o.rest()
		o.tell(clientUpdated(renamed("c_second", "Baker")))
		o.ends("m_1", domain.Skipped)
		o.rest()
		if w := o.warning("m_1", "contact_differs"); !strings.Contains(w.Message, "another name") {
			t.Errorf("the warning is %q", w.Message)
		}
	})
}
