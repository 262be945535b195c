package cli

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

func TestAuthorizationLinkWorksOnce(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	if c := r.connection(t); c.Status != "disconnected" {
		t.Errorf("a new firm is %s, want disconnected", c.Status)
	}
	link := r.authorize(t)
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("redirect_uri") != r.url+"/oauth/smokeball/callback" {
		t.Fatalf("link %s, %v", link, err)
	}
	r.allow(t, link)
	if again := r.visit(t, link); again.status < 400 {
		t.Errorf("the link works a second time: %d", again.status)
	}
	eventually(t, "the firm is connected", func() bool { return r.connection(t).Status == "connected" })
}

// TestConsoleSignsIn signs a browser in with the token and comes back from Smokeball
// to the console.
func TestConsoleSignsIn(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.http.Jar = jar
	token, err := r.issuer.Sign(admin())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/session", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.do(t, req).want(http.StatusOK)
	page := r.visit(t, r.authorize(t)).want(http.StatusOK)
	for _, want := range []string{"Brown LLC", "Connected"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page after connecting lacks %q:\n%s", want, page.body)
		}
	}
}

func TestMatterCreationSyncsOnlyWhereSwitchedOn(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	eventually(t, "m_1 is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK })

	settings := object{}
	r.call(t, clerk(), http.MethodGet, "/settings", nil).want(http.StatusOK).into(&settings)
	if settings["auto_sync_on_matter_created"] != false || settings["auto_sync_on_document_approved"] != true {
		t.Errorf("default settings: %v", settings)
	}
	settings["auto_sync_on_matter_created"] = true
	delete(settings, "position")
	r.call(t, clerk(), http.MethodPut, "/settings", settings).want(http.StatusForbidden)
	r.call(t, admin(), http.MethodPut, "/settings", settings).want(http.StatusOK)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Auto Accident"))
	if e := r.latest(t, "m_2", domain.Succeeded); e.Trigger != domain.TriggerMatterCreated {
		t.Errorf("m_2 synced by %s, want matter_created", e.Trigger)
	}
	if list := r.historyOf(t, "m_1"); len(list) != 0 {
		t.Errorf("m_1, told before the switch, was synced: %+v", list)
	}
	if has := r.has(); len(has.Matters) != 1 || has.Matters[0].ExternalSystemID != "m_2" {
		t.Errorf("Smokeball has %+v, want m_2 alone", has.Matters)
	}
}

// TestManualSyncBringsItsMatter clicks “Sync to Smokeball” for a matter of which no
// event told, and reads its own write.
func TestManualSyncBringsItsMatter(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", nil).want(http.StatusNotFound)
	if err := r.publisher(t).put(t.Context(), "d_1", contentOf("d_1")); err != nil {
		t.Fatal(err)
	}
	var asked struct {
		ID       string
		Position uint64
	}
	reply := r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync",
		object{"matter": matter("m_1", 1, "Auto Accident"), "documents": []object{document("d_1", "m_1")}}).want(http.StatusAccepted).into(&asked)
	position := strconv.FormatUint(asked.Position, 10)
	if reply.header.Get("Ledger-Position") != position || asked.Position == 0 {
		t.Errorf("Ledger-Position %q, position %d", reply.header.Get("Ledger-Position"), asked.Position)
	}
	r.call(t, clerk(), http.MethodGet, "/sync-history/"+asked.ID+"?min_position="+position, nil).want(http.StatusOK)
	done := r.latest(t, "m_1", domain.Succeeded)
	if string(done.ID) != asked.ID || done.Trigger != domain.TriggerManual || done.RequestedBy != clerk().Subject {
		t.Errorf("history has %s by %s of %s, want %s by hand of %s", done.ID, done.Trigger, done.RequestedBy, asked.ID, clerk().Subject)
	}
	r.wantOne(t, "m_1", "d_1")
}

func TestPositionThatIsNotThereYetIsToldSo(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	reply := r.call(t, clerk(), http.MethodGet, "/connection?min_position=1000000", nil)
	if reply.status != http.StatusServiceUnavailable || reply.code() != "not_caught_up" {
		t.Errorf("status %d: %s", reply.status, reply.body)
	}
}

func TestUnmappedMatterWaitsForCorrection(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Pedestrian Mishap"))
	p.approve(t, "d_1", "m_1")
	waiting := r.latest(t, "m_1", domain.Waiting)
	if waiting.Error.Code != domain.CodeMatterTypeUnmapped || waiting.Error.Remedy == "" || !strings.Contains(waiting.Error.Message, "Pedestrian Mishap") {
		t.Errorf("it waits for %+v", waiting.Error)
	}
	if has := r.has(); len(has.Matters)+len(has.Contacts) != 0 {
		t.Errorf("Smokeball has %+v before the type is known", has)
	}
	p.say(t, "matter.updated", "e2", matter("m_1", 2, "Auto Accident"))
	if done := r.latest(t, "m_1", domain.Succeeded); done.ID != waiting.ID {
		t.Errorf("another sync succeeded than the one that waited")
	}
	r.wantOne(t, "m_1", "d_1")
}

// TestRefusalIsToldInSmokeballsWords lets Smokeball refuse a matter; a retry sends it.
func TestRefusalIsToldInSmokeballsWords(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	if err := r.sim.Fault(smokeballsim.Fault{Route: "POST /matters", Kind: smokeballsim.Status, Status: http.StatusBadRequest}); err != nil {
		t.Fatal(err)
	}
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	failed := r.latest(t, "m_1", domain.Failed)
	f := failed.Error
	if f.Code != domain.CodeSmokeballRefused || f.Remedy == "" || f.Smokeball == nil || f.Smokeball.Status != http.StatusBadRequest ||
		!strings.Contains(f.Smokeball.Detail, "The service cannot answer now.") {
		t.Errorf("failed with %+v %+v", f, f.Smokeball)
	}
	eventually(t, "CaseHug hears of the failure", func() bool {
		list := p.heard(t, "sync."+string(testFirm)+".matter.sync_failed")
		return len(list) == 1 && list[0].Data.ID == string(failed.ID)
	})
	r.sim.ClearFaults()
	r.call(t, clerk(), http.MethodPost, "/sync-history/"+string(failed.ID)+"/retry", nil).want(http.StatusAccepted)
	eventually(t, "the retry succeeds", func() bool {
		newest := r.historyOf(t, "m_1")[0]
		return newest.ID != failed.ID && newest.Trigger == domain.TriggerRetry && newest.Status == domain.Succeeded
	})
	r.wantOne(t, "m_1", "d_1")
}

// TestOtherFirmsDoNotExist asks for a firm's things with another firm's token.
func TestOtherFirmsDoNotExist(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	sync := r.latest(t, "m_1", domain.Succeeded)
	for _, call := range []struct{ method, path string }{
		{http.MethodGet, "/connection"}, {http.MethodPost, "/connection/authorize"}, {http.MethodDelete, "/connection"},
		{http.MethodGet, "/settings"}, {http.MethodGet, "/matters"}, {http.MethodGet, "/matters/m_1"}, {http.MethodPost, "/matters/m_1/sync"},
		{http.MethodGet, "/sync-history"}, {http.MethodGet, "/sync-history/" + string(sync.ID)}, {http.MethodPost, "/sync-history/" + string(sync.ID) + "/retry"},
		{http.MethodGet, "/dead-letters"}, {http.MethodGet, "/webhooks"}, {http.MethodPost, "/webhooks"}, {http.MethodPost, "/events"},
	} {
		if a := r.call(t, stranger(), call.method, call.path, nil); a.status != http.StatusNotFound || a.code() != "not_found" {
			t.Errorf("%s %s as another firm: %d %s", call.method, call.path, a.status, a.body)
		}
		if a := r.call(t, domain.User{}, call.method, call.path, nil); a.status != http.StatusUnauthorized || a.code() != "not_signed_in" {
			t.Errorf("%s %s without a token: %d %s", call.method, call.path, a.status, a.body)
		}
	}
	if c := r.connection(t); c.Status != "connected" {
		t.Errorf("the firm is %s after the attempts", c.Status)
	}
}
