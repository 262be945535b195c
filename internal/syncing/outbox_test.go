package syncing_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestEverythingIsToldOnceUnderOneID tells that a restart, even before the mark was
// kept, tells CaseHug nothing new and nothing less.
func TestEverythingIsToldOnceUnderOneID(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, maria()))
		o.sends(numbered(2, maria()))
		want := o.heard()
		ids := []string{}
		for _, h := range o.told {
			ids = append(ids, h.ID)
		}
		o.stop()
		o.told, o.mark.at = nil, 0
		o.start()
		synctest.Wait()
		if got := o.heard(); !slices.Equal(got, want) {
			t.Errorf("CaseHug heard %q, before the restart %q", got, want)
		}
		for i, h := range o.told {
			if h.ID != ids[i] {
				t.Errorf("%s is told as %s and was told as %s", h.Name, h.ID, ids[i])
			}
		}
	})
}

func TestWhatIsToldIsTheHistoryEntry(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 403})
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		o.heard()
		last := o.told[len(o.told)-1]
		var told struct {
			ID     domain.SyncID
			Status domain.Status
			Error  domain.Failure
		}
		o.must(json.Unmarshal(last.Data, &told))
		if last.Name != "matter.sync_failed" || last.Firm != oak || told.ID != e.ID || told.Status != domain.Failed || told.Error.Code != e.Error.Code {
			t.Errorf("CaseHug heard %+v", last)
		}
	})
}

var errFull = errors.New("the disk is full")

// TestWhatCantBeToldStopsTheOutbox tells that the mark does not pass what was not
// published.
func TestWhatCantBeToldStopsTheOutbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		o.fact(domain.Disconnected{By: "u_1"})
		row := func(context.Context, domain.FirmID, uint64) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		}
		box := syncing.Outbox{Ledger: o.ledger, Checkpoint: o.mark, Connection: row,
			Publish: func(context.Context, syncing.OutboxMessage) error { return errFull }, Stuck: &syncing.Stuck{}}
		if err := box.Run(t.Context()); !errors.Is(err, errFull) {
			t.Errorf("the outbox ended with %v", err)
		}
		if o.mark.at != 0 {
			t.Errorf("the mark is at %d", o.mark.at)
		}
		ctx, cancel := context.WithCancel(t.Context())
		told := 0
		box.Publish = func(context.Context, syncing.OutboxMessage) error { told++; cancel(); return nil }
		if err := box.Run(ctx); err != nil || told != 1 {
			t.Errorf("the next one told %d events and ended with %v", told, err)
		}
	})
}

// TestOneEventThatCantBeToldIsSetAside tells that it holds up no other firm's news, and that
// nothing is set aside where the bus takes nothing at all.
func TestOneEventThatCantBeToldIsSetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		for _, firm := range []domain.FirmID{"f_stuck", "f_oak", "f_elm"} {
			_, _, err := eventstore.Execute(t.Context(), o.ledger, time.Now, domain.ConnectionStream(firm),
				func(domain.Connection) ([]domain.Event, error) {
					return []domain.Event{domain.Disconnected{By: "u_1"}}, nil
				})
			o.must(err)
		}
		down := true
		var heard, aside []domain.FirmID
		row := func(_ context.Context, f domain.FirmID, _ uint64) (json.RawMessage, error) {
			if f == "f_stuck" {
				return nil, errors.New("there is no such row")
			}
			return json.RawMessage(`{}`), nil
		}
		box := syncing.Outbox{Ledger: o.ledger, Checkpoint: o.mark, Connection: row, Stuck: &syncing.Stuck{},
			Publish: func(_ context.Context, told syncing.OutboxMessage) error {
				if down {
					return errFull
				}
				heard = append(heard, told.Firm)
				return nil
			},
			SetAside: func(_ context.Context, told syncing.OutboxMessage, _ error) error {
				aside = append(aside, told.Firm)
				return nil
			}}
		for range 9 {
			if err := box.Run(t.Context()); err == nil || o.mark.at != 0 {
				t.Fatalf("with the bus away: %v, mark %d", err, o.mark.at)
			}
		}
		down = false
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- box.Run(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(aside, []domain.FirmID{"f_stuck"}) || !slices.Contains(heard, "f_oak") || !slices.Contains(heard, "f_elm") {
			t.Errorf("set aside %v, told %v", aside, heard)
		}
	})
}

// TestTheBusComesBackBetweenTwoEvents: the first event failed while the bus was away, the next one is
// published because it is back. Nothing is set aside for that.
func TestTheBusComesBackBetweenTwoEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		for _, firm := range []domain.FirmID{"f_first", "f_oak"} {
			_, _, err := eventstore.Execute(t.Context(), o.ledger, time.Now, domain.ConnectionStream(firm),
				func(domain.Connection) ([]domain.Event, error) {
					return []domain.Event{domain.Disconnected{By: "u_1"}}, nil
				})
			o.must(err)
		}
		heard := map[domain.FirmID]bool{}
		row := func(context.Context, domain.FirmID, uint64) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		}
		box := syncing.Outbox{Ledger: o.ledger, Checkpoint: o.mark, Connection: row, Stuck: &syncing.Stuck{},
			Publish: func(_ context.Context, told syncing.OutboxMessage) error {
				if told.Firm == "f_first" && !heard["f_oak"] {
					return errFull
				}
				heard[told.Firm] = true
				return nil
			},
			SetAside: func(_ context.Context, told syncing.OutboxMessage, _ error) error {
				t.Errorf("%s is set aside", told.Firm)
				return nil
			}}
		for range 4 {
			if err := box.Run(t.Context()); !errors.Is(err, errFull) {
				t.Fatalf("with the bus away: %v", err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- box.Run(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil || !heard["f_first"] || !heard["f_oak"] {
			t.Errorf("%v, heard %v", err, heard)
		}
	})
}

// TestIDsSurviveARestoredBackup tells that a ledger which goes on differently after a backup
// was restored tells its other events under other ids, and the same ones under the same.
func TestIDsSurviveARestoredBackup(t *testing.T) {
	t.Parallel()
	ids := func(t *testing.T, facts ...domain.Event) (ids []string) {
		t.Helper()
		l := newLedger()
		for _, f := range facts {
			_, _, err := eventstore.Execute(t.Context(), l, time.Now, domain.ConnectionStream("f_oak"),
				func(domain.Connection) ([]domain.Event, error) { return []domain.Event{f}, nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		row := func(context.Context, domain.FirmID, uint64) (json.RawMessage, error) { return nil, nil }
		box := syncing.Outbox{Ledger: l, Checkpoint: &mark{}, Connection: row, Stuck: &syncing.Stuck{}, Publish: func(_ context.Context, told syncing.OutboxMessage) error {
			if ids = append(ids, told.ID); len(ids) == len(facts) {
				cancel()
			}
			return nil
		}}
		if err := box.Run(ctx); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	synctest.Test(t, func(t *testing.T) {
		before := ids(t, domain.Disconnected{By: "u_1"}, domain.Disconnected{By: "u_2"})
		after := ids(t, domain.Disconnected{By: "u_1"}, domain.Disconnected{By: "u_3"})
		if before[0] != after[0] || before[1] == after[1] {
			t.Errorf("the ids are %q, and after the restore %q", before, after)
		}
	})
}

// TestTheOutboxOfADamagedLedgerSaysSo tells that a mark ahead of the log is noticed.
func TestTheOutboxOfADamagedLedgerSaysSo(t *testing.T) {
	box := syncing.Outbox{Ledger: newLedger(), Checkpoint: &mark{at: 7}}
	if err := box.Run(t.Context()); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("the outbox ended with %v", err)
	}
}
