package web_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// away is a Smokeball that does not answer.
type away struct{ ports.Consents }

func (away) Complete(context.Context, ports.Callback, *domain.User) (ports.Completed, error) {
	return ports.Completed{}, callError(domain.Retryable, 0)
}

// states are engines whose firm's connection is in each of its states.
func states(t *testing.T) map[string]*engine {
	t.Helper()
	soon, failed, revoked, asked, registered := newEngine(t), newEngine(t), newEngine(t).connect(), newEngine(t), newEngine(t).connect()
	almost := authorized("a1")
	almost.ReauthorizeBy = noon.Add(5 * 24 * time.Hour)
	soon.add(noon.Add(-175*24*time.Hour), domain.ConnectionStream(firm), almost)
	failure := domain.Failure{Code: domain.CodeAuthorizationDenied, Message: "Somebody clicked “Deny” on Smokeball's page", Remedy: "A firm admin tries again."}
	failed.add(at(5), domain.ConnectionStream(firm), domain.AuthorizationStarted{Attempt: "a", Expires: noon}, domain.AuthorizationFailed{Attempt: "a", Failure: failure})
	revoked.add(at(5), domain.ConnectionStream(firm), domain.ConnectionLost{Failure: domain.Failure{Code: domain.CodeNotConnected, Message: "CaseHug was removed", Remedy: "Connect again."}})
	asked.add(at(5), domain.ConnectionStream(firm), domain.AuthorizationStarted{Attempt: "a", Expires: noon.Add(5 * time.Minute)})
	registered.add(at(5), domain.ConnectionStream(firm), domain.WebhooksRegistered{Subscription: "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38"})
	left := newEngine(t).connect()
	left.add(at(5), domain.ConnectionStream(firm), domain.Disconnected{By: "u_1"})
	return map[string]*engine{"left": left, "disconnected": newEngine(t), "connected": newEngine(t).connect().tell(), "soon": soon, "failed": failed,
		"ended": newEngine(t).connect().end(), "revoked": revoked, "asked": asked, "registered": registered, "troubled": newEngine(t).connect().tell().suffer(503, domain.CodeSmokeballUnavailable),
		"misconfigured": newEngine(t).connect().suffer(403, domain.CodeMisconfigured)}
}

// suffer records that Smokeball does not serve the firm.
func (e *engine) suffer(status int, code domain.Code) *engine {
	e.add(noon, domain.ConnectionStream(firm), domain.ConnectionTroubled{Since: noon.Add(-10 * time.Minute), Failure: domain.Failure{Code: code,
		Message: fmt.Sprintf("Smokeball answers with a fault (%d).", status), Remedy: "Who has to act.", Smokeball: &domain.Refusal{Status: status}}})
	return e
}

// The card says in each state of the connection where it stands and what is next.
func TestCardStates(t *testing.T) {
	engines := states(t)
	for _, tt := range []struct {
		state, token string
		has          []string
		lacks        []string
	}{
		{"disconnected", "admin-token", []string{"Not connected", "Connect to Smokeball", "matters/read matters/write"}, []string{`role="alert"`}},
		{"disconnected", "user-token", []string{"Not connected", "until a firm admin connects it"}, []string{"/integrations/connect"}},
		{"asked", "admin-token", []string{"Connecting", "until <time", "Connect to Smokeball"}, nil},
		{"failed", "admin-token", []string{`role="alert"`, "The last try ended without a connection", "Nothing was changed.", "Somebody clicked “Deny”", "Connect to Smokeball"}, nil},
		{"connected", "admin-token", []string{"Hartwell &amp; Osei LLP", "United States", "137 days left", "1 running, 0 queued", "Done in about 1 s", "1 is waiting", `<a href="/history/s_done">Rivera v. Apex Freight</a>`, `<a href="/history/s_failed">Becker v. Becker</a>: Smokeball refused`, "/integrations/settings", "Folasade Osei"}, []string{"/integrations/connect"}},
		{"connected", "user-token", []string{"Read only here. Folasade Osei connected it", "What syncs by itself", "goes with the next sync"}, []string{"/integrations/settings", "/integrations/advanced", "/dead-letters"}},
		{"soon", "admin-token", []string{"Sign in again soon", "Sign in again", "5 days left", "ends every sign-in after 180 days", "If nobody does"}, nil},
		{"ended", "admin-token", []string{"Sign-in needed", "Sign in again", "1 sync."}, nil},
		{"left", "admin-token", []string{"Not connected", "Disconnected by Folasade Osei, <time", "tokens destroyed, history kept", "Connect to Smokeball"}, []string{"Before you start"}},
		{"revoked", "admin-token", []string{"Access removed", "Connect to Smokeball", "We noticed"}, nil},
		{"left", "user-token", []string{"<span>Hartwell &amp; Osei LLP</span>"}, []string{"<span>f_1</span>"}},
		{"disconnected", "admin-token", []string{"<span>Your firm</span>"}, []string{"<span>f_1</span>"}},
		{"troubled", "admin-token", []string{"Not answering", "has not served CaseHug since <time", "fault (503), since <time datetime=", "<b>Nothing.</b> Who has to act. We look again by ourselves, at most 15 minutes apart", "Nothing is lost", "Syncs wait, nothing is lost", "/integrations/settings"}, []string{"/integrations/connect", "<h2>Before you start"}},
		{"troubled", "user-token", []string{"Not answering", "fault (503)"}, []string{"/integrations/settings"}},
		{"misconfigured", "admin-token", []string{"Not answering", "not set up as Smokeball expects", "<b>Tell CaseHug.</b>"}, nil},
		{"registered", "admin-token", []string{"Active"}, []string{"Register Webhooks"}},
	} {
		t.Run(tt.state+" "+tt.token, func(t *testing.T) {
			r := engines[tt.state].told(t).call(t, call{path: "/integrations", cookie: tt.token, html: true})
			r.want(200).contains(tt.has...).lacks(tt.lacks...)
			checkPage(t, tt.state, r.body)
		})
	}
}

// TestAnOutageSaysOnceWhatHappensNext, however its failure ends.
func TestAnOutageSaysOnceWhatHappensNext(t *testing.T) {
	e := newEngine(t).connect()
	e.add(noon, domain.ConnectionStream(firm), domain.ConnectionTroubled{Since: noon.Add(-time.Minute), Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: "Smokeball answers with a fault (503)",
		Remedy: "We try again by ourselves.", Smokeball: &domain.Refusal{Status: 503}}})
	e.told(t).call(t, call{path: "/integrations", cookie: "admin-token", html: true}).want(200).contains("We try again by ourselves, at most 15 minutes apart. Waiting syncs go on then.").lacks("We look again by ourselves")
}

// Every page is a whole document: one heading, labelled fields, no styles or scripts
// of its own, and no word for developers.
func TestPagesAreWellMade(t *testing.T) {
	engines := states(t)
	paths := []string{"/integrations", "/integrations/settings", "/integrations/mappings", "/integrations/mappings?add=1",
		"/integrations/mappings?case_type=Pedestrian+Accident", "/integrations/advanced", "/integrations/disconnect", "/integrations/unregister", "/history", "/history?status=active&q=x",
		"/history/s_done", "/history/s_waits", "/history/s_failed", "/history/s_running", "/matters", "/matters?q=nobody", "/matters/m_1001", "/matters/m_1001/preview", "/matters/m_1001/provenance", "/bulk-syncs", "/bulk-syncs/b_1", "/bulk-syncs/b_1/cancel", "/matters/m_1002", "/matters/m_1003",
		"/matters/m_1005", "/dead-letters", "/drift", "/audit", "/matters/m_1001/link", "/matters/m_1001/unlink", "/nope", "/oauth/smokeball/callback"}
	for name, e := range engines {
		e.told(t)
		for _, token := range []string{"admin-token", "user-token", "nobody"} {
			for _, path := range paths {
				r := e.call(t, call{path: path, cookie: token, html: true})
				checkPage(t, fmt.Sprintf("%s %s %s", name, token, path), r.body)
				if r.status == 200 && !strings.Contains(r.body, `action="/session/end"`) {
					t.Errorf("%s %s %s does not let sign out", name, token, path)
				}
			}
		}
	}
}

// checkPage parses a page and fails where it is not well made.
func checkPage(t *testing.T, where, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	p := parsed{ids: map[string]int{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if e, ok := token.(xml.StartElement); ok {
			p.take(e)
		}
	}
	p.check(t, where)
}

// parsed is what a page is made of.
type parsed struct {
	headings int
	ids      map[string]int
	fields   []string // ids of what needs a label
	labels   []string
	refers   []string // ids that attributes name
	faults   []string
}

func (p *parsed) take(e xml.StartElement) {
	a := map[string]string{}
	for _, at := range e.Attr {
		a[at.Name.Local] = at.Value
	}
	if a["id"] != "" {
		p.ids[a["id"]]++
	}
	switch name := e.Name.Local; {
	case name == "h1":
		p.headings++
	case name == "style", name == "script" && a["src"] == "":
		p.faults = append(p.faults, "has <"+name+"> of its own")
	case name == "label":
		p.labels = append(p.labels, a["for"])
	case (name == "input" && a["type"] != "hidden") || name == "select":
		p.fields = append(p.fields, a["id"])
	}
	for name, v := range a {
		if name == "style" || strings.HasPrefix(name, "on") {
			p.faults = append(p.faults, "has the attribute "+name)
		}
		if strings.HasPrefix(name, "aria-describedby") || name == "aria-labelledby" || name == "data-open" || name == "popovertarget" {
			p.refers = append(p.refers, strings.Fields(v)...)
		}
	}
}

func (p *parsed) check(t *testing.T, where string) {
	t.Helper()
	if p.headings != 1 {
		t.Errorf("%s: %d h1, want 1", where, p.headings)
	}
	for id, n := range p.ids {
		if n > 1 {
			t.Errorf("%s: the id %s is there %d times", where, id, n)
		}
	}
	for _, id := range p.fields {
		if !slices.Contains(p.labels, id) || id == "" {
			t.Errorf("%s: the field %q has no label", where, id)
		}
	}
	for _, id := range p.refers {
		if p.ids[id] == 0 {
			t.Errorf("%s: an attribute names the id %s, which is not there", where, id)
		}
	}
	for _, f := range p.faults {
		t.Errorf("%s: %s", where, f)
	}
}

func TestPagesNeedASignIn(t *testing.T) {
	e := newEngine(t)
	for _, path := range []string{"/integrations", "/integrations/settings", "/integrations/mappings", "/history", "/matters/m_1001", "/dead-letters"} {
		e.call(t, call{path: path, html: true}).want(401).contains("<h1>You are signed out</h1>")
		e.call(t, call{path: path, cookie: "forged", html: true}).want(401)
	}
	if got := e.call(t, call{path: "/", html: true}).want(303).header.Get("Location"); got != "/overview" {
		t.Errorf("/ leads to %s", got)
	}
}

func TestUsersMeetNoManagement(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	for _, path := range []string{"/integrations/settings", "/integrations/mappings", "/integrations/advanced", "/integrations/disconnect", "/integrations/unregister", "/dead-letters", "/dead-letters/dl_1/discard"} {
		e.call(t, call{path: path, cookie: "user-token", html: true}).want(403).contains("for firm admins", "signed in as Ben Lindqvist, a user of Hartwell &amp; Osei LLP", "such as Folasade Osei")
	}
	for _, path := range []string{"/integrations/connect", "/integrations/disconnect", "/integrations/settings", "/integrations/mappings", "/integrations/mappings/remove",
		"/integrations/webhooks", "/integrations/webhooks/remove", "/integrations/webhooks/rotate", "/integrations/webhooks/test", "/integrations/account/confirm", "/integrations/account/drop",
		"/dead-letters/dl_1/retry", "/dead-letters/dl_1/discard"} {
		e.call(t, call{method: "POST", path: path, cookie: "user-token", html: true}).want(403)
	}
	if e.asked() != "" {
		t.Errorf("a port was asked: %s", e.asked())
	}
	e.call(t, call{path: "/matters/m_1001", cookie: "user-token", html: true}).want(200).contains("Sync to Smokeball", "are for Folasade Osei or another firm admin")
}

func TestForeignPagesAreNotThere(t *testing.T) {
	e := newEngine(t).tell().told(t)
	for _, path := range []string{"/matters/m_1001", "/history/s_done", "/dead-letters/dl_1/discard"} {
		e.call(t, call{path: path, cookie: "other-token", html: true}).want(404).lacks("Rivera")
	}
	e.call(t, call{path: "/history", cookie: "other-token", html: true}).want(200).contains("No sync yet")
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		path, body, leads, asked string
	}{
		{"/integrations/disconnect", "", "/integrations", "disconnect by u_1"},
		{"/integrations/webhooks", "", "/integrations/advanced?done=registered", "register webhooks by u_1"},
		{"/integrations/webhooks/remove", "", "/integrations/advanced?done=removed", "remove webhooks by u_1"},
		{"/integrations/webhooks/rotate", "", "/integrations/advanced?done=rotated", "rotate webhooks by u_1"},
		{"/matters/m_1001/sync", "", "/matters/m_1001", "request m_1001 by u_1, matter false, 0 documents"},
		{"/history/s_failed/retry", "", "/history/s_again_s_failed", "retry s_failed by u_1"},
		{"/history/s_waits/cancel", "", "/history/s_waits", "cancel s_waits by u_1"},
		{"/integrations/settings", "revision=0&auto_sync_on_matter_created=on&documents_folder=+Intake+", "/integrations/settings?saved=1",
			"settings by u_1: {OnDocumentApproved:false OnMatterCreated:true OnMatterUpdated:false OnClientUpdated:false LinkExisting:false DocumentsFolder:Intake SyncTags:false Owners:{Status: Title: CaseNumber: CaseType: Responsible: OpenedAt: ClosedAt: ClientName: ClientEmail: ClientPhone:} ByOwner:false}"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			e := newEngine(t).connect().tell().told(t)
			r := e.call(t, call{method: "POST", path: tt.path, body: tt.body, kind: form, cookie: "admin-token", html: true}).want(303)
			if got := r.header.Get("Location"); got != tt.leads {
				t.Errorf("leads to %s, want %s", got, tt.leads)
			}
			if e.asked() != tt.asked {
				t.Errorf("asked %q, want %q", e.asked(), tt.asked)
			}
			e.call(t, call{path: tt.leads, cookie: "admin-token", html: true}).want(200)
		})
	}
}

func TestConnectLeadsToSmokeball(t *testing.T) {
	e := newEngine(t)
	r := e.call(t, call{method: "POST", path: "/integrations/connect", cookie: "admin-token", html: true}).want(303)
	if got := r.header.Get("Location"); !strings.HasPrefix(got, e.consent+"/") {
		t.Errorf("leads to %s", got)
	}
	if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, e.consent) {
		t.Errorf("the policy does not let the form end at %s: %s", e.consent, csp)
	}
}

func TestFormsThatFail(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	post := func(path, body string) reply {
		return e.call(t, call{method: "POST", path: path, body: body, kind: form, cookie: "admin-token", html: true})
	}
	post("/integrations/settings", "documents_folder=../x&link_existing_matters=on").want(422).
		contains(`value="../x"`, `aria-invalid="true"`, "Must name folders, not . or ..", `name="link_existing_matters" type="checkbox" role="switch" checked`, "autofocus")
	e.failWith(rejection(domain.Invalid, domain.CodeInvalidRequest, "The settings do not go together"))
	post("/integrations/settings", "").want(422).contains("The settings do not go together.", `role="alert"`)
	e.failWith(callError(domain.Retryable, 0))
	post("/integrations/webhooks", "").want(503).contains("Smokeball does not answer", "Try again in 5 s", "Back to Integrations").lacks("by ourselves")
	e.failWith(nil)
	post("/history/s_waits/retry", "").want(409).contains("The sync has not ended")
	post("/matters/m.1/sync", "").want(404)
}

func TestHistoryPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(query string) reply {
		return e.call(t, call{path: "/history" + query, cookie: "admin-token", html: true}).want(200)
	}
	open("").contains("All <span>4</span>", "Waiting <span>1</span>", "Rivera v. Apex Freight", "Contact created, matter created, 1 document uploaded", "1 h 11 min",
		"1 warning: The responsible person is not in Smokeball", `<time datetime="2026-11-24T19:12:17Z" title="Nov 24, 2026, 7:12:17 PM UTC">7:12:17 PM</time>`)
	open("?status=failed").contains("Becker v. Becker").lacks("Rivera")
	open("?status=active").contains("Ortiz").lacks("Becker")
	open("?period=24h&trigger=manual").contains("Ortiz", `<option value="24h" selected>`).lacks("Rivera")
	open("?q=nothing").contains("No sync fits these filters", "Show all syncs")
	e.call(t, call{path: "/history?status=broken", cookie: "admin-token", html: true}).want(422)
	e.call(t, call{path: "/history?cursor=%21", cookie: "admin-token", html: true}).want(422)
}

func TestHistoryPagesLeadOn(t *testing.T) {
	e := newEngine(t)
	for i := range 60 {
		e.add(at(60-i), domain.MatterStream(firm, domain.MatterID(fmt.Sprintf("m_%d", i))), domain.SyncRequested{Sync: domain.SyncID(fmt.Sprintf("s_%d", i)), Title: fmt.Sprintf("Matter %d.", i)})
	}
	first := e.told(t).call(t, call{path: "/history?status=queued", cookie: "user-token", html: true}).want(200).contains("50 of 60", "Matter 59.").lacks("Matter 9.", "Back to the newest")
	_, rest, ok := strings.Cut(first.body, `href="/history?cursor=`)
	if !ok {
		t.Fatal("the page does not lead on")
	}
	link, _, _ := strings.Cut(rest, `"`)
	e.call(t, call{path: "/history?cursor=" + strings.ReplaceAll(link, "&amp;", "&"), cookie: "user-token", html: true}).want(200).
		contains("Matter 9.", "Matter 0.", "Back to the newest", `href="/history?status=queued"`).lacks("Matter 10.", "Show older")
}

func TestMatterPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(id string) reply {
		return e.call(t, call{path: "/matters/" + id, cookie: "user-token", html: true}).want(200)
	}
	open("m_1001").contains("Maria Rivera", "CH-2026-0142", "Motor Vehicle Accident", "1 approved, 1 in Smokeball", "48 KB", "casehug/matters <code>evt_1</code>", "means Open", "Smokeball accepted the matter").lacks("aria-disabled")
	open("m_1002").contains("Waiting since", "No Smokeball matter type fits “Pedestrian Accident”.", "A firm admin chooses a matter type.", "Not there yet")
	open("m_1003").contains("Its last sync failed.", `action="/history/s_failed/retry"`)
	open("m_1005").contains(`aria-disabled="true"`, "Sending to Smokeball.").lacks(`action="/matters/m_1005/sync"`)
}

func TestSyncPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func(id string) reply {
		return e.call(t, call{path: "/history/" + id, cookie: "admin-token", html: true}).want(200)
	}
	open("s_done").contains("Contact accepted", "0.5 s", "Matter confirmed", string(matterID), "position 4").lacks("/retry")
	open("s_failed").contains("Smokeball refused the matter.", "Bad Request: number is taken", "smokeball_refused", `action="/history/s_failed/retry"`, "by Folasade Osei")
	open("s_done").lacks("/cancel")
	open("s_failed").lacks("/cancel")
	open("s_waits").contains("Waiting, 1 h 11 min so far.", `action="/history/s_waits/cancel"`).lacks("/retry")
	e.call(t, call{method: "POST", path: "/history/s_waits/cancel", kind: form, cookie: "admin-token", html: true}).want(303)
	open("s_waits").contains("Cancelled", "by Folasade Osei").lacks("/cancel", "/retry")
	e.call(t, call{path: "/history?status=cancelled", cookie: "admin-token", html: true}).want(200).contains("s_waits")
}

// TestARowTellsItsWholeReason opens the reason of a matter that waits and of one that failed: in the
// row, without script, with what to do and who acts.
func TestARowTellsItsWholeReason(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	e.call(t, call{path: "/matters", cookie: "admin-token", html: true}).want(200).contains(
		`<details class="why lift"><summary>for a mapping</summary><p>No Smokeball matter type fits “Pedestrian Accident”. A firm admin chooses a matter type. To act: you.</p></details>`,
		`<summary>refused by Smokeball</summary><p>Smokeball refused the matter. Correct the matter in CaseHug and sync it again. To act: you or anyone at your firm.</p>`)
	e.call(t, call{path: "/matters", cookie: "user-token", html: true}).want(200).contains("To act: Folasade Osei or another firm admin.")
}
