package syncing_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestARequestCarriedOutAgainRequestsNothing tells that a request whose answer was lost finds its
// sync when it is carried out again with its token, also after the sync has ended, whether it
// requested the sync, joined it or only told news.
func TestARequestCarriedOutAgainRequestsNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()))
		ask := func(token string, with *domain.MatterData) (domain.SyncID, uint64) {
			id, at, err := o.requests.Repeatable(token).Request(o.Context(), lee, "m_accident", with, nil)
			o.must(err)
			return id, at
		}
		first, at := ask("requests", nil)
		joined, _ := ask("joins", nil)
		o.ends("m_accident", domain.Succeeded)
		m := accident()
		m.Version, m.Title = 2, "Another title"
		news, _ := ask("tells", &m)
		o.ends("m_accident", domain.Succeeded)
		total := o.sim.Counts().Total
		for token, want := range map[string]domain.SyncID{"requests": first, "joins": joined, "tells": news} {
			if id, again := ask(token, nil); id != want || token == "requests" && again != at {
				t.Errorf("the call %s led to %s at %d, and before to %s at %d", token, id, again, want, at)
			}
		}
		time.Sleep(time.Minute)
		if n := o.sim.Counts().Total - total; n != 0 {
			t.Errorf("calls that were carried out again made %d calls to Smokeball", n)
		}
	})
}
