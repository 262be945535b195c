package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// theirs is a matter with maria as its client that a person made in Smokeball.
func (o *office) theirs(number string) string {
	o.Helper()
	client := o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
	types, err := o.client.MatterTypes(o.Context(), oak)
	o.must(err)
	i := slices.IndexFunc(types, func(t domain.MatterType) bool { return t.Name == "Auto Accident" && !t.Lead })
	id, err := o.sim.AddMatter(oakAccount, []byte(`{"number":"`+number+`","matterTypeId":"`+types[i].ID+`","clientIds":["`+client+`"],"description":"As they call it","status":"Pending"}`))
	o.must(err)
	return id
}

func TestAnExistingMatterIsLinkedAsItIs(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		theirs := o.theirs("CH-2026-0142")
		o.sends(accident())
		if m := o.one(); m.ID != theirs || m.Description != "As they call it" || m.Status != "Pending" {
			t.Errorf("Smokeball has %+v", m)
		}
		if n := o.calls(makeMatter) + o.calls(patchMatter); n != 0 {
			t.Errorf("%d calls wrote the linked matter", n)
		}
		if len(o.kept().Files) != 1 {
			t.Error("the document is not in the linked matter")
		}
	})
}

func TestAnExistingMatterIsLeftAloneWhereTheFirmWantsIt(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.theirs("CH-2026-0142")
		o.choose(func(s *domain.Settings) { s.LinkExisting = false })
		o.sends(accident())
		if n := len(o.kept().Matters); n != 2 {
			t.Errorf("Smokeball has %d matters", n)
		}
	})
}

func TestAMatterOfAnotherNumberOrClientIsNotLinked(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.theirs("CH-2026-01422")
		tom := maria()
		tom.ID, tom.FirstName, tom.Email = "c_tom", "Tom", "tom@example.com"
		o.sends(accident())
		o.sends(accident(func(m *domain.MatterData) { m.ID, m.Client = "m_toms", tom }))
		if n := len(o.kept().Matters); n != 3 {
			t.Errorf("Smokeball has %d matters", n)
		}
	})
}

func TestAnUnmappedTypeWaitsWithCandidates(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident(func(m *domain.MatterData) { m.CaseType = "Truck Crash" })), o.retainer())
		e := o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		if !strings.Contains(e.Error.Remedy, "Truck Accident") {
			t.Errorf("the remedy names no candidate: %s", e.Error.Remedy)
		}
		if n := o.writes(); n != 0 {
			t.Errorf("%d calls wrote to Smokeball", n)
		}
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType = 2, "Truck Accident" })))
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.entries("m_accident")); n != 1 || o.one().MatterType != "Truck Accident" {
			t.Errorf("%d syncs made %+v", n, o.one())
		}
	})
}

// TestOnlyWhatChangedIsWritten tells each change of the status and of other fields to
// the letter.
func TestOnlyWhatChangedIsWritten(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.sends(accident())
			for i, c := range []struct {
				status, want string
				closed       bool
			}{{"pending", "Pending", false}, {"active", "Open", false}, {"closed", "Closed", true}} {
				o.must(o.sim.EditMatter(o.one().ID, []byte(`{"description":"As they call it"}`)))
				o.tell(updated(accident(func(m *domain.MatterData) {
					m.Version, m.Status = i+2, c.status
					if at := time.Date(2026, 12, 1, 9, 30, 15, 500, time.UTC); c.closed {
						m.ClosedAt = &at
					}
				})))
				o.ends("m_accident", domain.Succeeded)
				m := o.one()
				if m.Status != c.want || m.Description != "As they call it" || (m.ClosedDate != "") != c.closed {
					t.Errorf("after %q Smokeball has %+v", c.status, m)
				}
			}
			if n := o.calls(patchMatter); n != 3 {
				t.Errorf("%d changes were sent", n)
			}
		})
	}
}

func TestNothingNewIsSkipped(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		writes := o.writes()
		_, _, err := o.requests.Request(t.Context(), domain.User{Subject: "u_1", Firm: oak}, "m_accident", nil, nil)
		o.must(err)
		o.ends("m_accident", domain.Skipped)
		if n := o.writes(); n != writes {
			t.Errorf("%d calls wrote to Smokeball", n-writes)
		}
	})
}

func TestAnotherClientIsAdded(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		tom := domain.ClientData{ID: "c_tom", Version: 1, FirstName: "Tom", LastName: "Rivera", Email: "tom@example.com"}
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.OtherClients = 2, []domain.ClientData{tom} })))
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.one().ClientIDs); n != 2 {
			t.Errorf("the matter has %d clients", n)
		}
	})
}

// TestANumberThatChangesWhileTheAnswerIsLost tells that a matter whose creation is in
// doubt is found although CaseHug has renumbered it meanwhile.
func TestANumberThatChangesWhileTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.LoseReply, Count: 1})
		o.tell(created(accident()), o.retainer())
		o.until("the answer is lost", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseNumber = 2, "CH-2027-0001" })))
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.Number != "CH-2027-0001" {
			t.Errorf("Smokeball has %+v", m)
		}
	})
}

func TestAMatterWithoutANumberIsFoundAgain(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.LoseReply, Count: 1})
		o.sends(accident(func(m *domain.MatterData) { m.CaseNumber = "" }))
		o.one()
	})
}

func TestAMatterThatWasDeletedInSmokeballFailsAndSaysSo(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.must(o.sim.EditMatter(o.one().ID, []byte(`{"status":"Deleted"}`)))
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
		o.rest()
		if n := o.calls(makeMatter); n != 1 {
			t.Errorf("the matter was made %d times", n)
		}
	})
}

// TestClientsWhomPeopleAddedStay tells that a change of CaseHug's clients leaves those
// alone whom people added to the matter in Smokeball.
func TestClientsWhomPeopleAddedStay(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			tom := domain.ClientData{ID: "c_tom", Version: 1, FirstName: "Tom", LastName: "Rivera", Email: "tom@example.com"}
			ann := domain.ClientData{ID: "c_ann", Version: 1, FirstName: "Ann", LastName: "Rivera", Email: "ann@example.com"}
			o.sends(accident(func(m *domain.MatterData) { m.OtherClients = []domain.ClientData{tom} }))
			theirs := o.person(`{"person":{"firstName":"Guardian","lastName":"Stone"}}`)
			was := o.one().ClientIDs
			o.must(o.sim.EditMatter(o.one().ID, []byte(`{"clientIds":["`+was[0]+`","`+theirs+`","`+was[1]+`"]}`)))
			o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.OtherClients = 2, []domain.ClientData{ann} })))
			o.ends("m_accident", domain.Succeeded)
			settle()
			var names []string
			for _, id := range o.one().ClientIDs {
				i := slices.IndexFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool { return c.ID == id })
				names = append(names, o.kept().Contacts[i].Name)
			}
			if len(names) != 3 || !strings.Contains(names[0], "Maria") || !strings.Contains(names[1], "Guardian") || !strings.Contains(names[2], "Ann") {
				t.Errorf("hooked %v: the matter's clients are %q", hooked, names)
			}
		})
	}
}

// TestAClientWhomSmokeballRefusedLateHoldsNoChangeBack tells of a change whose answer was
// lost, which left a client in the matter whom Smokeball refused afterwards: it refuses every
// change for that client's sake, so the client comes off the matter.
func TestAClientWhomSmokeballRefusedLateHoldsNoChangeBack(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.sends(accident())
			ann := domain.ClientData{ID: "c_ann", Version: 1, FirstName: "Ann", LastName: "Rivera", Email: "ann@example.com"}
			o.fault(smokeballsim.Fault{Route: makeContact, Kind: smokeballsim.FailLate, Count: 1})
			o.fault(smokeballsim.Fault{Route: patchMatter, Kind: smokeballsim.LoseReply, Count: 1})
			o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.OtherClients = 2, []domain.ClientData{ann} })))
			if hooked { // else nobody tells of the refusal, and the sync finds out by itself
				o.ends("m_accident", domain.Failed)
				o.retry(o.newest("m_accident").ID)
			}
			o.ends("m_accident", domain.Succeeded)
			settle()
			for _, id := range o.one().ClientIDs {
				if !slices.ContainsFunc(o.kept().Contacts, func(c smokeballsim.ContactState) bool { return c.ID == id }) {
					t.Errorf("hooked %v: client %s of the matter is no contact", hooked, id)
				}
			}
			if n := len(o.one().ClientIDs); n != 2 {
				t.Errorf("hooked %v: the matter has %d clients", hooked, n)
			}
		})
	}
}
