package syncing_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func TestWithoutAConnectionASyncWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		o.start()
		o.tell(created(accident()), o.retainer())
		o.waitsFor("m_accident", domain.CodeNotConnected)
		if n := o.sim.Counts().Total; n != 0 {
			t.Errorf("%d calls were made without a connection", n)
		}
		o.away(60 * time.Hour) // longer than passing faults are put up with
		o.connect()
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Count: 2})
		o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
		o.ends("m_accident", domain.Succeeded)
		o.one()
	})
}

func TestARevokedFirmWaitsUntilItConnectsAgain(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, maria()))
		o.must(o.sim.Revoke(oakAccount))
		o.tell(created(accident()), o.retainer())
		e := o.waitsFor("m_accident", domain.CodeReauthorizationRequired)
		if got := o.connection().Status(time.Now()); got != domain.StatusRevoked {
			t.Errorf("the connection is %s", got)
		}
		total := o.sim.Counts().Total
		time.Sleep(time.Hour)
		if n := o.sim.Counts().Total; n != total {
			t.Errorf("%d calls were made for a firm that is not connected", n-total)
		}
		o.restart()
		o.connect()
		o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
		if again := o.ends("m_accident", domain.Succeeded); again.ID != e.ID {
			t.Errorf("sync %s went on as %s", e.ID, again.ID)
		}
		want := []string{"connection.changed", "matter.synced", "connection.changed", "connection.changed", "matter.synced"}
		if heard := o.heard(); !slices.Equal(heard, want) {
			t.Errorf("CaseHug heard %q", heard)
		}
	})
}

func TestAnAuthorizationThatEndsAsksForANewOne(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, maria()))
		o.away(31 * 24 * time.Hour)
		o.tell(created(accident()), o.retainer())
		o.waitsFor("m_accident", domain.CodeReauthorizationRequired)
		if got := o.connection().Status(time.Now()); got != domain.StatusReauthorizationRequired {
			t.Errorf("the connection is %s", got)
		}
		o.connect()
		o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
		o.ends("m_accident", domain.Succeeded)
	})
}

func TestAccessTokensAreRenewedByTheWay(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		for n := range 3 {
			o.sends(numbered(n, maria()))
			o.away(3 * time.Hour)
		}
		if n := len(o.kept().Matters); n != 3 || o.connection().Status(time.Now()) != domain.StatusConnected {
			t.Errorf("Smokeball has %d matters", n)
		}
	})
}

// TestARevocationCountsWhateverTheClockShows tells that a firm which removed the app is left
// alone, also where the clock was set back behind the moment of its authorization.
func TestARevocationCountsWhateverTheClockShows(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-20 * 24 * time.Hour, -time.Minute, 20 * 24 * time.Hour} {
		story(t, func(o *office) {
			o.sends(numbered(1, maria()))
			o.step.Store(int64(step))
			o.must(o.sim.Revoke(oakAccount))
			o.tell(created(accident()), o.retainer())
			if e := o.waitsFor("m_accident", domain.CodeReauthorizationRequired); e.Attempts != 1 {
				t.Errorf("with the clock set by %s the sync was begun %d times", step, e.Attempts)
			}
			if got := o.connection().State; got != domain.StatusRevoked {
				t.Errorf("with the clock set by %s the connection is %s", step, got)
			}
		})
	}
}
