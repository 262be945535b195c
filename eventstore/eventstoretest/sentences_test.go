package eventstoretest_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
)

// TestSentences: a sentence is found wherever a failure or a warning holds it, also in the
// cause of a warning, and codes and people's own words are none.
func TestSentences(t *testing.T) {
	about := &domain.About{Op: domain.OpOf("create matter"), File: "Signed retainer.pdf", Name: "Auto Accident (IL)"}
	for _, e := range []domain.Event{
		domain.SyncFailed{Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Fault: domain.FaultRefused, About: about, Smokeball: &domain.Refusal{Detail: "It did not please us."}}},
		domain.SyncWarned{Warning: domain.Warning{Code: domain.WarnTagsRefused, About: about}},
		domain.ConnectionClosed{},
	} {
		if found := eventstoretest.Sentences(e); len(found) > 0 {
			t.Errorf("%s is said to hold sentences: %q", e.EventName(), found)
		}
	}
	for _, e := range []domain.Event{
		domain.SyncFailed{Failure: domain.Failure{Message: "It is late."}},
		domain.DocumentFailed{Failure: domain.Failure{Remedy: "Send it again."}},
		domain.ConnectionClosed{Failure: &domain.Failure{About: &domain.About{Op: "create matter"}}},
		domain.SyncWarned{Warning: domain.Warning{About: &domain.About{Cause: &domain.Failure{Message: "It is locked."}}}},
		domain.SyncSucceeded{Warnings: []domain.Warning{{Message: "Look at it."}}},
	} {
		if found := eventstoretest.Sentences(e); len(found) != 1 {
			t.Errorf("of %+v are found %q", e, found)
		}
	}
}
