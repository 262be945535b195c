package projections_test

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// TestAFollowerHearsOfTheConnectionsThatChanged: what it heard last of each firm is the firm's row, whatever
// happened in whatever batches, and of a firm of which nothing is told it hears nothing.
func TestAFollowerHearsOfTheConnectionsThatChanged(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		v := fresh(t, dir, "follow")
		defer discard(t, v)
		changed, stop := v.Connections.Follow()
		defer stop()
		heard, told := map[domain.FirmID]projections.ConnectionRow{}, map[domain.FirmID]bool{}
		ask := func(first bool) {
			err := changed(func(r projections.ConnectionRow) {
				heard[r.Firm] = r
				if !told[r.Firm] && !first {
					rt.Errorf("it heard of %s, of which nothing is told", r.Firm)
				}
			})
			if err != nil {
				rt.Fatal(err)
			}
			clear(told)
		}
		ask(true)
		for rest := anyLedger(rt); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			for _, env := range rest[:n] {
				told[env.Stream.Firm] = true
			}
			take(rt, v, rest[:n])
			rest = rest[n:]
			if rapid.Bool().Draw(rt, "asks") {
				ask(false)
			}
		}
		ask(false)
		rows, err := v.Connections.AllConnections()
		if err != nil {
			rt.Fatal(err)
		}
		if list := slices.SortedFunc(maps.Values(heard), func(a, b projections.ConnectionRow) int { return cmp.Compare(a.Firm, b.Firm) }); !reflect.DeepEqual(list, rows) && len(rows)+len(list) > 0 {
			rt.Errorf("heard was\n%+v, the rows are\n%+v", list, rows)
		}
	})
}

// TestAFollowerHearsOfAllConnectionsAfterARebuild: their rows may be others.
func TestAFollowerHearsOfAllConnectionsAfterARebuild(t *testing.T) {
	l := aStory(t)
	v := open(t, t.TempDir()+"/views.db")
	run(t, v, l)
	caughtUp(t, v, l)
	changed, stop := v.Connections.Follow()
	defer stop()
	hears := func() (n int) {
		if err := changed(func(projections.ConnectionRow) { n++ }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	all := hears()
	if again := hears(); all == 0 || again != 0 {
		t.Fatalf("it hears of %d firms, then of %d", all, again)
	}
	v.Rebuild()
	wait, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for v.LastRebuild().Done == 0 {
		_, moved := v.Changes()
		select {
		case <-moved:
		case <-time.After(time.Millisecond):
		case <-wait.Done():
			t.Fatalf("the rebuild is at %+v", v.LastRebuild())
		}
	}
	if n := hears(); n != all {
		t.Errorf("after the rebuild it hears of %d firms, want %d", n, all)
	}
}
