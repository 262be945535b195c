package syncing_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestFactsThatNoCallSeparatesShareAnAppend: each append is a flush to disk, so a new matter with a
// new client makes no more of them than intents and outcomes of calls and what waits for Smokeball
// need.
func TestFactsThatNoCallSeparatesShareAnAppend(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}, func(o *office) {
		o.hooks()
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		o.tell(created(numbered(1, maria())))
		o.rest() // the matter types are cached now
		client := maria()
		client.ID, client.Email, client.LastName = "c_new", "new@example.com", "Newman"
		var mu sync.Mutex
		var appends []string
		o.ledger.(*ledger).pauses(func(c eventstore.Commit) {
			mu.Lock()
			defer mu.Unlock()
			if names := namesOf(c); names != "smokeball.webhook.v1" { // of the first matter
				appends = append(appends, names)
			}
		})
		o.tell(created(numbered(2, client)))
		o.rest()
		o.ledger.(*ledger).pauses(nil)
		for _, together := range []string{
			"client.registered.v1 client.updated.v1 client.linked.v1 sync.started.v1 sync.matter_type_resolved.v1",
			"contact.accepted.v1 client.linked.v1 sync.contact_resolved.v1",
			"smokeball.matter_accepted.v1 sync.confirming.v1",
			"smokeball.webhook.v1 contact.confirmed.v1",
			"smokeball.webhook.v1 smokeball.matter_confirmed.v1",
		} {
			if !slices.ContainsFunc(appends, func(names string) bool { return strings.Contains(names, together) }) {
				t.Errorf("no append has %s", together)
			}
		}
		if len(appends) > 10 {
			t.Errorf("a new matter with a new client takes %d appends, want at most 10:\n%s", len(appends), strings.Join(appends, "\n"))
		}
	})
}

// namesOf are the events of a commit and of what it writes first.
func namesOf(c eventstore.Commit) string {
	var names []string
	for _, part := range c.InOrder() {
		for _, e := range part.Events {
			names = append(names, e.EventName())
		}
	}
	return strings.Join(names, " ")
}
