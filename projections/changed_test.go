package projections_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// changedText is each row's position, kind and id.
func changedText(list []projections.ChangedRow) (out []string) {
	for _, c := range list {
		switch r := c.Row.(type) {
		case projections.HistoryRow:
			out = append(out, fmt.Sprintf("%d history %s %s", c.Position, r.ID, r.Status))
		case projections.MatterRow:
			out = append(out, fmt.Sprintf("%d matter %s %s", c.Position, r.ID, r.Status))
		}
	}
	return out
}

// TestWhatChangedAfterAPositionIsListedOnceAsItIsNow: in the order of the last changes, and
// nothing of another firm.
func TestWhatChangedAfterAPositionIsListedOnceAsItIsNow(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), requested("s_1", domain.TriggerManual)) // 1, 2
	l.tell(t, domain.MatterStream(elm, "m_9"), requested("s_9", domain.TriggerManual))                    // 3
	l.tell(t, domain.MatterStream(oak, "m_2"), requested("s_2", domain.TriggerManual))                    // 4
	l.tell(t, domain.MatterStream(oak, matterOfMaria), domain.SyncCancelled{Sync: "s_1", By: "u_1"})      // 5
	v := folded(t, l)

	all := []string{"4 history s_2 queued", "4 matter m_2 queued", "5 history s_1 cancelled", "5 matter " + string(matterOfMaria) + " cancelled"}
	for after, want := range [][]string{all, all, all, all, all[2:], nil} {
		list, upTo, err := v.Changed.ChangedAfter(oak, uint64(after), 100)
		if err != nil {
			t.Fatal(err)
		}
		if got := changedText(list); !slices.Equal(got, want) {
			t.Errorf("after %d changed %q, want %q", after, got, want)
		}
		if upTo != 5 {
			t.Errorf("the list after %d is complete to %d, want 5", after, upTo)
		}
	}
}

// TestRowsThatChangedTogetherAreNotSeparated by the limit: whoever goes on after the position
// of one has the others too.
func TestRowsThatChangedTogetherAreNotSeparated(t *testing.T) {
	l := newLedger()
	for i := range 7 {
		l.tell(t, domain.MatterStream(oak, domain.MatterID(fmt.Sprintf("m_%d", i))), requested(domain.SyncID(fmt.Sprintf("s_%d", i)), domain.TriggerManual))
	}
	v := folded(t, l)
	for limit := 1; limit < 16; limit++ {
		var got []string
		var after uint64
		for rounds := 0; rounds < 20 && after < 7; rounds++ {
			list, upTo, err := v.Changed.ChangedAfter(oak, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > limit+1 {
				t.Fatalf("a list of at most %d has %d rows", limit, len(list))
			}
			got, after = append(got, changedText(list)...), upTo
		}
		if len(got) != 14 || !slices.IsSortedFunc(got, func(a, b string) int { return int(a[0]) - int(b[0]) }) {
			t.Errorf("in lists of %d: %q, want each of 14 rows once, in the order of their changes", limit, got)
		}
	}
}

// TestAWatcherHearsOfItsFirmOnly: what other firms do costs it nothing.
func TestAWatcherHearsOfItsFirmOnly(t *testing.T) {
	v := open(t, t.TempDir()+"/views.db")
	changed, stop := v.Changed.Watch(oak)
	take := func(seq eventstore.Seq, firm domain.FirmID) {
		env := eventstore.Envelope{Seq: seq, Stream: domain.MatterStream(firm, "m_1"), Version: uint64(seq), At: start.Add(time.Duration(seq)), Event: requested(domain.SyncID(fmt.Sprintf("s_%d", seq)), domain.TriggerManual)}
		if err := v.Take([]eventstore.Envelope{env}); err != nil {
			t.Fatal(err)
		}
	}
	heard := func() bool {
		select {
		case <-changed:
			return true
		default:
			return false
		}
	}
	for seq := eventstore.Seq(1); seq < 4; seq++ {
		take(seq, elm)
	}
	if heard() {
		t.Error("the watcher was told of another firm's changes")
	}
	take(4, oak)
	take(5, oak)
	if !heard() || heard() {
		t.Error("two changes that nobody read in between are told once, and they were not")
	}
	stop()
	take(6, oak)
	if heard() {
		t.Error("a watcher that stopped was told")
	}
}
