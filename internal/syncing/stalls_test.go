package syncing_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestARunningSyncThatDoesNotMoveIsTold tells that a sync which has had no fact and no call
// for a minute is an alarm until it goes on, and that one which makes calls is none.
func TestARunningSyncThatDoesNotMoveIsTold(t *testing.T) {
	story(t, func(o *office) {
		o.papers.whenOpened(func() { time.Sleep(5 * time.Minute) }) // whoever is asked for it hangs
		o.tell(created(accident()), approved(o.papers.write("m_accident", "d_9", "a retainer")))
		time.Sleep(55 * time.Second)
		if n := o.engine.stalls.Of(oak); n != 0 {
			t.Errorf("%d syncs have stalled after 55 s", n)
		}
		time.Sleep(30 * time.Second)
		if n := o.engine.stalls.Of(oak); n != 1 || o.engine.stalls.All() != 1 || o.engine.stalls.Of("f_other") != 0 {
			t.Errorf("%d syncs have stalled after 85 s, want the one that hangs", n)
		}
		o.ends("m_accident", domain.Succeeded)
		time.Sleep(15 * time.Second)
		if n := o.engine.stalls.All(); n != 0 {
			t.Errorf("%d syncs have stalled although all have ended", n)
		}
	})
}
