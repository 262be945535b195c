package web_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// troubled is a firm in which something of each kind waits for a person.
func troubled(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t).connect().tell().tellDrift().tellBulk()
	e.add(at(5), domain.BulkStream(firm, "b_1"), domain.BulkSyncPaused{By: "u_1"})
	m := cho()
	m.ID, m.Title = "m_1007", "Marsh v. City of Evanston"
	e.add(at(4), domain.MatterStream(firm, m.ID), domain.MatterCreated{Origin: origin("evt_17"), Matter: m},
		domain.SyncRequested{Sync: "s_waits7", Trigger: domain.TriggerManual, Title: m.Title, Client: m.Client.Name()}, domain.SyncStarted{Sync: "s_waits7", Attempt: 1, Title: m.Title, Client: m.Client.Name()},
		domain.SyncDeferred{Sync: "s_waits7", Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped, Fault: domain.FaultTypeUnmapped, About: &domain.About{Name: "“Pedestrian Accident”"}}})
	m.ID, m.Title = "m_1008", "Diallo v. Corner Market"
	e.add(at(3), domain.MatterStream(firm, m.ID), domain.MatterCreated{Origin: origin("evt_18"), Matter: m},
		domain.SyncRequested{Sync: "s_waits8", Trigger: domain.TriggerManual, Title: m.Title}, domain.SyncStarted{Sync: "s_waits8", Attempt: 1, Title: m.Title},
		domain.SyncDeferred{Sync: "s_waits8", Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable}})
	m.ID, m.Title = "m_1009", "Nair – H-1B petition"
	e.add(at(2), domain.MatterStream(firm, m.ID), domain.MatterCreated{Origin: origin("evt_19"), Matter: m})
	e.add(at(2), domain.BulkStream(firm, "b_2"), domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{ID: m.ID, Outcome: domain.BulkUndecided}}})
	return e.told(t)
}

// calm is a firm in which nobody has to do anything.
func calm(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t).connect()
	e.tellRivera()
	e.add(at(80), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"})
	return e.told(t)
}

// TestOverviewNamesWhatWaitsForAPerson, each with the button for a firm admin who reads it, and
// with the admin's name for everybody else.
func TestOverviewNamesWhatWaitsForAPerson(t *testing.T) {
	e := troubled(t)
	e.call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).contains(
		"A sync failed: Becker v. Becker", `action="/history/s_failed/retry"`,
		"2 matters wait for a mapping", `href="/integrations/mappings?matter=m_1007#edit"`,
		"1 matter waits for a decision after a bulk sync", `href="/matters?state=undecided"`,
		"Smokeball does not tell CaseHug of changes", `action="/integrations/webhooks"`,
		"1 matter and 1 client differ from Smokeball", `href="/drift"`, "5 events from CaseHug failed validation", `href="/dead-letters"`,
		"A bulk sync of 4 matters is paused", "3 are done.", `action="/bulk-syncs/b_1/resume"`,
		"Going on without anybody: 1 matter waiting for Smokeball.")
	user := e.call(t, call{path: "/overview", cookie: "user-token", html: true}).want(200).contains(
		"A sync failed: Becker v. Becker", `action="/history/s_failed/retry"`, "2 matters wait for a mapping", "To act: Folasade Osei or another firm admin.")
	user.lacks(`action="/integrations/webhooks"`, `href="/integrations/mappings`, `/resume"`, `<a class="btn sm" href="/drift"`)
}

// TestOverviewOfACalmFirm says that nothing needs anybody, and only then.
func TestOverviewOfACalmFirm(t *testing.T) {
	const nothing = "Nothing needs you"
	calm(t).call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).contains(nothing)
	troubled(t).call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).lacks(nothing)
	newEngine(t).told(t).call(t, call{path: "/overview", cookie: "admin-token", html: true}).want(200).lacks(nothing).contains("CaseHug is not connected to Smokeball", `action="/integrations/connect"`)
	newEngine(t).connect().end().told(t).call(t, call{path: "/overview", cookie: "user-token", html: true}).want(200).lacks(nothing, `action="/integrations/connect"`).
		contains("The sign-in to Smokeball has ended", "To act: Folasade Osei or another firm admin.")
}

// TestTheConsoleBeginsWithTheOverview: it is the first entry, and where the address alone leads.
func TestTheConsoleBeginsWithTheOverview(t *testing.T) {
	e := calm(t)
	if to := e.call(t, call{path: "/", cookie: "admin-token"}).want(303).header.Get("Location"); to != "/overview" {
		t.Errorf("/ leads to %s", to)
	}
}

// TestBadgesOfTheSideBar count what failed, what has no matter type, what differs and what could
// not be taken in; users have those that they can act on.
func TestBadgesOfTheSideBar(t *testing.T) {
	e := troubled(t)
	e.call(t, call{path: "/matters", cookie: "admin-token", html: true}).want(200).contains(
		`Sync History<span class="count c-bad">1<span class="vh"> failed</span>`, `Integrations<span class="count">1<span class="vh"> case type without a matter type</span>`,
		`Differences<span class="count">2<`, `Dead letters<span class="count">5</span>`)
	e.call(t, call{path: "/matters", cookie: "user-token", html: true}).want(200).contains(`Sync History<span class="count c-bad">1<span class="vh"> failed</span>`).lacks("Dead letters")
}
