package readback

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// account is a Smokeball account whose lists have pages of a few matters, in the order of their
// changes. It notes which change of each matter it has listed.
type account struct {
	page    int
	matters []domain.SmokeballMatter
	listed  map[domain.SmokeballID]int64
	between func() // runs before each page is made
}

func (a *account) ChangedMatters(_ context.Context, _ domain.FirmID, since time.Time, offset int) (domain.MatterPage, error) {
	a.between()
	slices.SortStableFunc(a.matters, func(m, n domain.SmokeballMatter) int { return cmp.Compare(m.LastUpdated, n.LastUpdated) })
	from, _ := slices.BinarySearchFunc(a.matters, since, func(m domain.SmokeballMatter, at time.Time) int {
		return domain.TimeOfTicks(m.LastUpdated).Compare(at)
	})
	rest := a.matters[min(from+offset, len(a.matters)):]
	shown := slices.Clone(rest[:min(a.page, len(rest))])
	for _, m := range shown {
		a.listed[m.ID] = m.LastUpdated
	}
	return domain.MatterPage{Matters: shown, More: len(rest) > len(shown)}, nil
}

func (a *account) ChangedContacts(context.Context, domain.FirmID, time.Time, int) (domain.ContactPage, error) {
	return domain.ContactPage{}, nil
}

// TestASweepPassesOverNothing: Smokeball lists changes by the second, and a page may end in the
// middle of one; what changes between two pages moves to the list's end. Whatever was changed when
// the sweep began, and whatever changes while it goes on, is listed to it.
func TestASweepPassesOverNothing(t *testing.T) {
	ledger, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	firms := 0
	rapid.Check(t, func(t *rapid.T) {
		firms++
		a := &account{page: rapid.IntRange(2, 6).Draw(t, "page"), listed: map[domain.SmokeballID]int64{}}
		changes := 0
		newest := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
		begin := newest
		// at is when the next change takes place: a full page of one second is more than the list tells
		// apart while it moves.
		inSecond := 0
		at := func() int64 {
			if inSecond++; inSecond >= a.page || rapid.Bool().Draw(t, "another second") {
				newest, inSecond = newest.Truncate(time.Second).Add(time.Second), 1
			}
			newest = newest.Add(time.Millisecond)
			return ticksOf(newest)
		}
		for i := range rapid.IntRange(0, 30).Draw(t, "matters") {
			a.matters = append(a.matters, domain.SmokeballMatter{ID: domain.SmokeballID("sb_" + strconv.Itoa(i)), LastUpdated: at()})
		}
		a.between = func() {
			for ; changes < 10 && len(a.matters) > 0 && rapid.Bool().Draw(t, "a change"); changes++ {
				a.matters[rapid.IntRange(0, len(a.matters)-1).Draw(t, "of")].LastUpdated = at()
			}
		}
		s := &sweep{Sweeper: &Sweeper{Sights: Sights{Ledger: ledger, Now: time.Now}, Lists: a, Pace: SweepShare{PerSecond: 1e9}.Pace(time.Now)},
			firm: domain.FirmID("f_" + strconv.Itoa(firms)), linked: map[domain.SmokeballID]domain.LinkedResource{"sb_0": {Resource: "sb_0"}}, listed: map[domain.SmokeballID]bool{}}
		due := domain.SweepBegun{Reason: domain.SweepAuthorized, At: begin, Since: begin.Truncate(time.Second)}
		s.now = domain.CurrentSweep{SweepBegun: due, Place: domain.SweepPlace{Part: domain.SweepMatters, Since: due.Since}}
		if err := s.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, m := range a.matters {
			if a.listed[m.ID] != m.LastUpdated {
				t.Errorf("the change of %s at %s was passed over", m.ID, domain.TimeOfTicks(m.LastUpdated))
			}
		}
	})
}

// TestMoreChangesOfASecondThanAPageHas are listed, too, where they stay as they are.
func TestMoreChangesOfASecondThanAPageHas(t *testing.T) {
	place := domain.SweepPlace{Part: domain.SweepMatters, Since: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)}
	of := ticksOf(place.Since.Add(time.Millisecond))
	place = next(next(place, []int64{of, of, of}), []int64{of, of, of})
	if place.Offset != 6 {
		t.Errorf("after six changes of one second the sweep goes on at %d", place.Offset)
	}
	later := ticksOf(place.Since.Add(time.Second))
	if place = next(place, []int64{of, later}); place.Offset != 0 || !place.Since.Equal(domain.TimeOfTicks(later)) {
		t.Errorf("with the next second it goes on at %s, %d", place.Since, place.Offset)
	}
}

// ticksOf is the inverse of domain.TimeOfTicks.
func ticksOf(at time.Time) int64 {
	const epoch = 621355968000000000 // 1970 in ticks
	return epoch + at.UnixNano()/100
}
