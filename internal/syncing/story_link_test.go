package syncing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// admin is a firm admin.
var admin = domain.User{Subject: "u_admin", Firm: oak, Role: domain.FirmAdmin}

// links are the links by hand of an engine of the office.
func (o *office) links() *syncing.Links {
	return &syncing.Links{Ledger: o.ledger, Smokeball: o.client, Views: o.rows, Keys: keys{}, Now: o.now}
}

// keeps is a matter that people made in Smokeball, of a client.
func (o *office) keeps(number, name, client string) domain.SmokeballID {
	o.Helper()
	id, err := o.sim.AddMatter(oakAccount, []byte(fmt.Sprintf(`{"number":%q,"description":%q,"matterTypeId":%q,"clientIds":[%q],"status":"Open"}`, number, name, o.typeCalled("Auto Accident"), client)))
	o.must(err)
	return domain.SmokeballID(id)
}

func (o *office) typeCalled(name string) string {
	o.Helper()
	types, err := o.client.MatterTypes(o.Context(), oak)
	o.must(err)
	for _, t := range types {
		if t.Name == name && !t.Lead {
			return t.ID
		}
	}
	o.Fatalf("Smokeball has no matter type %s", name)
	return ""
}

func (o *office) luis() string {
	o.Helper()
	return o.person(`{"person":{"firstName":"Luis","lastName":"Ortega","email":"luis@example.com"}}`)
}

func (o *office) mariaThere() string {
	o.Helper()
	return o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
}

func (o *office) linksByHand(m domain.MatterID, r syncing.LinkRequest) {
	o.Helper()
	position, err := o.links().Link(o.Context(), admin, m, r)
	o.must(err)
	if position == 0 {
		o.Error("the link has no position")
	}
}

func (o *office) unlinks(m domain.MatterID) {
	o.Helper()
	_, err := o.links().Unlink(o.Context(), admin, m)
	o.must(err)
}

func wantsRejected(t *testing.T, err error, code domain.Code, says string) {
	t.Helper()
	r := domain.AsRejection(err)
	if r == nil {
		t.Errorf("the answer is %v, want code %s", err, code)
		return
	}
	if shown := projections.FailureOf(&r.Failure); shown.Code != code || !strings.Contains(shown.Message, says) || shown.Remedy == "" {
		t.Errorf("the answer is %v (%+v), want code %s that says %q, with a remedy", err, r, code, says)
	}
}

func (o *office) matter(id domain.MatterID) domain.Matter {
	o.Helper()
	m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, id))
	o.must(err)
	return m
}

// TestAMatterIsSearchedAndLinkedByHand links a matter that Smokeball has under another number, and
// sends it what CaseHug has: nothing that people keep there is overwritten, and no second one is made.
func TestAMatterIsSearchedAndLinkedByHand(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		there := o.keeps("2026/77", "Rivera (old file)", o.mariaThere())
		o.keeps("2026/78", "Ortega will", o.luis())
		o.tell(created(accident()))
		links := o.links()
		for _, q := range []string{"2026/77", "Rivera", "old file"} {
			found, more, err := links.Search(o.Context(), oak, q)
			o.must(err)
			if len(found) != 1 || more || found[0].ID != there || found[0].LinkedTo != "" || len(found[0].People) != 1 || found[0].People[0].Name != "Maria Rivera" {
				t.Errorf("%q finds %+v", q, found)
			}
		}
		before := o.calls("GET /matters")
		for range 20 {
			_, _, err := links.Search(o.Context(), oak, " RIVERA ")
			o.must(err)
		}
		if n := o.calls("GET /matters") - before; n != 0 {
			t.Errorf("the same search again cost %d calls", n)
		}
		o.linksByHand("m_accident", syncing.LinkRequest{Matter: there})
		found, _, err := links.Search(o.Context(), oak, "rivera")
		o.must(err)
		if found[0].LinkedTo != "m_accident" {
			t.Errorf("the search says that it is linked to %q", found[0].LinkedTo)
		}
		o.tell(approved(o.papers.write("m_accident", "d_1", "a paper")))
		o.ends("m_accident", domain.Succeeded)
		all := o.kept().Matters
		i := slices.IndexFunc(all, func(m smokeballsim.MatterState) bool { return m.ID == string(there) })
		if len(all) != 2 || all[i].Description != "Rivera (old file)" || all[i].Number != "2026/77" || o.filed(string(there)) != 1 || len(o.kept().Contacts) != 2 {
			t.Errorf("Smokeball has %+v with %d contacts and %d files", all, len(o.kept().Contacts), o.filed(string(there)))
		}
		o.tell(named(2, "Rivera v. Apex Freight & Co"))
		o.ends("m_accident", domain.Succeeded)
		if m := o.kept().Matters[i]; m.Description != "Rivera v. Apex Freight & Co" || m.Number != "2026/77" {
			t.Errorf("what CaseHug changed later is not written: %+v", m)
		}
		if !slices.ContainsFunc(o.row().Timeline, func(m projections.Moment) bool { return strings.Contains(m.Text, "admin linked") }) {
			t.Errorf("the timeline does not tell: %+v", o.row().Timeline)
		}
	})
}

// TestWhoseMatterItIsHasToBeDecided tells that a matter of another client is linked only after a
// person decided what it means, and what each decision leads to.
func TestWhoseMatterItIsHasToBeDecided(t *testing.T) {
	t.Parallel()
	for choice, c := range map[domain.ClientChoice]struct {
		clients  func(luis, maria string) []string
		contacts int
	}{
		domain.ClientKept:  {func(luis, _ string) []string { return []string{luis} }, 2},
		domain.ClientAdded: {func(luis, maria string) []string { return []string{luis, maria} }, 2},
		domain.ClientSame:  {func(luis, _ string) []string { return []string{luis} }, 1},
	} {
		t.Run(string(choice), func(t *testing.T) {
			story(t, func(o *office) {
				luis := o.luis()
				there := o.keeps("2026/77", "Rivera (old file)", luis)
				o.tell(created(accident()))
				_, err := o.links().Link(o.Context(), admin, "m_accident", syncing.LinkRequest{Matter: there})
				wantsRejected(t, err, domain.CodeClientChoiceRequired, "Luis Ortega")
				if o.matter("m_accident").Smokeball.ID != "" {
					t.Fatal("it is linked without a decision")
				}
				o.linksByHand("m_accident", syncing.LinkRequest{Matter: there, Client: choice})
				o.tell(approved(o.papers.write("m_accident", "d_1", "a paper")))
				o.ends("m_accident", domain.Succeeded)
				maria := ""
				for _, k := range o.kept().Contacts {
					if k.ID != luis {
						maria = k.ID
					}
				}
				if got, want := o.one().ClientIDs, c.clients(luis, maria); !slices.Equal(got, want) {
					t.Errorf("the matter's clients are %v, want %v", got, want)
				}
				if n := len(o.kept().Contacts); n != c.contacts {
					t.Errorf("Smokeball has %d contacts, want %d", n, c.contacts)
				}
				if k := o.kept().Contacts[0]; k.ID == luis && !strings.Contains(k.Name, "Ortega") {
					t.Errorf("Luis is %q now", k.Name)
				}
			})
		})
	}
}

// TestNobodyIsTakenForAnotherByALink tells that a contact which is another client's, or of a client
// who has one already, can't be said to be the client.
func TestNobodyIsTakenForAnotherByALink(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, domain.ClientData{ID: "c_luis", Version: 1, FirstName: "Luis", LastName: "Ortega", Email: "luis@example.com"}))
		luis := o.kept().Contacts[0].ID
		there := o.keeps("2026/77", "Another of Luis", luis)
		o.tell(created(accident()))
		same := syncing.LinkRequest{Matter: there, Client: domain.ClientSame, Contact: domain.SmokeballID(luis)}
		_, err := o.links().Link(o.Context(), admin, "m_accident", same)
		wantsRejected(t, err, domain.CodeContactTaken, "other clients'")
		o.sends(numbered(2, maria()))
		_, err = o.links().Link(o.Context(), admin, "m_accident", same)
		wantsRejected(t, err, domain.CodeContactTaken, "already")
	})
}

// TestWhatCantBeLinked tells why a link is refused.
func TestWhatCantBeLinked(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		maria := o.mariaThere()
		there, gone := o.keeps("2026/77", "One", maria), o.keeps("2026/78", "Two", maria)
		o.drops(string(gone), "Deleted")
		o.tell(created(accident()), created(numbered(1, domain.ClientData{ID: "c_2", Version: 1, LastName: "Ng"})))
		link := func(m domain.MatterID, id domain.SmokeballID) error {
			_, err := o.links().Link(o.Context(), admin, m, syncing.LinkRequest{Matter: id, Client: domain.ClientKept})
			return err
		}
		wantsRejected(t, link("m_nobody", there), domain.CodeMatterUnknown, "m_nobody")
		wantsRejected(t, link("m_accident", "8f14e45f-0000-4000-8000-00000000dead"), domain.CodeSmokeballMatterUnknown, "dead")
		wantsRejected(t, link("m_accident", gone), domain.CodeMatterGone, "deleted")
		o.must(link("m_accident", there))
		wantsRejected(t, link("m_accident", there), domain.CodeAlreadyLinked, string(there))
		wantsRejected(t, link("m_1", there), domain.CodeLinkedElsewhere, "m_accident")
		o.fact(domain.Disconnected{By: "u_admin"})
		wantsRejected(t, link("m_1", there), domain.CodeNotConnected, "not connected")
		_, _, err := o.links().Search(o.Context(), oak, "x")
		wantsRejected(t, err, domain.CodeNotConnected, "not connected")
	})
}

// TestAMatterOfAnotherAccountCantBeLinked tells that only what the connected account has is linked.
func TestAMatterOfAnotherAccountCantBeLinked(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		there := o.keeps("2026/77", "One", o.mariaThere())
		o.tell(created(accident()))
		o.moves(elmAccount)
		_, err := o.links().Link(o.Context(), admin, "m_accident", syncing.LinkRequest{Matter: there})
		wantsRejected(t, err, domain.CodeSmokeballMatterUnknown, string(there))
	})
}

// TestAnUnlinkedMatterMakesNoSecondOne tells that after a person unlinked a matter no event makes
// another one: it waits, until a person links it, or asks for a new one.
func TestAnUnlinkedMatterMakesNoSecondOne(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		first := o.one().ID
		o.unlinks("m_accident")
		o.tell(named(2, "Rivera v. Apex, changed"), o.onceMore())
		o.waitsFor("m_accident", domain.CodeMatterUnlinked)
		if n := o.filed(first); len(o.kept().Matters) != 1 || n != 1 || o.one().Description == "Rivera v. Apex, changed" {
			t.Fatalf("Smokeball has %+v with %d files", o.kept().Matters, n)
		}
		o.restart()
		o.waitsFor("m_accident", domain.CodeMatterUnlinked)
		o.linksByHand("m_accident", syncing.LinkRequest{Matter: domain.SmokeballID(first)})
		o.ends("m_accident", domain.Succeeded)
		if o.one().Description != "Rivera v. Apex, changed" || o.filed(first) != 2 {
			t.Errorf("linked again, Smokeball has %+v with %d files", o.one(), o.filed(first))
		}
		o.unlinks("m_accident")
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		all := o.live()
		if len(all) != 2 || o.filed(first) != 2 {
			t.Fatalf("after a click Smokeball has %+v", all)
		}
		i := slices.IndexFunc(all, func(m smokeballsim.MatterState) bool { return m.ID != first })
		if o.filed(all[i].ID) != 2 || len(o.kept().Contacts) != 1 {
			t.Errorf("the new matter has %d files, and Smokeball %d contacts", o.filed(all[i].ID), len(o.kept().Contacts))
		}
	})
}

// TestAnotherMatterTakesWhatWasUnlinked tells that an unlinked matter of Smokeball's may be linked to
// another CaseHug matter, and that the first one never comes back to it by itself.
func TestAnotherMatterTakesWhatWasUnlinked(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		first := domain.SmokeballID(o.one().ID)
		o.tell(created(numbered(1, maria())))
		o.unlinks("m_accident")
		o.linksByHand("m_1", syncing.LinkRequest{Matter: first})
		_, err := o.links().Link(o.Context(), admin, "m_accident", syncing.LinkRequest{Matter: first})
		wantsRejected(t, err, domain.CodeLinkedElsewhere, "m_1")
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if a, b := o.matter("m_accident").Smokeball.ID, o.matter("m_1").Smokeball.ID; a == b || b != first {
			t.Errorf("they are %s and %s", a, b)
		}
	})
}

// TestTwoAdminsAtOnce tells that of two who link the same matters at the same time one is refused,
// whichever side is the same.
func TestTwoAdminsAtOnce(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		there := o.mariaThere()
		for round := range 5 {
			one, two := o.keeps(fmt.Sprint("A", round), "One", there), o.keeps(fmt.Sprint("B", round), "Two", there)
			first, second := domain.MatterID(fmt.Sprint("m_", 2*round)), domain.MatterID(fmt.Sprint("m_", 2*round+1))
			o.tell(created(numbered(2*round, maria())), created(numbered(2*round+1, maria())))
			wantsOne(t, o.both(first, one, first, two), domain.CodeAlreadyLinked)
			free := one
			if o.matter(first).Smokeball.ID == one {
				free = two
			}
			o.unlinks(first)
			wantsOne(t, o.both(first, free, second, free), domain.CodeLinkedElsewhere)
		}
	})
}

// both links two matters at the same time, by two engines.
func (o *office) both(a domain.MatterID, to domain.SmokeballID, b domain.MatterID, too domain.SmokeballID) (errs [2]error) {
	var work sync.WaitGroup
	for i, r := range []struct {
		m  domain.MatterID
		to domain.SmokeballID
	}{{a, to}, {b, too}} {
		work.Go(func() {
			_, errs[i] = o.links().Link(o.Context(), admin, r.m, syncing.LinkRequest{Matter: r.to, Client: domain.ClientKept})
		})
	}
	work.Wait()
	return errs
}

func wantsOne(t *testing.T, errs [2]error, code domain.Code) {
	t.Helper()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("the answers are %v and %v, want one link", errs[0], errs[1])
	}
	wantsRejected(t, errors.Join(errs[0], errs[1]), code, "")
}

// TestALinkThatWasBegunHoldsNothingForLong kills the engine between the reservation and the link:
// after a minute another matter may have what was reserved.
func TestALinkThatWasBegunHoldsNothingForLong(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		there := o.keeps("2026/77", "One", o.mariaThere())
		o.tell(created(accident()), created(numbered(1, maria())))
		_, _, err := eventstore.Execute(o.Context(), o.ledger, o.now, domain.LinkStream(oak, there), func(domain.Reservation) ([]domain.Event, error) {
			return []domain.Event{domain.MatterReserved{Matter: there, For: "m_accident"}}, nil
		})
		o.must(err)
		_, err = o.links().Link(o.Context(), admin, "m_1", syncing.LinkRequest{Matter: there})
		wantsRejected(t, err, domain.CodeLinkedElsewhere, "m_accident")
		time.Sleep(domain.ReservedFor)
		o.linksByHand("m_1", syncing.LinkRequest{Matter: there})
		_, err = o.links().Link(o.Context(), admin, "m_accident", syncing.LinkRequest{Matter: there})
		wantsRejected(t, err, domain.CodeLinkedElsewhere, "m_1")
	})
}

// TestALinkDuringASync tells that the link of a matter does not change while a sync is at work, and
// that a creation whose answer was lost is settled first.
func TestALinkDuringASync(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 10 * time.Second, Max: 10 * time.Second}, func(o *office) {
		there := o.keeps("2026/77", "One", o.mariaThere())
		o.tell(created(accident()), approved(o.papers.write("m_accident", "d_1", "a paper")))
		time.Sleep(5 * time.Second)
		_, err := o.links().Link(o.Context(), admin, "m_accident", syncing.LinkRequest{Matter: there})
		r := domain.AsRejection(err)
		if r == nil || (r.Failure.Code != domain.CodeSyncRunning && r.Failure.Code != domain.CodeAlreadyLinked) {
			t.Errorf("while the sync is at work a link ends with %v", err)
		}
		_, err = o.links().Unlink(o.Context(), admin, "m_accident")
		wantsRejected(t, err, domain.CodeSyncRunning, "at work")
		o.ends("m_accident", domain.Succeeded)
		o.unlinks("m_accident")
	})
}

// TestTheSyncRespectsALinkByHand tells that a sync does not link by number what a person has linked
// to another matter.
func TestTheSyncRespectsALinkByHand(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		there := o.keeps("CH-2026-0142", "One", o.mariaThere())
		o.tell(created(accident()), created(numbered(1, maria())))
		o.linksByHand("m_1", syncing.LinkRequest{Matter: there})
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if o.matter("m_accident").Smokeball.ID == there || len(o.kept().Matters) != 2 {
			t.Errorf("both are linked to %s", there)
		}
	})
}
