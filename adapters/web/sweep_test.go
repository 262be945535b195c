package web_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// sweptTo is an engine whose firm was swept at a time.
func sweptTo(t *testing.T, when time.Time, more ...domain.Event) *engine {
	e := newEngine(t).connect()
	e.add(when, domain.SweepStream(firm), domain.SweepEnded{SweepBegun: domain.SweepBegun{Reason: domain.SweepFirst, Account: authorized("a1").Account.ID, Full: true, At: when}})
	e.add(when, domain.ConnectionStream(firm), more...)
	return e
}

// TestTheCardSaysHowCompleteItIs: of what Smokeball has, and what is done about it.
func TestTheCardSaysHowCompleteItIs(t *testing.T) {
	registered := domain.WebhooksRegistered{Subscription: "5d20e7b4"}
	heard := sweptTo(t, at(5), registered)
	heard.add(at(4), domain.SweepStream(firm), domain.SweepEnded{SweepBegun: domain.SweepBegun{Reason: domain.SweepWebhooks, Account: authorized("a1").Account.ID, At: at(4)}})
	heard.add(at(3), domain.MatterStream(firm, "m_1001"), domain.MatterSeen{Matter: "missed", By: domain.BySweep, ChangedAt: at(4), Changed: []string{domain.FieldStatus}})
	gap := sweptTo(t, at(5), registered)
	gap.add(at(1), domain.SweepStream(firm), domain.SweepRequested{Reason: domain.SweepRestart, Since: at(3)})
	for name, tt := range map[string]struct {
		e        *engine
		has      []string
		asOf     any
		every    any
		reason   any
		isMissed float64
	}{
		"webhooks arrive":  {heard, []string{"Up to date", "1 change missed, found by looking", "we last looked for others"}, noon.Format(time.RFC3339), nil, nil, 1},
		"none arrive":      {sweptTo(t, at(5)), []string{"Complete up to <time", "no webhooks arrive, so we look every 10 min"}, at(5).Format(time.RFC3339), 600.0, nil, 0},
		"after a gap":      {gap, []string{"Complete up to <time", "we are looking for what changed since"}, at(3).Format(time.RFC3339), nil, "restart", 0},
		"not served":       {sweptTo(t, at(5)).suffer(503, domain.CodeSmokeballUnavailable), []string{"as soon as Smokeball serves us again"}, at(5).Format(time.RFC3339), 600.0, nil, 0},
		"nothing was read": {newEngine(t).connect(), []string{"Nothing was read yet"}, nil, 600.0, "first", 0},
	} {
		site := tt.e.told(t)
		page := site.call(t, call{path: "/integrations", cookie: "admin-token", html: true})
		page.want(200).contains(tt.has...)
		checkPage(t, name, page.body)
		var body struct {
			Sweep    map[string]any
			Webhooks struct{ Missed float64 }
		}
		site.call(t, call{path: "/v1/firms/f_1/connection", token: "admin-token"}).want(200).into(&body)
		if s := body.Sweep; s["as_of"] != tt.asOf || s["every_seconds"] != tt.every || s["reason"] != tt.reason || body.Webhooks.Missed != tt.isMissed {
			t.Errorf("%s: the API says %v, %v missed", name, s, body.Webhooks.Missed)
		}
	}
}
