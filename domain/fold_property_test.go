package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// TestFoldsNeverFail tells that no order of stored events makes a fold panic: a
// ledger can always be opened.
func TestFoldsNeverFail(t *testing.T) {
	all := samples()
	rapid.Check(t, func(t *rapid.T) {
		var (
			matter     domain.Matter
			client     domain.Client
			contact    domain.Contact
			connection domain.Connection
			prefs      domain.Preferences
			notices    domain.Webhooks
			letter     domain.DeadLetter
		)
		for i, e := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 60).Draw(t, "events") {
			at := start.Add(time.Duration(i) * time.Second)
			matter, client, contact = matter.Apply(e, at), client.Apply(e, at), contact.Apply(e, at)
			connection, prefs = connection.Apply(e, at), prefs.Apply(e, at)
			notices, letter = notices.Apply(e, at), letter.Apply(e, at)
		}
		if matter.Current == nil && matter.Next != nil {
			t.Fatal("there is a next sync and no current one")
		}
	})
}
