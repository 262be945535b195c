package connect_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

var outage = &domain.CallError{Op: "create matter", Class: domain.Retryable, Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable,
	Fault: domain.FaultServer, Smokeball: &domain.Refusal{Status: 503}}}

// suffers tells that Smokeball does not serve the firm, and waits until that is recorded.
func (c *counter) suffers(log *slog.Logger, fault *domain.CallError) {
	c.Helper()
	h := connect.NewHealth(log)
	h.Service = c.Service
	ctx, stop := context.WithCancel(c.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	_, head, err := eventstore.Load[domain.Connection](c.Context(), c.bolt, domain.ConnectionStream(oak))
	c.must(err)
	h.Tell(oak, c.Now(), fault)
	c.must(c.rows.Wait(c.Context(), uint64(head.Seq)+1))
	stop()
	c.must(<-ended)
}

// TestAnOutageIsAStatusThatEndsByItself: 503 to everything, and then not.
func TestAnOutageIsAStatusThatEndsByItself(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.must(c.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503}))
	c.suffers(silent, outage)
	c.wants(domain.StatusError)
	c.look()
	c.wants(domain.StatusError)
	if f := c.row().LastError; f == nil || !strings.Contains(messageOf(*f), "503") {
		t.Errorf("the last error is %+v", f)
	}
	c.sim.ClearFaults()
	c.later(time.Minute) // nobody asks for anything
	c.look()
	c.wants(domain.StatusConnected)
	if f := c.row().LastError; f != nil {
		t.Errorf("the last error is %+v", f)
	}
}

// TestWhatIsSetUpWronglyIsNamed: the log and the admin have one reference.
func TestWhatIsSetUpWronglyIsNamed(t *testing.T) {
	c := newCounter(t)
	c.connects()
	var log bytes.Buffer
	wrong := &domain.CallError{Op: "read firm", Class: domain.Retryable, Setting: "SMOKEBALL_API_KEY", Failure: domain.Failure{Code: domain.CodeMisconfigured,
		Fault: domain.FaultAppRefused, Smokeball: &domain.Refusal{Status: 403, Title: "Forbidden"}}}
	c.suffers(slog.New(slog.NewTextHandler(&log, nil)), wrong)
	remedy := remedyOf(*c.row().LastError)
	_, after, _ := strings.Cut(remedy, "the reference for them is ")
	reference, _, _ := strings.Cut(after, ".")
	for _, part := range []string{"firm=" + string(oak), "setting=SMOKEBALL_API_KEY", "status=403", "answer=Forbidden", "reference=" + reference} {
		if reference == "" || !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q: %s (the admin reads %q)", part, log.String(), remedy)
		}
	}
}

// loses has the firm's authorization taken for lost.
func (c *counter) loses() {
	c.Helper()
	c.notesConnection(domain.ConnectionLost{Failure: domain.Failure{Code: domain.CodeReauthorizationRequired, Fault: domain.FaultSignInEnded}})
	c.wants(domain.StatusRevoked)
}

func (c *counter) notesConnection(e domain.Event) {
	c.Helper()
	_, head, err := eventstore.Execute(c.Context(), c.bolt, c.Now, domain.ConnectionStream(oak), func(domain.Connection) ([]domain.Event, error) { return []domain.Event{e}, nil })
	c.must(err)
	c.must(c.rows.Wait(c.Context(), uint64(head.Seq)))
}

// TestAConnectionThatWasWronglyThoughtLostComesBack: nobody does anything.
func TestAConnectionThatWasWronglyThoughtLostComesBack(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	c.loses()
	c.look()
	c.wants(domain.StatusRevoked)
	c.later(domain.FirstRecheck + time.Second)
	c.look()
	c.wants(domain.StatusConnected)
	c.look() // the subscription is looked for
	if r := c.row(); r.LastError != nil || r.WebhooksStatus(c.Now()) != "active" {
		t.Errorf("afterwards: %+v, webhooks %s", r.LastError, r.WebhooksStatus(c.Now()))
	}
}

// TestAnEndThatWasReckonedTooEarlyIsPutOff: 30 days by the settings, 180 at Smokeball.
func TestAnEndThatWasReckonedTooEarlyIsPutOff(t *testing.T) {
	c := newCounter(t)
	c.config.Authorization = 30 * day
	c.restart()
	c.connects()
	c.later(31 * day)
	c.look()
	c.wants(domain.StatusReauthorizationRequired)
	c.later(domain.FirstRecheck + time.Second)
	c.look()
	c.wants(domain.StatusConnected)
}

// TestALostConnectionIsLookedAtAHandfulOfTimesADay: the grant is really gone.
func TestALostConnectionIsLookedAtAHandfulOfTimesADay(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.must(c.sim.Revoke(oakAccount))
	c.loses()
	var log bytes.Buffer
	c.keeper.Log = slog.New(slog.NewTextHandler(&log, nil))
	for days, most := range []int{8, 5} {
		before := strings.Count(log.String(), "still refused")
		for range 24 * 12 {
			c.later(5 * time.Minute)
			c.look()
		}
		if n := strings.Count(log.String(), "still refused") - before; n == 0 || n > most {
			t.Errorf("on day %d it is looked at %d times", days+1, n)
		}
	}
	c.wants(domain.StatusRevoked)
	c.ahead.Store(0)
	c.connects()
	c.wants(domain.StatusConnected)
}

// TestAWrongSecretIsNamed: the admin reads that CaseHug's operators have to act, with the
// reference under which the log names the setting and the firm.
func TestAWrongSecretIsNamed(t *testing.T) {
	c := newCounter(t)
	var log bytes.Buffer
	c.config.Log = slog.New(slog.NewTextHandler(&log, nil))
	c.restart()
	q := c.visit(c.link(admin), "allow", oakAccount)
	c.config.Consent = wrongly{c.config.Consent}
	c.restart()
	_, err := c.finish(q, &admin)
	r := domain.AsRejection(err)
	if r == nil || r.Failure.Code != domain.CodeMisconfigured || !strings.Contains(remedyOf(r.Failure), "operators have to act") {
		t.Fatalf("the admin reads %+v, %v", r, err)
	}
	_, after, _ := strings.Cut(remedyOf(r.Failure), "the reference for them is ")
	reference, _, _ := strings.Cut(after, ".")
	for _, part := range []string{"firm=" + string(oak), "setting=SMOKEBALL_CLIENT_SECRET", "status=401", "answer=invalid_client", "reference=" + reference} {
		if reference == "" || !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q: %s", part, log.String())
		}
	}
}

// wrongly is a sign-in that does not know the app.
type wrongly struct{ connect.Consent }

func (wrongly) Redeem(context.Context, domain.FirmID, string, string) (connect.Grant, error) {
	return connect.Grant{}, &domain.CallError{Op: "finish sign-in", Class: domain.Permanent, Setting: "SMOKEBALL_CLIENT_SECRET", Failure: domain.Failure{
		Code: domain.CodeMisconfigured, Fault: domain.FaultCredentialsRefused,
		Smokeball: &domain.Refusal{Status: 401, Title: "invalid_client"}}}
}

// TestOneSubscriptionAfterAChangeOfAddress: restart with another ENGINE_PUBLIC_URL, then
// Register Webhooks.
func TestOneSubscriptionAfterAChangeOfAddress(t *testing.T) {
	c := newCounter(t)
	c.connects()
	c.registers()
	before := c.only().ID
	c.config.PublicURL = "https://elsewhere.example"
	c.restart()
	if _, err := c.RegisterWebhooks(c.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if s := c.only(); s.ID != before || !strings.HasPrefix(s.URL, "https://elsewhere.example/") {
		t.Errorf("Smokeball has %+v", s)
	}
}

// TestARevocationThatIsNotOfferedIsSaid: 404, 405 and 501 of the revocation.
func TestARevocationThatIsNotOfferedIsSaid(t *testing.T) {
	for _, status := range []int{404, 405, 501} {
		c := newCounter(t)
		c.connects()
		c.must(c.sim.Fault(smokeballsim.Fault{Route: "POST /oauth2/revoke", Kind: smokeballsim.Status, Status: status}))
		if _, err := c.Disconnect(c.Context(), admin); err != nil {
			t.Fatal(err)
		}
		c.wants(domain.StatusDisconnected)
		left := c.row().Connection.LeftBehind
		if left == nil || left.Code != domain.CodeRevocationNotOffered || !strings.Contains(remedyOf(*left), "removes the app CaseHug inside Smokeball") || c.row().Connection.Leaving != nil {
			t.Errorf("%d: the admin is told %+v", status, left)
		}
		if c.kept()["token"] {
			t.Errorf("%d: the tokens are still there", status)
		}
	}
}
