package syncing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/bulk"
)

// TestTwoMattersWithOneNumberAreNotBothLinked links by number and client: Smokeball has one matter
// that both fit. One of them is linked, no matter is created for the other, and a person decides.
func TestTwoMattersWithOneNumberAreNotBothLinked(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		theirs := o.theirs("CH-2026-0142")
		o.tell(created(accident()), created(accident(func(m *domain.MatterData) { m.ID = "m_twin" })))
		id := o.allAtOnce(bulk.Request{LinkOnly: true})
		p := o.bulkIs(id, domain.BulkDone, 0).Progress
		if p.Results[domain.BulkSucceeded] != 1 || p.Results[domain.BulkUndecided] != 1 || o.calls(makeMatter) != 0 || len(o.kept().Matters) != 1 {
			t.Errorf("linking ended as %+v, with %d matters created", p, o.calls(makeMatter))
		}
		b, err := o.bulks.Load(o.Context(), oak, id)
		o.must(err)
		for _, out := range b.Outcomes {
			if out.Outcome == domain.BulkUndecided && (len(out.Candidates) != 1 || string(out.Candidates[0]) != theirs) {
				t.Errorf("a person is offered %+v", out)
			}
		}
	})
}

// TestABulkSyncForgetsAnotherAccount connects another account while the inventory of the first one
// is fresh: what that held is not in the new one.
func TestABulkSyncForgetsAnotherAccount(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		o.theirs("CH-2026-0142")
		o.tell(created(caseNo(1)), created(accident()))
		one := o.allAtOnce(bulk.Request{Scope: domain.BulkScope{Matters: []domain.MatterID{caseNo(1).ID}}})
		o.bulkIs(one, domain.BulkRunning, 0)
		inventory := o.handler.Inventory
		q := domain.ContactQuery{Email: "maria@example.com"}
		if found, ok, err := inventory.Contacts(o.Context(), oak, q); err != nil || !ok || len(found) != 1 {
			t.Fatalf("the account's contact: %v, %v, %v", found, ok, err)
		}
		o.moves(elmAccount)
		if found, _, err := inventory.Contacts(o.Context(), oak, q); err != nil || len(found) != 0 {
			t.Errorf("the other account is said to have %v (%v)", found, err)
		}
	})
}

// TestMattersAreErasedDuringABulkSync erases some that are on their way and some that are not begun:
// the bulk sync ends, and says so.
func TestMattersAreErasedDuringABulkSync(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		const n = 80
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		id := o.allAtOnce(bulk.Request{})
		o.until("some are made", func() bool { return o.calls(makeMatter) > 10 })
		erased := 0
		for i := 0; i < n; i += 4 {
			m, _, err := eventstore.Execute(o.Context(), o.ledger, o.now, domain.MatterStream(oak, caseNo(i).ID),
				func(m domain.Matter) ([]domain.Event, error) {
					return m.Erase(domain.EraseID(fmt.Sprint("x_", i)), "u_boss"), nil
				})
			o.must(err)
			if m.Erased {
				erased++
			}
		}
		p := o.bulkIs(id, domain.BulkDone, 10*time.Minute).Progress
		if p.Results[domain.BulkFailed] == 0 || p.Results[domain.BulkFailed]+p.Results[domain.BulkSucceeded] != n || erased != n/4 {
			t.Errorf("it ended as %+v, with %d erased", p, erased)
		}
	})
}

// TestAPausedBulkSyncTakesNothingFromOthers pauses one: the other one has the whole window.
func TestAPausedBulkSyncTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.workers = 24
		o.inBulk()
		const n = 60
		var first, second domain.BulkScope
		for i := range n {
			o.tell(created(caseNo(i)))
			if i < n/2 {
				first.Matters = append(first.Matters, caseNo(i).ID)
			} else {
				second.Matters = append(second.Matters, caseNo(i).ID)
			}
		}
		paused := o.allAtOnce(bulk.Request{Scope: first})
		o.bulkIs(paused, domain.BulkRunning, 0)
		_, err := o.bulks.Pause(o.Context(), boss, paused)
		o.must(err)
		time.Sleep(time.Minute)
		id := o.allAtOnce(bulk.Request{Scope: second})
		most := 0
		for o.bulkRow(id).Progress.Status != domain.BulkDone {
			queued := 0
			for _, m := range second.Matters {
				for _, e := range o.entries(m) {
					if !e.Status.Ended() {
						queued++
					}
				}
			}
			most = max(most, queued)
			time.Sleep(100 * time.Millisecond)
		}
		if most != 16 {
			t.Errorf("%d syncs were on their way at most, want the window of 16", most)
		}
		_, err = o.bulks.Cancel(o.Context(), boss, paused)
		o.must(err)
	})
}

// TestTheRestOfABulkSyncIsUnknownWhileNothingGetsOn lets the connection end: no screen may say that
// it is done in no time.
func TestTheRestOfABulkSyncIsUnknownWhileNothingGetsOn(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		const n = 60
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		id := o.allAtOnce(bulk.Request{})
		o.until("some are made", func() bool { return o.calls(makeMatter) > 20 })
		o.fact(domain.Disconnected{By: "u_admin"})
		time.Sleep(10 * time.Minute)
		if p := o.bulkRow(id).Progress; p.Status != domain.BulkRunning {
			t.Errorf("it is %s", p.Status)
		} else if left, ok := p.Left(time.Now(), 5); ok {
			t.Errorf("without a connection %s are left", left)
		}
		o.moves(oakAccount)
		p := o.bulkIs(id, domain.BulkDone, 0).Progress
		if p.Results[domain.BulkSucceeded] != n || len(o.kept().Matters) != n {
			t.Errorf("it ended as %+v, with %d matters", p, len(o.kept().Matters))
		}
	})
}

// TestTwoBulkSyncsOfTheSameMatters run at once, and a click beside them: each thing is made once, and
// each of them counts the calls of its own syncs.
func TestTwoBulkSyncsOfTheSameMatters(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.workers = 24
		o.inBulk()
		const n = 60
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		before := o.sim.Counts().Calls()
		one, two := o.allAtOnce(bulk.Request{}), o.allAtOnce(bulk.Request{})
		_, err := o.asks(caseNo(n-1).ID, nil)
		o.must(err)
		first, second := o.bulkIs(one, domain.BulkDone, 0).Progress, o.bulkIs(two, domain.BulkDone, 0).Progress
		o.rest()
		o.oneOfEach(n)
		for _, p := range []domain.BulkProgress{first, second} {
			if p.Results[domain.BulkSucceeded]+p.Results[domain.BulkSame] != n {
				t.Errorf("one ended as %+v", p)
			}
		}
		if met := o.sim.Counts().Calls() - before; first.Made+second.Made > met {
			t.Errorf("they counted %d and %d calls of %d", first.Made, second.Made, met)
		}
	})
}

// TestACountIsNotAnothers lets a matter's sync go on after its bulk sync is done, once somebody mapped
// its type: its calls are not those of the next bulk sync.
func TestACountIsNotAnothers(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		odd := caseNo(1)
		odd.CaseType = "Truck Crash"
		o.tell(created(odd), created(caseNo(2)))
		p := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0).Progress
		if p.Results[domain.BulkWaits] != 1 || p.Results[domain.BulkSucceeded] != 1 {
			t.Fatalf("it ended as %+v", p)
		}
		o.maps(domain.Mapping{ID: "map_crash", CaseType: "Truck Crash", MatterTypeID: o.typeID("Truck Accident")})
		o.until("both are made", func() bool { return len(o.kept().Matters) == 2 })
		o.rest()
		again := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0).Progress
		if again.Results[domain.BulkSame] != 2 || again.Made > again.Estimate.Reads {
			t.Errorf("the next one ended as %+v", again)
		}
	})
}

// TestABulkSyncCountsEachCallOnce lasts minutes, in which its syncs have the account read again, after
// an estimate that read the matter types: it counts the calls that Smokeball counts.
func TestABulkSyncCountsEachCallOnce(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.rate = 0.2
		o.inBulk()
		const n = 20
		for i := range n {
			o.tell(created(caseNo(i)))
		}
		o.rest()
		before, reads := o.sim.Counts().Calls(), o.calls(findMatters)
		p := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0).Progress
		o.rest()
		if reads = o.calls(findMatters) - reads; reads < 3 {
			t.Fatalf("the account was read %d times", reads)
		}
		if calls := o.sim.Counts().Calls() - before; p.Made != calls || p.Results[domain.BulkSucceeded] != n {
			t.Errorf("it ended as %+v, and Smokeball counted %d calls", p, calls)
		}
	})
}

// TestClientsWithOneNameStayTwo has two clients with the same name and different addresses, and a
// third person of that name in Smokeball: in a bulk sync, too, nobody is taken for another.
func TestClientsWithOneNameStayTwo(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.inBulk()
		third := o.person(`{"person":{"firstName":"Pat","lastName":"Doe","email":"third@example.com"}}`)
		var list []domain.MatterID
		for i := range 2 {
			m := caseNo(i)
			m.Client.FirstName, m.Client.LastName = "Pat", "Doe"
			o.tell(created(m))
			list = append(list, m.ID)
		}
		p := o.bulkIs(o.allAtOnce(bulk.Request{}), domain.BulkDone, 0).Progress
		if p.Results[domain.BulkSucceeded] != 2 || len(o.kept().Contacts) != 3 || len(o.kept().Matters) != 2 {
			t.Errorf("it ended as %+v, with %d contacts", p, len(o.kept().Contacts))
		}
		of := map[string]bool{third: true}
		for _, m := range o.kept().Matters {
			if len(m.ClientIDs) != 1 || of[m.ClientIDs[0]] {
				t.Errorf("the clients of %v: a matter has %v", list, m.ClientIDs)
			}
			of[m.ClientIDs[0]] = true
		}
	})
}
