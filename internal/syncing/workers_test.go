package syncing_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestWorkersGoRoundTheFirms tells in which order work begins: clicks first, firm by firm,
// and events after four clicks.
func TestWorkersGoRoundTheFirms(t *testing.T) {
	w := syncing.NewWorkers(1)
	var begun []string
	var has domain.FirmID
	ask := func(f domain.FirmID, what string, n int) {
		class := syncing.Live
		if what == "click" {
			class = syncing.Clicked
		}
		for range n {
			w.Ask(f, class, func() { begun, has = append(begun, string(f)+" "+what), f })
		}
	}
	ask("a", "click", 6)
	ask("b", "event", 2)
	ask("c", "event", 1)
	ask("d", "click", 2)
	for range 10 {
		w.Free(has)
	}
	want := "a click, a click, d click, a click, d click, b event, a click, a click, a click, c event, b event"
	if got := strings.Join(begun, ", "); got != want {
		t.Errorf("work began as\n%s, want\n%s", got, want)
	}
}

// TestAFirmWithMuchToDoLeavesWorkersToOthers tells how many workers a firm gets.
func TestAFirmWithMuchToDoLeavesWorkersToOthers(t *testing.T) {
	w := syncing.NewWorkers(8)
	held := map[domain.FirmID]int{}
	ask := func(f domain.FirmID, n int) {
		for range n {
			w.Ask(f, syncing.Clicked, func() { held[f]++ })
		}
	}
	wants := func(when string, a, b, c int) {
		t.Helper()
		if held["a"] != a || held["b"] != b || held["c"] != c {
			t.Errorf("%s the firms have %v, want %d, %d, %d", when, held, a, b, c)
		}
	}
	ask("a", 100)
	wants("alone", 7, 0, 0)
	ask("b", 100)
	wants("when another comes", 7, 1, 0)
	free := func(f domain.FirmID) { held[f]--; w.Free(f) }
	for range 4 {
		free("a")
	}
	wants("when four of its jobs ended", 4, 3, 0)
	free("a")
	wants("then turn by turn, half of them at most", 3, 4, 0)
	ask("c", 1)
	wants("a third one finds the worker that is kept", 3, 4, 1)
}

// TestWorkersAreNeitherLostNorMade tells that, whatever comes and goes, no more workers are
// at work than there are, a firm that has none waits only while all are busy, and all work
// is done in the end.
func TestWorkersAreNeitherLostNorMade(t *testing.T) {
	firms := []domain.FirmID{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9).Draw(t, "workers")
		w := syncing.NewWorkers(size)
		asked, done := 0, 0
		waiting := map[domain.FirmID]int{}
		var busy []domain.FirmID
		free := func(i int) {
			f := busy[i]
			busy = slices.Delete(busy, i, i+1)
			done++
			w.Free(f)
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			if len(busy) > 0 && rapid.Bool().Draw(t, "ends") {
				free(rapid.IntRange(0, len(busy)-1).Draw(t, "which"))
			} else {
				f := rapid.SampledFrom(firms).Draw(t, "firm")
				asked++
				waiting[f]++
				w.Ask(f, rapid.SampledFrom([]int{0, 1}).Draw(t, "class"), func() { busy = append(busy, f); waiting[f]-- })
			}
			if len(busy) > size {
				t.Fatalf("%d of %d workers are busy", len(busy), size)
			}
			for _, f := range firms {
				if waiting[f] > 0 && !slices.Contains(busy, f) && len(busy) < size {
					t.Fatalf("%s waits for a worker and has none; %d of %d are busy", f, len(busy), size)
				}
			}
		}
		for len(busy) > 0 {
			free(0)
		}
		if done != asked {
			t.Fatalf("%d of %d jobs were done", done, asked)
		}
	})
}
