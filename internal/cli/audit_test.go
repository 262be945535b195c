package cli

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// entry of the audit trail, as the API tells it.
type auditEntry struct {
	Actor struct {
		Sub  string
		Name string
		Role string
	}
	Action, Outcome, Target, Code string
	Times                         int
	Event                         struct {
		Name, Hash string
		Position   uint64
	}
}

// audit is a firm's trail, newest first, as one of its admins reads it.
func (r *running) audit(t *testing.T, by domain.User, query string) []auditEntry {
	t.Helper()
	token, err := r.issuer.Sign(by)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/firms/"+string(by.Firm)+"/audit?limit=500&"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	var page struct{ Items []auditEntry }
	r.do(t, req).want(http.StatusOK).into(&page)
	return page.Items
}

// TestAuditTrail tells who did what and who was refused, to the firm itself, and after
// a restart as before.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", map[string]any{"matter": matter("m_1", 1, "Auto Accident")}).want(http.StatusAccepted)
	r.call(t, clerk(), http.MethodGet, "/dead-letters", nil).want(http.StatusForbidden)
	r.call(t, stranger(), http.MethodDelete, "/connection", nil).want(http.StatusNotFound)
	r.visit(t, r.url+"/oauth/smokeball/callback?state=made-up&code=x").want(http.StatusGone)
	for range 2 {
		eventually(t, "the trail tells all", func() bool { return len(r.audit(t, admin(), "")) == 5 })
		list := r.audit(t, admin(), "")
		for i, want := range []auditEntry{{Action: "dead_letter.read", Outcome: "refused", Code: "forbidden"}, {Action: "sync.request", Outcome: "done", Target: "m_1"},
			{Action: "webhooks.register", Outcome: "done"}, {Action: "connection.connect", Outcome: "done", Target: testAccount}, {Action: "connection.authorize", Outcome: "done"}} {
			got := list[i]
			if got.Action != want.Action || got.Outcome != want.Outcome || got.Code != want.Code || (want.Target != "" && got.Target != want.Target) || got.Times != 1 || len(got.Event.Hash) != 64 {
				t.Errorf("entry %d is %+v, want %+v", i, got, want)
			}
			if i > 1 && (got.Actor.Sub != admin().Subject || got.Actor.Name != admin().Name || got.Actor.Role != "firm_admin") {
				t.Errorf("entry %d names %+v", i, got.Actor)
			}
		}
		other := r.audit(t, stranger(), "")
		if len(other) != 1 || other[0].Action != "connection.disconnect" || other[0].Target != string(testFirm) || other[0].Code != "not_found" || other[0].Actor.Sub != stranger().Subject {
			t.Errorf("the other firm's trail is %+v", other)
		}
		r = r.restart(t)
	}
}

// TestAFloodOfRefusals tells that refusals by the thousand are two facts, counted to the
// last one.
func TestAFloodOfRefusals(t *testing.T) {
	t.Parallel()
	const flood = 2000
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	began := time.Now()
	for range flood {
		r.call(t, clerk(), http.MethodDelete, "/connection", nil).want(http.StatusForbidden)
	}
	took := time.Since(began)
	list := r.audit(t, admin(), "outcome=refused")
	times := 0
	for _, e := range list {
		times += e.Times
	}
	var settings struct{ Position uint64 }
	r.call(t, admin(), http.MethodGet, "/connection", nil).want(http.StatusOK).into(&settings)
	if minutes := int(took/time.Minute) + 1; times != flood || len(list) > minutes || settings.Position > uint64(2*minutes) {
		t.Errorf("%d refusals are %d entries of %d times, at position %d", flood, len(list), times, settings.Position)
	}
	t.Logf("%d refusals in %s (%.2f ms each): %d entry, %d events", flood, took.Round(time.Millisecond), took.Seconds()*1000/flood, len(list), settings.Position)
}

// TestAsOf looks back at a firm that connected and disconnected.
func TestAsOf(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	before := time.Now()
	r.connect(t)
	r.call(t, admin(), http.MethodPut, "/settings", map[string]any{"auto_sync_on_document_approved": true, "auto_sync_on_matter_created": true, "auto_sync_on_matter_updated": true,
		"auto_sync_on_client_updated": false, "link_existing_matters": true, "documents_folder": "Intake"}).want(http.StatusOK)
	between := time.Now()
	position := r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK).header.Get("Ledger-Position")
	type past struct {
		Status string
		Folder string `json:"documents_folder"`
		Queue  any    `json:"queue"`
		Proof  []struct {
			Name, Hash string
			By         string
		}
	}
	asOf := func(what string, at time.Time) (p past) {
		r.call(t, clerk(), http.MethodGet, what+"?"+url.Values{"as_of": {at.Format(time.RFC3339Nano)}, "min_position": {position}}.Encode(), nil).want(http.StatusOK).into(&p)
		return p
	}
	if p := asOf("/connection", before); p.Status != "disconnected" || len(p.Proof) != 0 {
		t.Errorf("before it is %+v", p)
	}
	if p := asOf("/connection", between); p.Status != "connected" || p.Queue != nil || len(p.Proof) != 2 || p.Proof[1].By != admin().Subject || strings.Trim(p.Proof[1].Hash, "0") == "" {
		t.Errorf("between it is %+v", p)
	}
	if p := asOf("/connection", time.Now()); p.Status != "disconnected" || len(p.Proof) != 4 { // disconnected, and nothing left of it
		t.Errorf("now it is %+v", p)
	}
	if was, is := asOf("/settings", before), asOf("/settings", between); was.Folder != "" || is.Folder != "Intake" {
		t.Errorf("the settings were %+v, then %+v", was, is)
	}
}
