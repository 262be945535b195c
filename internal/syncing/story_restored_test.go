package syncing_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestWhatARestoredLedgerLostIsFound restores a backup that was made before the matter came. CaseHug
// sends all of it again, as it is by then: with another number, another e-mail address, and a document
// more. The engine finds what it created in the part of the ledger that is lost.
func TestWhatARestoredLedgerLostIsFound(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		before := o.kept()

		o.restore()
		moved := accident(func(m *domain.MatterData) {
			m.Version, m.CaseNumber, m.Client.Version, m.Client.Email = 2, "CH-2026-0999", 2, "maria@elsewhere.example"
		})
		o.tell(updated(moved), o.retainer(), approved(o.papers.write("m_accident", "d_more", "one more")))
		o.ends("m_accident", domain.Succeeded)

		after := o.kept()
		if len(after.Matters) != 1 || len(after.Contacts) != 1 || len(after.Files) != 2 {
			t.Fatalf("Smokeball has %d matters, %d contacts and %d files, want 1, 1 and 2", len(after.Matters), len(after.Contacts), len(after.Files))
		}
		if m := after.Matters[0]; m.ID != before.Matters[0].ID || m.Number != "CH-2026-0999" {
			t.Errorf("the matter is %s with number %s, want %s with the new number", m.ID, m.Number, before.Matters[0].ID)
		}
		if n := o.calls(addFile); n != 2 {
			t.Errorf("%d files were announced, want 2", n)
		}
	})
}

// TestWhatIsNewAfterARestoreCostsThreeLooksMore tells what the looks after a restore cost: a new contact is
// looked for by name and telephone number too, and a new matter by its client. The files of a matter that
// the sync itself has created are not listed.
func TestWhatIsNewAfterARestoreCostsThreeLooksMore(t *testing.T) {
	t.Parallel()
	cost := func(restore bool) (calls int) {
		story(t, func(o *office) {
			if restore {
				o.restore()
			}
			time.Sleep(time.Second)
			before := o.sim.Counts().Total
			o.tell(created(accident()), o.retainer())
			o.ends("m_accident", domain.Succeeded)
			calls = o.sim.Counts().Total - before
		})
		return calls
	}
	if plain, restored := cost(false), cost(true); restored != plain+3 {
		t.Errorf("a matter with a document costs %d calls after a restore, %d without, want 3 more", restored, plain)
	}
}

// restore goes on with a ledger that knows the connection only.
func (o *office) restore() {
	o.Helper()
	o.stop()
	l := newLedger()
	o.ledger, o.last, o.mark = l, func() uint64 { return uint64(l.size()) }, &mark{}
	o.file = filepath.Join(o.TempDir(), "views.db")
	o.restored = time.Now()
	time.Sleep(o.waits.Visible) // as the engine does before it calls
	o.start()
	o.connect()
}
