package syncing_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// lee is a standard user of the firm.
var lee = domain.User{Subject: "u_lee", Firm: oak, Role: domain.StandardUser}

func (o *office) asks(m domain.MatterID, with *domain.MatterData, docs ...domain.DocumentData) (domain.SyncID, error) {
	o.Helper()
	id, position, err := o.requests.Request(o.Context(), lee, m, with, docs)
	if err == nil && position == 0 {
		o.Error("the request has no position")
	}
	return id, err
}

func TestAClickSyncsAMatter(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()))
		id, err := o.asks("m_accident", nil)
		o.must(err)
		again, err := o.asks("m_accident", nil)
		o.must(err)
		if e := o.ends("m_accident", domain.Succeeded); again != id || e.ID != id || e.Trigger != domain.TriggerManual || e.RequestedBy != "u_lee" {
			t.Errorf("the syncs are %s and %s, the history says %+v", id, again, e)
		}
		o.one()
	})
}

func TestAClickBringsTheMatterAlong(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		m := accident()
		_, err := o.asks("m_accident", &m, o.papers.write("m_accident", "d_1", "a paper"))
		o.must(err)
		o.ends("m_accident", domain.Succeeded)
		if s := o.kept(); len(s.Matters) != 1 || len(s.Files) != 1 {
			t.Errorf("Smokeball has %d matters and %d files", len(s.Matters), len(s.Files))
		}
	})
}

// TestACancelledSyncDoesNothing tells that what was queued or waited and was called off makes
// no call, that what runs and what has ended is refused, and that later news starts again.
func TestACancelledSyncDoesNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		o.tell(created(accident()), o.retainer())
		o.until("it waits", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		cancel := func(id domain.SyncID) error {
			_, err := o.requests.Cancel(o.Context(), lee, id)
			return err
		}
		id := o.newest("m_accident").ID
		o.until("it is called off", func() bool { return cancel(id) == nil })
		e := o.ends("m_accident", domain.Cancelled)
		if e.CancelledBy != "u_lee" || e.FinishedAt == nil || e.NextAttemptAt != nil || e.Error != nil {
			t.Errorf("the history says %+v", e)
		}
		o.sim.ClearFaults()
		total := o.sim.Counts().Total
		time.Sleep(time.Hour)
		if n := o.sim.Counts().Total - total; n != 0 {
			t.Errorf("a sync that was called off made %d calls", n)
		}
		for _, id := range []domain.SyncID{id, "s_none"} {
			if r := domain.AsRejection(cancel(id)); r == nil || r.Failure.Remedy == "" {
				t.Errorf("%s could be called off", id)
			}
		}
		o.tell(o.onceMore())
		o.ends("m_accident", domain.Succeeded)
		if s := o.kept(); len(s.Matters) != 1 || len(s.Files) != 2 {
			t.Errorf("Smokeball has %d matters and %d files", len(s.Matters), len(s.Files))
		}
	})
}

func TestAClickOnAnUnknownMatterIsRejected(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		_, err := o.asks("m_none", nil)
		if r := domain.AsRejection(err); r == nil || r.Reason != domain.Unknown || r.Failure.Code != domain.CodeMatterUnknown || r.Failure.Remedy == "" {
			t.Errorf("the answer is %v", err)
		}
	})
}

// TestAClickLetsAWaitingSyncGoOn tells that a person need not wait for the back-off, but
// where a call has just shown that Smokeball is out of reach.
func TestAClickLetsAWaitingSyncGoOn(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		o.tell(created(accident()), o.retainer())
		o.until("a long pause", func() bool {
			e := o.newest("m_accident")
			return e.Status == domain.Waiting && time.Until(*e.NextAttemptAt) > 150*time.Second
		})
		time.Sleep(100 * time.Second)
		o.sim.ClearFaults()
		waiting := o.newest("m_accident")
		id, err := o.asks("m_accident", nil)
		o.must(err)
		if e := o.ends("m_accident", domain.Succeeded); id != waiting.ID || e.ID != id || !e.FinishedAt.Before(*waiting.NextAttemptAt) {
			t.Errorf("sync %s ended at %s, it waited until %s", e.ID, e.FinishedAt, waiting.NextAttemptAt)
		}
	})
}

func TestRetryIsForSyncsOfTheFirm(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		id := o.newest("m_accident").ID
		stranger := domain.User{Subject: "u_x", Firm: "f_elm"}
		for by, sync := range map[domain.User]domain.SyncID{stranger: id, lee: "s_none"} {
			_, _, err := o.requests.Retry(t.Context(), by, sync)
			if r := domain.AsRejection(err); r == nil || r.Reason != domain.Unknown {
				t.Errorf("the retry of %s by %s is answered %v", sync, by.Subject, err)
			}
		}
	})
}

// TestRetryIsNotForSyncsThatEndedWell: one that succeeded, or had nothing to send.
func TestRetryIsNotForSyncsThatEndedWell(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		refused := func() {
			t.Helper()
			_, _, err := o.requests.Retry(t.Context(), lee, o.newest("m_accident").ID)
			if r := domain.AsRejection(err); r == nil || r.Reason != domain.Conflict || r.Failure.Code != domain.CodeNotRetryable {
				t.Errorf("the retry of a sync that %s is answered %v", o.newest("m_accident").Status, err)
			}
		}
		refused()
		_, err := o.asks("m_accident", nil)
		o.must(err)
		o.ends("m_accident", domain.Skipped)
		refused()
	})
}

// TestAPersonCannotOutdateWhatCaseHugSaysLater brings matters and clients along whose versions
// are far beyond anything that is known, or that are not known at all.
func TestAPersonCannotOutdateWhatCaseHugSaysLater(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		forged := func(change func(*domain.MatterData)) {
			t.Helper()
			m := accident()
			m.Title = "Forged"
			change(&m)
			_, err := o.asks("m_accident", &m)
			if r := domain.AsRejection(err); r == nil || r.Reason != domain.Invalid || len(r.Faults) != 1 {
				t.Errorf("answered %v", err)
			}
		}
		huge := func(m *domain.MatterData) { m.Version = 1<<31 - 1 }
		hugeClient := func(m *domain.MatterData) { m.Version, m.Client.Version = 5, 1<<31-1 }
		forged(huge)
		forged(hugeClient)
		o.tell(created(accident()))
		forged(huge)
		forged(hugeClient)
		m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_accident"))
		o.must(err)
		if !m.Known || m.Data.Title == "Forged" {
			t.Errorf("the matter is %+v", m.Data)
		}
	})
}
