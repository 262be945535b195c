package domain_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// TestApplyLeavesOlderValues: an aggregate that somebody holds stays as it was, whatever is
// applied to it afterwards: what a stream was folded to is shared.
func TestApplyLeavesOlderValues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		leavesOlder[domain.Matter](rt, "matter")
		leavesOlder[domain.Client](rt, "client")
		leavesOlder[domain.Contact](rt, "contact")
		leavesOlder[domain.Connection](rt, "connection")
		leavesOlder[domain.Mappings](rt, "mappings")
		leavesOlder[domain.Webhooks](rt, "webhooks")
		leavesOlder[domain.Activities](rt, "activities")
		leavesOlder[domain.Hints](rt, "hints")
		leavesOlder[domain.Taken](rt, "taken")
		leavesOlder[domain.Register](rt, "register")
		leavesOlder[domain.Claim](rt, "claim")
		leavesOlder[domain.Object](rt, "object")
		leavesOlder[domain.DeadLetter](rt, "dead letter")
		leavesOlder[domain.Preferences](rt, "preferences")
		leavesOlder[domain.Signed](rt, "signed")
	})
}

// leavesOlder folds the same story twice, goes on from one of the two in two ways, and
// compares it with the other.
func leavesOlder[A interface {
	Apply(domain.Event, time.Time) A
}](t *rapid.T, name string) {
	var held, same A
	for i, e := range rapid.SliceOfN(rapid.SampledFrom(samples()), 0, 40).Draw(t, name) {
		held, same = held.Apply(copyOf(t, e), later(i)), same.Apply(copyOf(t, e), later(i))
	}
	for range 2 {
		a := held
		for i, e := range rapid.SliceOfN(rapid.SampledFrom(samples()), 1, 15).Draw(t, name+" goes on") {
			a = a.Apply(copyOf(t, e), later(i))
		}
	}
	if !reflect.DeepEqual(held, same) {
		t.Fatalf("a held %s is\n%+v, want\n%+v", name, held, same)
	}
}

// copyOf is an event that shares nothing with e.
func copyOf(t *rapid.T, e domain.Event) domain.Event {
	name, data, err := domain.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	e, err = domain.Unmarshal(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func later(i int) time.Time { return time.Date(2026, 11, 2, 15, 0, i, 0, time.UTC) }
