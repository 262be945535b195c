package smokeballsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// prompt is a configuration whose writes show almost at once.
func prompt() smokeballsim.Config {
	c := config()
	c.VisibleAfter = smokeballsim.Delay{Min: 1, Max: time.Millisecond}
	return c
}

// listening starts a simulator on a free port.
func listening(t *testing.T, c smokeballsim.Config) *desk {
	t.Helper()
	s := smokeballsim.New(c)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &rebased{url, &http.Transport{}}, CheckRedirect: noRedirect}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return (&desk{T: t, sim: s, client: client}).as(firm)
}

// rebased sends what is meant for the in-memory host to the real one.
type rebased struct {
	url string
	*http.Transport
}

// RoundTrip changes the address and passes the request on.
func (b *rebased) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.URL.Host == strings.TrimPrefix(host, "http://") {
		r.URL.Host, r.Host = strings.TrimPrefix(b.url, "http://"), ""
	}
	return b.Transport.RoundTrip(r)
}

func TestServerLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	received := make(chan string, 8)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received <- r.Header.Get("RequestId")
	}))
	defer app.Close()
	t.Run("life", func(t *testing.T) {
		d := listening(t, prompt())
		d.want(200, "POST", "/webhooks", `{"eventTypes":["contact.created"],"eventNotificationUrl":"`+app.URL+`"}`)
		d.header = http.Header{"Requestid": {"over-tcp"}}
		d.want(202, "POST", "/contacts", someone)
		select {
		case id := <-received:
			if id != "over-tcp" {
				t.Errorf("webhook of %q", id)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no webhook came")
		}
		d.want(202, "POST", "/contacts", someone) // still on its way when the server closes
	})
}

func TestStartTwiceFails(t *testing.T) {
	d := listening(t, prompt())
	if _, err := d.sim.Start("127.0.0.1:0"); err == nil {
		t.Error("a running server started again")
	}
	if _, err := smokeballsim.New(config()).Start("127.0.0.1:none"); err == nil {
		t.Error("a senseless address was listened on")
	}
}

func TestConnectionsAreReallyCut(t *testing.T) {
	d := listening(t, prompt())
	for _, kind := range []smokeballsim.Kind{smokeballsim.Reset, smokeballsim.LoseReply, smokeballsim.Cut} {
		if err := d.sim.Fault(smokeballsim.Fault{Route: "POST /contacts", Kind: kind, Count: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.post(); err == nil {
			t.Errorf("%s: the whole answer came", kind)
		}
	}
	if got := d.sim.Requests(); got[0].Status != 0 || got[2].Status != 202 {
		t.Errorf("requests = %+v", got)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	d := listening(t, prompt())
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				if status, err := d.post(); status != 202 || err != nil {
					t.Errorf("post = %d %v", status, err)
				}
				d.sim.State()
			}
		})
	}
	wait.Wait()
	if n := d.sim.Counts().ByRoute["POST /contacts"]; n != 160 {
		t.Errorf("%d requests were counted", n)
	}
}

func TestConfiguredAddressIsUsedInLinks(t *testing.T) {
	c := prompt()
	c.URL = "https://sim.example"
	d := listening(t, c)
	if got := d.want(202, "POST", "/contacts", someone).at("href"); !strings.HasPrefix(got, "https://sim.example/contacts/") {
		t.Errorf("href = %s", got)
	}
}

// eventually repeats a GET until it answers 200.
func (d *desk) eventually(path string) answer {
	d.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for {
		if a := d.call("GET", path, ""); a.status == 200 {
			return a
		}
		select {
		case <-tick.C:
		case <-end:
			d.Fatalf("%s did not appear", path)
		}
	}
}
