package projections_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// TestAWaitingSyncSaysThatItWaitsForAConnection: a sync that would be tried again at a time says so no
// more once Smokeball took the access away: it waits for somebody to connect. One that lacks a mapping
// goes on saying that.
func TestAWaitingSyncSaysThatItWaitsForAConnection(t *testing.T) {
	until := start.Add(time.Hour)
	lost := domain.ConnectionLost{Failure: notConnected}
	for name, c := range map[string]struct {
		connection []domain.Event
		wait       domain.SyncDeferred
		want       domain.Code
		next       bool
	}{
		"while connected":            {[]domain.Event{authorized}, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, domain.CodeSmokeballUnavailable, true},
		"after the access was taken": {[]domain.Event{authorized, lost}, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, domain.CodeNotConnected, false},
		"after a disconnect":         {[]domain.Event{authorized, domain.Disconnected{By: "u_1"}}, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, domain.CodeNotConnected, false},
		"after the sign-in ended":    {[]domain.Event{authorized, domain.ReauthorizationRequired{}}, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, domain.CodeReauthorizationRequired, false},
		"connected again":            {[]domain.Event{authorized, lost, domain.ConnectionRecovered{}}, domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: until}, domain.CodeSmokeballUnavailable, true},
		"one that lacks a mapping":   {[]domain.Event{authorized, lost}, domain.SyncDeferred{Sync: "s_1", Failure: unmapped()}, domain.CodeMatterTypeUnmapped, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), requested("s_1", domain.TriggerManual), begun("s_1", 1), c.wait)
			l.tell(t, domain.ConnectionStream(oak), c.connection...)
			v := folded(t, l)
			entry, _, err := v.Syncs.Sync(oak, "s_1")
			if err != nil {
				t.Fatal(err)
			}
			page, err := v.Syncs.History(oak, projections.HistoryQuery{})
			if err != nil || len(page.Entries) != 1 {
				t.Fatalf("the history has %d entries: %v", len(page.Entries), err)
			}
			matter, _, err := v.Matters.Matter(oak, matterOfMaria)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := v.Matters.Matters(oak, projections.MatterQuery{})
			if err != nil || len(list) != 1 {
				t.Fatalf("there are %d matters: %v", len(list), err)
			}
			for where, got := range map[string]domain.Code{"its entry": entry.Error.Code, "the history": page.Entries[0].Error.Code,
				"its matter": matter.Failure.Code, "the list of matters": list[0].Failure.Code} {
				if got != c.want {
					t.Errorf("%s says that it waits by %s, want %s", where, got, c.want)
				}
			}
			if (entry.NextAttemptAt != nil) != c.next || (page.Entries[0].NextAttemptAt != nil) != c.next {
				t.Errorf("it is tried next at %v (in the history %v)", entry.NextAttemptAt, page.Entries[0].NextAttemptAt)
			}
		})
	}
}
