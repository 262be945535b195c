package syncing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// elmAccount is another account of the law firm.
const elmAccount = "0a4c0000-0000-4000-8000-000000000002"

// moves is a firm admin who connects to an account, another one than before perhaps.
func (o *office) moves(account string) {
	o.Helper()
	tokens, err := o.sim.Grant(account)
	o.must(err)
	o.grants.put(oak, tokens, time.Now())
	o.client.ForgetMatterTypes(oak)
	o.fact(domain.Disconnected{By: "u_admin"})
	o.fact(domain.ConnectionAuthorized{Account: domain.Account{ID: account}, By: "u_admin", ReauthorizeBy: time.Now().Add(30 * 24 * time.Hour)})
}

// at is what the firm has in an account.
func (o *office) at(account string) smokeballsim.AccountState {
	o.Helper()
	for _, a := range o.sim.State().Accounts {
		if a.ID == account {
			return a
		}
	}
	o.Fatalf("Smokeball has no account %s", account)
	return smokeballsim.AccountState{}
}

// wantsAt requires in an account the accident once, under that name, with so many documents.
func (o *office) wantsAt(account, title string, files int) {
	o.Helper()
	settle()
	s := o.at(account)
	if len(s.Matters) != 1 || len(s.Contacts) != 1 || len(s.Files) != files {
		o.Fatalf("account %s has %d matters, %d contacts and %d files, want 1, 1 and %d\n%s", account, len(s.Matters), len(s.Contacts), len(s.Files), files, o.dump())
	}
	if m := s.Matters[0]; m.Description != title || len(m.ClientIDs) != 1 || m.ClientIDs[0] != s.Contacts[0].ID {
		o.Errorf("account %s has %+v", account, m)
	}
	for _, f := range s.Files {
		if f.SHA256 == "" || f.Uploads != 1 {
			o.Errorf("account %s has the file %+v", account, f)
		}
	}
}

func named(version int, title string) domain.CaseHugEvent {
	return updated(accident(func(m *domain.MatterData) { m.Version, m.Title = version, title }))
}

// TestAnotherAccountGetsEverythingAgain tells that after the firm connects to another account
// the next sync of a matter makes everything there, documents too; and that going back
// finds what is there, sends what is missing, and makes nothing twice.
func TestAnotherAccountGetsEverythingAgain(t *testing.T) {
	t.Parallel()
	for _, nameless := range []bool{false, true} {
		story(t, func(o *office) {
			change := func(m *domain.MatterData) {
				if nameless {
					m.Client.Email, m.CaseNumber = "", ""
				}
			}
			named := func(version int, title string) domain.CaseHugEvent {
				return updated(accident(change, func(m *domain.MatterData) { m.Version, m.Title = version, title }))
			}
			o.sends(accident(change))
			o.moves(elmAccount)
			o.tell(named(2, "In elm"))
			o.ends("m_accident", domain.Succeeded)
			o.wantsAt(elmAccount, "In elm", 1)
			o.wantsAt(oakAccount, "Rivera v. Apex Freight", 1)
			o.tell(o.onceMore())
			o.ends("m_accident", domain.Succeeded)
			o.wantsAt(elmAccount, "In elm", 2)

			o.must(o.sim.EditMatter(o.at(oakAccount).Matters[0].ID, []byte(`{"status":"Pending"}`)))
			o.moves(oakAccount)
			o.tell(named(3, "Back in oak"))
			o.ends("m_accident", domain.Succeeded)
			o.wantsAt(oakAccount, "Back in oak", 2)
			o.wantsAt(elmAccount, "In elm", 2)
			if got := o.at(oakAccount).Matters[0].Status; got != "Pending" {
				t.Errorf("people had made the matter pending, it is %s", got)
			}
			o.moves(elmAccount)
			o.tell(named(4, "In elm again"))
			o.ends("m_accident", domain.Succeeded)
			o.wantsAt(elmAccount, "In elm again", 2)
		})
	}
}

// TestAnAccountIsLeftInTheMiddle tells that a call whose answer was lost in one account is
// not looked for in the next one, and that going back finds what came of it.
func TestAnAccountIsLeftInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, route := range []string{makeContact, makeMatter, addFile} {
		t.Run(route, func(t *testing.T) {
			story(t, func(o *office) {
				o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.LoseReply, Count: 1})
				o.tell(created(accident()), o.retainer())
				o.until("the answer is lost", func() bool { return o.calls(route) == 1 })
				o.moves(elmAccount)
				o.ends("m_accident", domain.Succeeded)
				o.wantsAt(elmAccount, "Rivera v. Apex Freight", 1)
				o.moves(oakAccount)
				o.tell(named(2, "Back in oak"))
				o.ends("m_accident", domain.Succeeded)
				o.wantsAt(oakAccount, "Back in oak", 1)
			})
		})
	}
}

// TestAMatterLinkedByItsNumberIsFoundAgain tells that going back to an account does not
// depend on how the matter was found there.
func TestAMatterLinkedByItsNumberIsFoundAgain(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		theirs := o.theirs("CH-2026-0142")
		o.sends(accident())
		o.moves(elmAccount)
		o.tell(named(2, "In elm"))
		o.ends("m_accident", domain.Succeeded)
		o.choose(func(s *domain.Settings) { s.LinkExisting = false })
		o.moves(oakAccount)
		o.tell(named(3, "Back in oak"))
		o.ends("m_accident", domain.Succeeded)
		o.wantsAt(oakAccount, "Back in oak", 1)
		if m := o.one(); m.ID != theirs || !strings.HasPrefix(m.Status, "Pending") {
			t.Errorf("Smokeball has %+v", m)
		}
	})
}

// TestAnAccountIsLeftDuringACall tells that a sync which was at work while the firm moved to
// another account does not fail for what it had begun in the old one: it starts over there,
// and nothing is there twice.
func TestAnAccountIsLeftDuringACall(t *testing.T) {
	t.Parallel()
	for _, route := range []string{findContacts, makeContact, findMatters, makeMatter, readMatter, addFile, putBytes} {
		t.Run(route, func(t *testing.T) {
			story(t, func(o *office) {
				o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(4 * time.Second), Count: 1})
				o.tell(created(accident()), o.retainer())
				o.until("the call is under way", func() bool { return o.calls(route) == 1 })
				o.moves(elmAccount)
				o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
				o.ends("m_accident", domain.Succeeded)
				o.wantsAt(elmAccount, "Rivera v. Apex Freight", 1)
			})
		})
	}
}
