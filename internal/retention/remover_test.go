package retention_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retention"
	"github.com/casehug/smokeball-sync/projections"
)

const oak = domain.FirmID("f_oak")

var (
	now      = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	lee      = domain.User{Subject: "u_1", Name: "Lee Oak", Firm: oak}
	received = domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: []byte("{")}
)

// office is a ledger with its rows, and a remover.
type office struct {
	*testing.T
	ledger    *eventstore.Bolt
	views     *projections.Views
	remover   *retention.Remover
	destroyed []string
	fault     error
	told      uint64
}

// rowsOf are the rows as the engine gives them.
type rowsOf struct {
	*projections.Progress
	projections.SyncRows
	projections.AuditRows
	projections.DeadLetterRows
	kept projections.RetentionRows
}

func (r rowsOf) Chosen(f domain.FirmID) (domain.Retention, error) {
	row, err := r.kept.Retention(f)
	return row.Retention, err
}

func newOffice(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	views, err := projections.Open(filepath.Join(dir, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	folded := make(chan error, 1)
	go func() { folded <- views.Run(ctx, ledger) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-folded, views.Close(), ledger.Close()); err != nil {
			t.Error(err)
		}
	})
	o := &office{T: t, ledger: ledger, views: views, told: 1 << 40}
	o.remover = &retention.Remover{Service: retention.Service{Ledger: ledger, Now: func() time.Time { return now }},
		Rows:  rowsOf{views.Progress, views.Syncs, views.Trail, views.DeadLetters, views.Retentions},
		Firms: func() ([]domain.FirmID, error) { return []domain.FirmID{oak}, nil }, Log: slog.New(slog.DiscardHandler),
		Told: func(context.Context) (uint64, error) { return o.told, nil },
		Destroy: func(streams ...string) error {
			if o.fault == nil {
				o.destroyed = append(o.destroyed, streams...)
			}
			return o.fault
		}}
	return o
}

// given appends events that happened so many days ago.
func (o *office) given(days int, s domain.Stream, events ...domain.Event) {
	o.Helper()
	_, head, err := eventstore.Execute(o.Context(), o.ledger, func() time.Time { return now.AddDate(0, 0, -days) }, s, func(unread) ([]domain.Event, error) { return events, nil })
	if err != nil {
		o.Fatal(err)
	}
	if err := o.views.Wait(o.Context(), uint64(head.Seq)); err != nil {
		o.Fatal(err)
	}
}

type unread struct{}

func (a unread) Apply(domain.Event, time.Time) unread { return a }

func (o *office) sync(days int, id domain.SyncID) {
	o.Helper()
	o.given(days, domain.MatterStream(oak, "m_"+domain.MatterID(id)), domain.SyncRequested{Sync: id, Trigger: domain.TriggerManual, By: "u_5"}, domain.SyncStarted{Sync: id, Attempt: 1}, domain.SyncSucceeded{Sync: id})
}

func (o *office) chooses(r domain.Retention) {
	o.Helper()
	_, position, err := o.remover.Change(o.Context(), lee, func(domain.Retention) domain.Retention { return r })
	if err == nil {
		err = o.views.Wait(o.Context(), position)
	}
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) look() {
	o.Helper()
	if err := o.remover.Look(o.Context()); err != nil {
		o.Fatal(err)
	}
}

// history are the ids of the firm's entries, newest first.
func (o *office) history() (ids []domain.SyncID) {
	o.Helper()
	page, err := o.views.Syncs.History(oak, projections.HistoryQuery{Limit: 1000})
	if err != nil {
		o.Fatal(err)
	}
	for _, e := range page.Entries {
		ids = append(ids, e.ID)
	}
	return ids
}

func (o *office) last() eventstore.Seq {
	o.Helper()
	last, err := o.ledger.Last(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	return last
}

// given a firm that keeps 365 days, when the engine looks, then what is older has left the history, and
// what has not ended stays; a second look appends nothing.
func TestOldEntriesLeaveTheHistory(t *testing.T) {
	o := newOffice(t)
	o.sync(366, "s_old")
	o.given(400, domain.MatterStream(oak, "m_open"), domain.SyncRequested{Sync: "s_open", Trigger: domain.TriggerManual})
	o.sync(364, "s_young")
	o.look()
	if got := o.history(); len(got) != 3 {
		t.Fatalf("a firm that chose nothing has %v", got)
	}
	o.chooses(domain.Retention{History: 365})
	o.look()
	if got := o.history(); !slices.Equal(got, []domain.SyncID{"s_young", "s_open"}) {
		t.Errorf("the history is %v", got)
	}
	last := o.last()
	o.look()
	if o.last() != last {
		t.Error("a second look appends something")
	}
}

// given more entries than one event names, when the engine looks once, then all are gone, and the ledger's
// chain is whole.
func TestManyEntriesExpireAtOnce(t *testing.T) {
	o := newOffice(t)
	var events []domain.Event
	for i := range 1200 {
		id := domain.SyncID("s_" + string(rune('a'+i%26)) + time.Duration(i).String())
		events = append(events, domain.SyncRequested{Sync: id, Trigger: domain.TriggerManual}, domain.SyncCancelled{Sync: id, By: "u_5"})
	}
	for part := range slices.Chunk(events, 400) {
		o.given(100, domain.MatterStream(oak, "m_1"), part...)
	}
	o.chooses(domain.Retention{History: 30})
	o.look()
	if got := o.history(); len(got) != 0 {
		t.Errorf("%d entries are left", len(got))
	}
	if counts, err := o.views.Syncs.Counts(oak); err != nil || len(counts) != 0 {
		t.Errorf("the numbers are %v, %v", counts, err)
	}
	if kept, err := o.views.Retentions.Retention(oak); err != nil || kept.History.Count != 1200 {
		t.Errorf("gone are %+v, %v", kept.History, err)
	}
	if v, err := eventstore.Verify(t.Context(), o.ledger, o.last()); err != nil || v.Last != o.last() {
		t.Errorf("the ledger is verified up to %d of %d, %v", v.Last, o.last(), err)
	}
}

// given an entry of which CaseHug was not told yet, when the engine looks, then it stays until CaseHug was.
func TestAnEntryThatCaseHugIsToBeToldOfStays(t *testing.T) {
	o := newOffice(t)
	o.sync(100, "s_1")
	o.chooses(domain.Retention{History: 30})
	o.told = 1
	if o.look(); len(o.history()) != 1 {
		t.Error("it is gone")
	}
	o.told = uint64(o.last())
	if o.look(); len(o.history()) != 0 {
		t.Error("it stays")
	}
}

// given an audit trail, when the engine looks, then entries that are older than the firm keeps are gone:
// the choice itself is in the trail, with who made it.
func TestOldEntriesLeaveTheTrail(t *testing.T) {
	o := newOffice(t)
	o.given(800, domain.SettingsStream(oak), domain.SettingsChanged{By: "u_1"})
	refused := domain.RequestRefused{Actor: "u_5", Action: domain.ActionChangeSettings, Code: domain.CodeForbidden, Since: now.AddDate(0, 0, -801), Times: 3}
	o.given(801, domain.AuditStream(oak, refused.Since), refused)
	o.chooses(domain.Retention{Audit: 700})
	o.look()
	trail, _, err := o.views.Trail.Audit(oak, projections.AuditQuery{Limit: 10})
	if err != nil || len(trail) != 1 || trail[0].Action != domain.ActionChangeRetention || trail[0].Actor != "u_1" || trail[0].Name != "Lee Oak" {
		t.Errorf("the trail is %+v, %v", trail, err)
	}
}

// given dead letters, when the engine looks, then those that were decided long ago are gone with their
// data keys; one that nobody decided about stays, however old it is.
func TestDecidedDeadLettersAreRemoved(t *testing.T) {
	o := newOffice(t)
	discarded := domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1"}
	o.given(300, domain.DeadLetterStream(oak, "dl_open"), received)
	o.given(300, domain.DeadLetterStream(oak, "dl_late"), received)
	o.given(10, domain.DeadLetterStream(oak, "dl_late"), discarded)
	o.given(300, domain.DeadLetterStream(oak, "dl_old"), received, discarded)
	o.given(300, domain.DeadLetterStream(domain.Nobody, "dl_nobody"), received, discarded)
	o.remover.Defaults.DeadLetters = 90 * 24 * time.Hour
	o.look()
	for id, stays := range map[string]bool{"dl_open": true, "dl_late": true, "dl_old": false} {
		if _, there, err := o.views.DeadLetters.DeadLetter(oak, id); err != nil || there != stays {
			t.Errorf("%s: %v, %v", id, there, err)
		}
	}
	if want := []string{"deadletter.f_oak.dl_old", "deadletter.~.dl_nobody"}; !slices.Equal(o.destroyed, want) {
		t.Errorf("destroyed are %v, want %v", o.destroyed, want)
	}
}

// given an engine that dies after it destroyed a key, or can't destroy it, when the next one looks, then
// the dead letter is removed.
func TestAStepThatIsNotDoneIsRepeated(t *testing.T) {
	o := newOffice(t)
	o.given(300, domain.DeadLetterStream(oak, "dl_1"), received, domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1"})
	o.remover.Defaults.DeadLetters = 90 * 24 * time.Hour
	o.fault = errors.New("the disk is full")
	if err := o.remover.Look(t.Context()); !errors.Is(err, o.fault) {
		t.Errorf("the look returns %v", err)
	}
	if _, there, _ := o.views.DeadLetters.DeadLetter(oak, "dl_1"); !there {
		t.Fatal("the dead letter is gone before its key is")
	}
	o.fault = nil
	if o.look(); len(o.destroyed) != 1 {
		t.Errorf("destroyed are %v", o.destroyed)
	}
	if _, there, _ := o.views.DeadLetters.DeadLetter(oak, "dl_1"); there {
		t.Error("the dead letter stays")
	}
}
