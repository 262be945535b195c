package syncing_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestARunningSyncThatDoesNotMoveIsTold tells that a sync which has had no fact and no call
// for a minute is an alarm until it goes on, and that one which makes calls is none.
func TestARunningSyncThatDoesNotMoveIsTold(t *testing.T) {
	t.Parallel()
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

// TestAQueueForTheAllowanceIsNoStall tells that syncs whose calls wait for their slots longer than a
// minute, or for a contact that such a sync is making, are no alarm.
func TestAQueueForTheAllowanceIsNoStall(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.rate = 0.02
		o.restart()
		both := someClients(1)[0]
		for i := range 12 {
			m := numbered(i, both)
			_, err := o.asks(m.ID, &m)
			o.must(err)
		}
		for range 120 {
			time.Sleep(10 * time.Second)
			if n := o.engine.stalls.All(); n != 0 {
				o.Fatalf("%d syncs count as stalled although their calls wait", n)
			}
		}
	})
}

// TestASyncThatGoesOnIsNoStall: while it goes on after a long pause it rests until the end of the pause
// is noted, so that nobody who looks in between takes the pause for a stall.
func TestASyncThatGoesOnIsNoStall(t *testing.T) {
	var c syncing.Calls
	s, asked := domain.MatterStream(oak, "m_1"), false
	c.Rest(s, func() time.Time {
		asked = true
		if !c.Rests(s) {
			t.Error("the rest is over before its end is noted")
		}
		return time.Now()
	})()
	if !asked || c.Rests(s) {
		t.Errorf("its end was noted: %v; it rests: %v", asked, c.Rests(s))
	}
}

// thinLine takes four bytes of an upload in 25 seconds.
type thinLine struct{ http.RoundTripper }

func (l thinLine) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut && r.Body != nil {
		r = r.Clone(r.Context())
		r.Body = thinBody{r.Body}
	}
	return l.RoundTripper.RoundTrip(r)
}

type thinBody struct{ io.ReadCloser }

func (b thinBody) Read(p []byte) (int, error) {
	time.Sleep(25 * time.Second)
	return b.ReadCloser.Read(p[:min(len(p), 4)])
}

// TestASlowUploadIsNoStall tells that a document whose bytes go on being taken is no alarm.
func TestASlowUploadIsNoStall(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.stop()
		o.engine = &engine{wakes: &syncing.Notifier{}}
		o.wire(o.ledger, thinLine{o.sim.Transport()})
		o.tell(created(accident()), approved(o.papers.write("m_accident", "d_9", "twenty bytes of text")))
		for range 14 {
			time.Sleep(10 * time.Second)
			if n := o.engine.stalls.All(); n != 0 {
				o.Fatalf("%d syncs count as stalled although a document is being sent", n)
			}
		}
		o.ends("m_accident", domain.Succeeded)
	})
}
