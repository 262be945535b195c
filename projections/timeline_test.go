package projections_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestAMattersRowDoesNotGrowWithItsTimeline: a list of matters decodes their rows, however much
// happened to each.
func TestAMattersRowDoesNotGrowWithItsTimeline(t *testing.T) {
	after := func(syncs int) (row, timeline int) {
		l := newLedger()
		l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
		for i := range syncs {
			id := domain.SyncID(fmt.Sprintf("s_%03d", i))
			l.tell(t, domain.MatterStream(oak, matterOfMaria), requested(id, domain.TriggerManual), begun(id, 1), domain.SyncSucceeded{Sync: id})
		}
		v := folded(t, l)
		stored, err := v.Dump()
		if err != nil {
			t.Fatal(err)
		}
		for path, value := range stored {
			switch {
			case strings.HasPrefix(path, "matters.") && strings.Contains(path, " rows "):
				row = len(value)
			case strings.HasPrefix(path, "timelines.") && strings.Contains(path, " rows "):
				timeline = len(value)
			}
		}
		return row, timeline
	}
	few, _ := after(1)
	many, moments := after(40)
	if many > few+8 { // its positions have more digits
		t.Errorf("the row has %d bytes after one sync and %d after 40", few, many)
	}
	if moments < 80*50 {
		t.Errorf("the timeline has %d bytes after 40 syncs: it lacks moments", moments)
	}
}

// TestADamagedTimelineIsAnError: a row that is cut off anywhere but between two moments is not taken
// for a shorter one.
func TestADamagedTimelineIsAnError(t *testing.T) {
	row := projections.Timelines.Fold(projections.TimelineRow{}, eventstore.Envelope{Seq: 1, At: start, Event: created()})
	data, err := row.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(data); n++ {
		if err := new(projections.TimelineRow).UnmarshalBinary(data[:n]); err == nil {
			t.Fatalf("%d of %d bytes are no error", n, len(data))
		}
	}
}

// TestATimelineNamesWhoDecided: what a person decided about a matter has their name, where the ledger
// has it.
func TestATimelineNamesWhoDecided(t *testing.T) {
	for want, e := range map[string]domain.Event{
		"Dana Cole unlinked the matter from Smokeball’s matter sb-1. What is there stays there":    domain.MatterUnlinked{Matter: "sb-1", Reason: domain.UnlinkedByPerson, By: "u_1", ByName: "Dana Cole"},
		"A firm admin unlinked the matter from Smokeball’s matter sb-1. What is there stays there": domain.MatterUnlinked{Matter: "sb-1", Reason: domain.UnlinkedByPerson, By: "u_1"},
		"Dana Cole linked the matter to Smokeball’s matter sb-1":                                   domain.MatterLinked{Matter: "sb-1", How: domain.LinkedByHand, By: "u_1", ByName: "Dana Cole"},
		"Dana Cole set the version back: what CaseHug sends above version 3 counts":                domain.MatterRebased{Version: 3, By: "u_1", ByName: "Dana Cole"},
		"Smokeball’s status was accepted, by Dana Cole":                                            domain.DifferenceAccepted{Field: domain.FieldStatus, By: "u_1", ByName: "Dana Cole"},
		"CaseHug’s status is to be written to Smokeball, by Dana Cole":                             domain.RepairAsked{Field: domain.FieldStatus, By: "u_1", ByName: "Dana Cole"},
		"The sync was cancelled by Dana Cole":                                                      domain.SyncCancelled{By: "u_1", ByName: "Dana Cole"},
		"The sync was cancelled":                                                                   domain.SyncCancelled{By: "u_1"},
	} {
		l := newLedger()
		l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), e)
		row, _, err := folded(t, l).Matters.Matter(oak, matterOfMaria)
		if err != nil {
			t.Fatal(err)
		}
		if got := row.Timeline[len(row.Timeline)-1].Words(); got != want {
			t.Errorf("%s is told as %q, want %q", e.EventName(), got, want)
		}
	}
}
