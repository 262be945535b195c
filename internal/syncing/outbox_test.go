package syncing_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestEverythingIsToldOnceUnderOneID tells that a restart, even before the mark was
// kept, tells CaseHug nothing new and nothing less.
func TestEverythingIsToldOnceUnderOneID(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		o.fact(domain.Disconnected{By: "u_1"})
		row := func(context.Context, domain.FirmID, uint64) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		}
		box := syncing.Outbox{Ledger: o.ledger, Mark: o.mark, Connection: row,
			Publish: func(context.Context, syncing.Told) error { return errFull }}
		if err := box.Run(t.Context()); !errors.Is(err, errFull) {
			t.Errorf("the outbox ended with %v", err)
		}
		if o.mark.at != 0 {
			t.Errorf("the mark is at %d", o.mark.at)
		}
		ctx, cancel := context.WithCancel(t.Context())
		told := 0
		box.Publish = func(context.Context, syncing.Told) error { told++; cancel(); return nil }
		if err := box.Run(ctx); err != nil || told != 1 {
			t.Errorf("the next one told %d events and ended with %v", told, err)
		}
	})
}

// TestTheOutboxOfADamagedLedgerSaysSo tells that a mark ahead of the log is noticed.
func TestTheOutboxOfADamagedLedgerSaysSo(t *testing.T) {
	box := syncing.Outbox{Ledger: newLedger(), Mark: &mark{at: 7}}
	if err := box.Run(t.Context()); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("the outbox ended with %v", err)
	}
}
