package syncing_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// elm is another firm that shares Smokeball's allowance with oak.
const elm domain.FirmID = "f_elm"

// neighbour connects elm and lets it sync each new matter.
func (o *office) neighbour() {
	o.Helper()
	tokens, err := o.sim.Grant(elmAccount)
	o.must(err)
	o.grants.put(elm, tokens, time.Now())
	_, _, err = eventstore.Execute(o.Context(), o.ledger, time.Now, domain.ConnectionStream(elm), func(domain.Connection) ([]domain.Event, error) {
		return []domain.Event{domain.ConnectionAuthorized{Account: domain.Account{ID: elmAccount}, By: "u_admin", ReauthorizeBy: time.Now().Add(30 * 24 * time.Hour)}}, nil
	})
	o.must(err)
	s := domain.DefaultSettings
	s.OnMatterCreated = true
	_, _, err = eventstore.Execute(o.Context(), o.ledger, time.Now, domain.SettingsStream(elm),
		func(p domain.Preferences) ([]domain.Event, error) { return p.Change(s, "u_admin"), nil })
	o.must(err)
}

// startsWithin announces a matter of elm and requires its sync to begin, and to succeed.
func (o *office) startsWithin(start, end time.Duration) {
	o.Helper()
	e := created(accident())
	e.Firm = elm
	o.tell(e)
	began := time.Now()
	sync := func() domain.Sync {
		m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(elm, "m_accident"))
		o.must(err)
		if m.Current == nil {
			return domain.Sync{Status: domain.Succeeded}
		}
		return *m.Current
	}
	for sync().Status == domain.Queued && time.Since(began) < start {
		time.Sleep(time.Second)
	}
	if s := sync(); s.Status == domain.Queued {
		o.Fatalf("after %s another firm's sync has not begun", start)
	}
	o.Logf("another firm's sync began after %s", time.Since(began))
	for !sync().Status.Ended() && time.Since(began) < end {
		time.Sleep(time.Second)
	}
	if s := sync(); !s.Status.Ended() {
		o.Errorf("after %s another firm's sync is %s", end, s.Status)
	}
	o.Logf("it ended after %s", time.Since(began))
}

// TestClicksOfOneFirmDoNotHoldUpAnother tells that 200 clicks of one firm leave another
// firm's automatic sync its worker and its calls. Smokeball shows nothing for longer than the
// other firm may wait, so that no worker of the first becomes free in time.
func TestClicksOfOneFirmDoNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 100 * time.Second, Max: 140 * time.Second}, func(o *office) {
		o.restartWith(24)
		o.neighbour()
		for i, c := range someClients(200) {
			m := numbered(i, c)
			_, err := o.asks(m.ID, &m)
			o.must(err)
		}
		time.Sleep(5 * time.Second)
		o.startsWithin(30*time.Second, 6*time.Minute)
	})
}

// TestTricklingDocumentsHoldUpNobody tells that documents which come byte by byte hold up
// neither another firm's syncs nor, for long, the other syncs of their own firm.
func TestTricklingDocumentsHoldUpNobody(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.restartWith(24)
		o.neighbour()
		o.papers.trickle(15 * time.Second)
		clients := someClients(31)
		for i := range 30 {
			m := numbered(i, clients[i])
			_, err := o.asks(m.ID, &m, o.papers.write(m.ID, domain.DocumentID(fmt.Sprint("d_", i)), "twenty bytes of paper"))
			o.must(err)
		}
		time.Sleep(time.Minute)
		o.startsWithin(30*time.Second, time.Minute)
		own := numbered(30, clients[30])
		_, err := o.asks(own.ID, &own)
		o.must(err)
		time.Sleep(30 * time.Second)
		if e := o.newest(own.ID); e.Status != domain.Succeeded {
			t.Errorf("a click of the same firm is %s after 30 s", e.Status)
		}
		if n := o.engine.stalls.All(); n != 0 {
			t.Errorf("%d syncs count as stalled, although their documents come or wait for a place", n)
		}
	})
}

// restartWith starts the engine again, with so many workers.
func (o *office) restartWith(workers int) {
	o.Helper()
	o.workers = workers
	o.restart()
}

// trickling gives one byte after each pause.
type trickling struct {
	ctx   context.Context
	pause time.Duration
	from  io.Reader
}

func (r trickling) Read(p []byte) (int, error) {
	select {
	case <-time.After(r.pause):
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
	return r.from.Read(p[:1])
}
