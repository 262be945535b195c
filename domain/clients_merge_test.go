package domain_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

type ids = []domain.SmokeballID

// TestMergeClients tells who is on the matter after CaseHug's list changed.
func TestMergeClients(t *testing.T) {
	for name, c := range map[string]struct{ there, was, next, want ids }{
		"CaseHug adds":                       {ids{"a"}, ids{"a"}, ids{"a", "b"}, ids{"a", "b"}},
		"CaseHug takes off":                  {ids{"a", "b"}, ids{"a", "b"}, ids{"a"}, ids{"a"}},
		"CaseHug adds, people had added":     {ids{"a", "p"}, ids{"a"}, ids{"a", "b"}, ids{"a", "p", "b"}},
		"CaseHug replaces, people had added": {ids{"a", "p"}, ids{"a"}, ids{"b"}, ids{"b", "p"}},
		"people had added the same":          {ids{"a", "b"}, ids{"a"}, ids{"a", "b"}, ids{"a", "b"}},
		"people had taken off the same":      {ids{"a"}, ids{"a", "b"}, ids{"a"}, ids{"a"}},
		"people had taken off another":       {ids{"a"}, ids{"a", "b"}, ids{"a", "b", "c"}, ids{"a", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := domain.MergeClients(c.there, c.was, c.next); !slices.Equal(got, c.want) {
				t.Errorf("merged to %v, want %v", got, c.want)
			}
		})
	}
}

// TestMergeClientsKeepsPeoplesWork draws any lists: who is on the matter is whom people
// have there, with what CaseHug added and without whom it took off, each once.
func TestMergeClientsKeepsPeoplesWork(t *testing.T) {
	some := rapid.SliceOfDistinct(rapid.SampledFrom(ids{"a", "b", "c", "d", "e"}), rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		there, was, next := some.Draw(t, "there"), some.Draw(t, "was"), some.Draw(t, "next")
		got := domain.MergeClients(there, was, next)
		for _, id := range (ids{"a", "b", "c", "d", "e"}) {
			on, had, named := slices.Contains(there, id), slices.Contains(was, id), slices.Contains(next, id)
			want := 0
			if (on && (!had || named)) || (named && !had) {
				want = 1
			}
			n := len(slices.DeleteFunc(slices.Clone(got), func(x domain.SmokeballID) bool { return x != id }))
			if n != want {
				t.Fatalf("%s is there %d times, want %d: there %v, was %v, next %v: %v", id, n, want, there, was, next, got)
			}
		}
	})
}

// TestAChangeOfClientsIsShown tells that one who was taken off has to be gone.
func TestAChangeOfClientsIsShown(t *testing.T) {
	before, next := domain.MatterDraft{ClientIDs: ids{"a"}}, domain.MatterDraft{ClientIDs: ids{"b"}}
	l := domain.Linked{Before: &before, Sent: next, Change: domain.MatterChange{ClientIDs: ids{"b", "p"}}}
	for want, there := range map[bool]ids{true: {"b", "p", "q"}, false: {"a", "b", "p"}} {
		if l.Shown(domain.SmokeballMatter{ClientIDs: there}) != want {
			t.Errorf("with the clients %v it is shown: %v", there, !want)
		}
	}
}
