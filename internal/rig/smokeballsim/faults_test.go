package smokeballsim_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const someone = `{"person":{"lastName":"Rivera"}}`

// post sends a contact whose answer may be lost.
func (d *desk) post() (status int, err error) {
	d.Helper()
	r := d.request("POST", "/contacts", someone)
	r.Header.Set("x-api-key", "sim-key")
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/json")
	got, err := d.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer got.Body.Close()
	_, err = io.ReadAll(got.Body)
	return got.StatusCode, err
}

func TestCallFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault   smokeballsim.Fault
		status  int
		lost    bool
		happens int
		took    time.Duration
	}{
		"status":    {smokeballsim.Fault{Kind: smokeballsim.Status}, 503, false, 0, 0},
		"other":     {smokeballsim.Fault{Kind: smokeballsim.Status, Status: 429}, 429, false, 0, 0},
		"delay":     {smokeballsim.Fault{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(time.Minute)}, 202, false, 1, time.Minute},
		"reset":     {smokeballsim.Fault{Kind: smokeballsim.Reset}, 0, true, 0, 0},
		"lost":      {smokeballsim.Fault{Kind: smokeballsim.LoseReply}, 0, true, 1, 0},
		"cut":       {smokeballsim.Fault{Kind: smokeballsim.Cut}, 202, true, 1, 0},
		"fail late": {smokeballsim.Fault{Kind: smokeballsim.FailLate}, 202, false, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			office(t, config(), func(d *desk) {
				c.fault.Route, c.fault.Count = "POST /contacts", 1
				if err := d.sim.Fault(c.fault); err != nil {
					t.Fatal(err)
				}
				d.want(200, "GET", "/contacts", "") // another route is spared
				began := time.Now()
				status, err := d.post()
				if status != c.status || (err != nil) != c.lost || time.Since(began) != c.took {
					t.Errorf("got %d, %v after %s", status, err, time.Since(began))
				}
				if c.lost && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("a lost answer is %v", err)
				}
				settle()
				if n := len(d.sim.State().Accounts[0].Contacts); n != c.happens {
					t.Errorf("%d contacts, want %d", n, c.happens)
				}
				d.want(202, "POST", "/contacts", someone) // struck once only
			})
		})
	}
}

func TestFaultsStrikeByChanceAndSeed(t *testing.T) {
	run := func() (pattern string) {
		office(t, config(), func(d *desk) {
			if err := d.sim.Fault(smokeballsim.Fault{Route: "GET /firm", Kind: smokeballsim.Status, Probability: 0.3}); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				pattern += d.call("GET", "/firm", "").header.Get("Content-Type")[12:13]
			}
		})
		return pattern
	}
	first := run()
	if n := strings.Count(first, "p"); n < 6 || n > 40 {
		t.Errorf("%d of 60 calls were hit at 0.3", n)
	}
	if again := run(); again != first {
		t.Errorf("the same seed strikes elsewhere:\n%s\n%s", first, again)
	}
}

func TestFaultsOfTheSignIn(t *testing.T) {
	office(t, config(), func(d *desk) {
		if err := d.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/token", Kind: smokeballsim.Status, Status: 500, Count: 1}); err != nil {
			t.Fatal(err)
		}
		code := d.consent()
		if a := d.redeem(exchange(code)); a.status != 500 {
			t.Errorf("exchange = %d", a.status)
		}
		if a := d.redeem(exchange(code)); a.status != http.StatusOK {
			t.Errorf("the code was used up: %d %s", a.status, a.text)
		}
	})
}

func TestCallersNeedNotWaitForSlowAnswers(t *testing.T) {
	office(t, config(), func(d *desk) {
		if err := d.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		d.client.Timeout = time.Second
		began := time.Now()
		if _, err := d.post(); err == nil || time.Since(began) != time.Second {
			t.Errorf("post = %v after %s", err, time.Since(began))
		}
	})
}

func TestClosedServerIsOutOfReach(t *testing.T) {
	office(t, config(), func(d *desk) {
		if err := d.sim.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.post(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("post = %v", err)
		}
	})
}

func TestSenselessFaultsAreRefused(t *testing.T) {
	s := smokeballsim.New(config())
	defer s.Close()
	for _, f := range []smokeballsim.Fault{
		{}, {Kind: "explode"}, {Kind: smokeballsim.Status, Status: 99}, {Kind: smokeballsim.Drop, Probability: 2}, {Kind: smokeballsim.Drop, Count: -1},
	} {
		if err := s.Fault(f); err == nil {
			t.Errorf("%+v was armed", f)
		}
	}
}
