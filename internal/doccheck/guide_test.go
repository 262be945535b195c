package doccheck_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// firmAPI is where the demo's firm is.
const firmAPI = "/v1/firms/f_hartwell"

// TestTheSetupGuide does what CaseHug's setup guide tells firms, step by step, in a real browser on
// the whole engine, and requires each of its sentences to be so. -picture takes the pictures of
// docs/setup-guide.md.
func TestTheSetupGuide(t *testing.T) {
	if testing.Short() && !*takePicture {
		t.Skip("it takes most of a minute")
	}
	r := openGuide(t)
	r.requestAccess()
	r.navigateToIntegrations()
	r.connect()
	r.authorize()
	r.configure()
	r.verify()
	r.mapFields()
	r.registerWebhooks()
	r.openPagesFollow()
	r.mapMatterTypes()
	r.teamAccess()
	r.reviewHistory()
	r.revokeAccess()
	if *takePicture {
		r.keep()
	}
}

// requestAccess: “Before connecting, your firm needs API access enabled by Smokeball.”
func (r *reader) requestAccess() {
	r.signInAs(r.signIn)
	r.open("/integrations")
	r.reads("Smokeball has enabled API access for your firm. If not, ask your Smokeball account manager; it takes 1–3 business days.",
		"You can sign in to Smokeball as an administrator.")
	r.shot("01-request-access")
}

// navigateToIntegrations: “Click your firm name in the top-right corner, then go to Settings →
// Integrations. Only firm administrators can manage integrations. If you don't see the
// Integrations tab, contact your CaseHug administrator.”
func (r *reader) navigateToIntegrations() {
	r.signInAs(r.userIn)
	r.open("/integrations")
	if r.is(`[...document.querySelectorAll("nav a, details.menu a")].some(a => a.textContent.includes("Integrations"))`) {
		r.Errorf("a user sees Integrations: %s", r.page())
	}
	r.reads("firm admin")
	if r.is(`[...document.querySelectorAll("main form")].some(f => f.action.includes("/integrations/"))`) {
		r.Errorf("a user can manage the integration: %s", r.page())
	}
	r.signInAs(r.signIn)
	r.open("/matters")
	if !r.is(`(m => m.right > innerWidth - 60 && m.top < 60)(document.querySelector("details.menu summary").getBoundingClientRect())`) {
		r.Error("the firm's name does not stand in the top-right corner")
	}
	r.do(click("details.menu summary"))
	r.reads("Settings Integrations")
	r.shot("02-integrations-menu")
	r.do(click(`details.menu a[href="/integrations"]`))
	r.until("the menu leads to Integrations", `location.pathname === "/integrations" && document.querySelector("h1").textContent === "Integrations"`)
}

// connect: “Find the Smokeball card and click the green Connect button. You'll be redirected to
// Smokeball's authorization page. The authorization link expires after 10 minutes.”
func (r *reader) connect() {
	r.open("/integrations")
	r.until("the permissions are listed", `(t => (t.scrollIntoView(), true))(document.querySelector("#card table"))`)
	r.reads("Matters", "Contacts", "Files", "Tasks", "Events")
	r.shot("03-connect")
	var link struct {
		Expires time.Time `json:"expires_at"`
	}
	if code := r.fetch(http.MethodPost, r.console+firmAPI+"/connection/authorize", "", &link); code != http.StatusOK {
		r.Fatalf("authorize answers %d", code)
	}
	if left := time.Until(link.Expires); left < 9*time.Minute || left > 10*time.Minute {
		r.Errorf("the link expires in %s, not in 10 minutes", left)
	}
	r.open("/integrations")
	green := `(([r, g, b]) => g > r + 20 && g > b)(getComputedStyle(document.querySelector("#card form[action='/integrations/connect'] button")).backgroundColor.match(/\d+/g).map(Number))`
	if !r.is(green) {
		r.Error("the Connect button is not green")
	}
	r.click("Connect to Smokeball")
	r.until("Smokeball's authorization page opens in the same tab, without a pop-up", `location.origin === "`+r.smokeball+`"`)
}

// authorize: “Review the permissions CaseHug is requesting: access to matters, contacts, files,
// tasks, and events. Click Allow to authorize.”
func (r *reader) authorize() {
	r.reads("matters/write", "contacts/write", "documents/write", "tasks/read", "events/read") // Smokeball calls files documents
	r.shot("04-authorize")
	r.click("Allow")
	r.until("the browser comes back", `location.origin === "`+r.console+`" && location.pathname === "/integrations"`)
}

// configure: “The Smokeball card now shows your connected firm. Click Settings to configure
// auto-sync options. Auto-sync on document approval is enabled by default. Auto-sync on matter
// creation is off by default. Custom matter type mappings can be configured.”
func (r *reader) configure() {
	r.reads("Connected", "Hartwell & Osei LLP")
	r.shot("05-connected")
	r.click("Settings")
	r.until("the settings open", `location.pathname === "/integrations/settings" && document.querySelector("[name=auto_sync_on_matter_created]") !== null`)
	if !r.is(`document.querySelector("[name=auto_sync_on_document_approved]").checked && !document.querySelector("[name=auto_sync_on_matter_created]").checked`) {
		r.Errorf("the defaults are not those of the guide: %s", r.page())
	}
	r.reads("Case Type Mappings")
	r.shot("06-settings")
	for _, on := range []string{"", "!"} {
		r.do(click("[name=auto_sync_on_matter_created]"))
		r.is(`window.before = true`)
		r.click("Save")
		r.until("the switch is saved", `!window.before && document.readyState === "complete" && `+on+`document.querySelector("[name=auto_sync_on_matter_created]").checked`)
		r.reads("Settings are saved")
	}
}

// verify: “Open any existing matter in CaseHug and click Sync to Smokeball to verify the connection
// works. Check that the matter appears in Smokeball with the correct client and case type.” A user
// may do that.
func (r *reader) verify() {
	r.signInAs(r.userIn)
	r.open("/matters/m_1004")
	r.click("Sync to Smokeball")
	r.reads("Confirmed in Smokeball")
	r.shot("07-test-sync")
	m := r.matterThere("CH-2026-0145")
	if client := r.contactThere(m.ClientIDs[0]); m.MatterType != "Divorce" || client.Name != "Thomas Becker" {
		r.Errorf("Smokeball has %+v of %+v", m, client)
	}
	r.do(navigate(r.smokeball + "/_sim/"))
	r.reads("CH-2026-0145")
	r.shot("08-in-smokeball")
}

type matterThere = struct {
	ID, Number, Description, Status, MatterType, ExternalSystemID string
	ClientIDs                                                     []string
}

// matterThere is the one matter with a number in Smokeball.
func (r *reader) matterThere(number string) matterThere {
	r.Helper()
	var list []matterThere
	for _, m := range r.smokeballHas().Matters {
		if m.Number == number {
			list = append(list, m)
		}
	}
	if len(list) != 1 || len(list[0].ClientIDs) != 1 {
		r.Fatalf("Smokeball has %+v with the number %s", list, number)
	}
	return list[0]
}

func (r *reader) contactThere(id string) (found struct {
	ID, Name, Email string
	Phones          []string
}) {
	r.Helper()
	for _, c := range r.smokeballHas().Contacts {
		if c.ID == id {
			return c
		}
	}
	r.Errorf("Smokeball has no contact %s", id)
	return found
}

// mapFields holds Smokeball against the guide's table of field mappings.
func (r *reader) mapFields() {
	r.signInAs(r.signIn)
	r.open("/matters/m_1001")
	r.until("the approved documents have gone by themselves", `document.querySelector("#docs").textContent.includes("3 in Smokeball")`)
	m := r.matterThere("CH-2026-0142")
	c := r.contactThere(m.ClientIDs[0])
	if m.Description != "Rivera v. Apex Freight" || m.MatterType == "" || m.Status != "Open" {
		r.Errorf("the matter is %+v", m)
	}
	if c.Name != "Maria Rivera" || c.Email != "maria.rivera@example.com" || !slices.Contains(c.Phones, "13125550177") {
		r.Errorf("the client is %+v", c)
	}
	var files []string
	for _, f := range r.smokeballHas().Files {
		if f.MatterID == m.ID && f.Uploads == 1 {
			files = append(files, f.Name)
		}
	}
	slices.Sort(files)
	if want := []string{"Medical authorization.pdf", "Police report.pdf", "Signed retainer.pdf"}; !slices.Equal(files, want) {
		r.Errorf("its files are %q, want %q", files, want)
	}
	people := 0
	for _, c := range r.smokeballHas().Contacts {
		if c.Email == "maria.rivera@example.com" {
			people++
		}
	}
	if people != 1 {
		r.Errorf("the client of two matters is %d contacts: the e-mail finds duplicates", people)
	}
	r.say("matter.updated", `{"matter_id":"m_1004","version":2,"title":"Becker v. Becker","case_number":"CH-2026-0145","case_type":"Divorce","practice_area":"Family Law","jurisdiction":"IL","status":"closed",
		"client":{"client_id":"c_79","version":1,"first_name":"Thomas","last_name":"Becker","email":"thomas.becker@example.com","phone":"+1 312 555 0179"}}`)
	for r.matterThere("CH-2026-0145").Status != "Closed" {
		if r.ctx.Err() != nil {
			r.Fatal("the matter is not closed in Smokeball")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// say posts an event as a service of CaseHug does.
func (r *reader) say(kind, data string) {
	r.Helper()
	body := fmt.Sprintf(`{"specversion":"1.0","id":"guide-%d","source":"casehug/guide","type":"com.casehug.%s","time":%q,"data":%s}`, time.Now().UnixNano(), kind, time.Now().UTC().Format(time.RFC3339), data)
	if code := r.fetch(http.MethodPost, r.console+firmAPI+"/events", body, nil); code != http.StatusAccepted {
		r.Fatalf("the event %s is answered %d", kind, code)
	}
}

// registerWebhooks: “Webhooks allow Smokeball to notify CaseHug of changes in real-time. Go to
// Settings → Integrations → Smokeball → Advanced and click Register Webhooks.”
func (r *reader) registerWebhooks() {
	r.open("/integrations")
	r.click("Advanced")
	r.until("Advanced opens", `location.pathname === "/integrations/advanced"`)
	r.click("Register Webhooks")
	r.until("they are registered", `document.querySelector("#wh").closest("section").querySelector(".chip").textContent.includes("Active")`)
	r.shot("09-webhooks")
	if n := len(r.smokeballHas().Subscriptions); n != 1 {
		r.Errorf("Smokeball has %d subscriptions", n)
	}
	m := r.matterThere("CH-2026-0142")
	r.open("/matters/m_1001")
	begun := time.Now()
	r.fetch(http.MethodPost, r.smokeball+"/_sim/matters/"+m.ID, `{"status":"Pending"}`, nil)
	r.until("the open page shows a status that was changed in Smokeball", `document.querySelector("#fields").textContent.includes("Pending")`)
	r.Logf("a change in Smokeball was in the open page after %s: its webhook, reading it back, and the page", time.Since(begun).Round(time.Millisecond))
	r.shot("10-changed-in-smokeball")
}

// openPagesFollow requires what the engine has recorded to be in an open page without a reload, and
// logs how soon: the best of five tries, for a busy machine.
func (r *reader) openPagesFollow() {
	r.open("/matters/m_1005")
	best := time.Hour
	for range 5 {
		var asked struct{ ID string }
		if code := r.fetch(http.MethodPost, r.console+firmAPI+"/matters/m_1005/sync", "", &asked); code != http.StatusAccepted {
			r.Fatalf("the sync is answered %d", code)
		}
		begun := time.Now()
		r.until("the open page shows the new sync", fmt.Sprintf(`document.querySelector("#syncs a[href*='%s']")`, asked.ID))
		best = min(best, time.Since(begun))
		r.until("the sync has ended", `document.querySelector("#acts form")`)
		if best < time.Second {
			break
		}
	}
	r.Logf("a change was in the open page after %s", best.Round(time.Millisecond))
}

// mapMatterTypes: “If your firm uses custom Smokeball matter types that don't match CaseHug's
// defaults, add custom mappings in Case Type Mappings.”
func (r *reader) mapMatterTypes() {
	r.open("/integrations/mappings")
	r.reads("Pedestrian Mishap", "Unmapped")
	r.shot("11-mappings")
	r.do(click(`table.maps tr:has(.chip.warn) a.btn`))
	r.until("the form opens", `document.querySelector("#mp-type")`)
	r.is(`(s => { s.value = [...s.options].find(o => o.text.includes("Auto Accident")).value; s.dispatchEvent(new Event("change", {bubbles: true})); return true })(document.querySelector("#mp-type"))`)
	r.do(click(`form[data-tries] button.go`))
	r.until("the mapping is saved", `[...document.querySelectorAll("table.maps b")].some(b => b.textContent === "Custom")`)
	r.shot("12-custom-mapping")
	r.open("/matters/m_1006")
	r.until("the sync that waited for a type goes on by itself", `document.querySelector("#docs").textContent.includes("1 in Smokeball")`)
}

// teamAccess: “Standard users can trigger syncs but can't modify settings.”
func (r *reader) teamAccess() {
	r.signInAs(r.userIn)
	for _, path := range []string{"/integrations/settings", "/integrations/mappings", "/integrations/advanced"} {
		if code := r.status("GET", path); code != http.StatusForbidden {
			r.Errorf("a user gets %d at %s", code, path)
		}
	}
	for _, path := range []string{"/integrations/settings", "/integrations/connect", "/integrations/disconnect", "/integrations/webhooks", "/integrations/mappings"} {
		if code := r.status("POST", path); code != http.StatusForbidden {
			r.Errorf("a user's form is answered %d at %s", code, path)
		}
	}
	r.open("/matters/m_1003")
	r.click("Sync to Smokeball")
	r.reads("Nothing to send")
	r.open("/integrations")
	r.shot("13-standard-user")
}

// status is what the engine answers the person who is signed in.
func (r *reader) status(method, path string) int {
	r.Helper()
	return value(r, evaluatePromise(fmt.Sprintf(`fetch(%q, {method: %q, redirect: "manual"}).then(r => r.status)`, path, method)))
}

// reviewHistory: “Review the sync history in Settings → Integrations for detailed logs. Review it
// for any warnings or failures.”
func (r *reader) reviewHistory() {
	r.signInAs(r.signIn)
	r.open("/integrations")
	r.click("Sync History")
	r.until("the history opens", `location.pathname === "/history" && document.querySelectorAll("tbody tr").length >= 6`)
	r.reads("Ben Lindqvist", "Becker v. Becker")
	r.shot("14-sync-history")
	r.do(click("tbody tr a"))
	r.until("a sync opens with its steps", `document.querySelector("dialog.drawer[open]")`)
	r.shot("15-one-sync")
}

// revokeAccess: “You can revoke access at any time from both CaseHug and Smokeball.”
func (r *reader) revokeAccess() {
	r.open("/integrations/advanced")
	r.do(click("[data-open=bye]"), visible("#bye[open]"))
	r.shot("16-disconnect")
	r.do(click("#bye .btn.hard"))
	r.until("the connection is ended", `location.pathname === "/integrations" && document.querySelector("form[action='/integrations/connect']")`)
	if has := r.smokeballHas(); has.Connected || len(has.Subscriptions) != 0 {
		r.Errorf("Smokeball is still connected: %+v", has)
	}
}

// TestTheSetupGuideShowsEachStep holds the pictures and the page that shows them together.
func TestTheSetupGuideShowsEachStep(t *testing.T) {
	text := read(t, "docs/setup-guide.md").text
	files, err := filepath.Glob(filepath.Join(top, "docs", "guide", "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`!\[[^\]]+\]\(guide/([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		shown[m[1]] = true
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		if name := filepath.Base(file); !shown[name] {
			t.Errorf("docs/setup-guide.md does not show %s", name)
		}
		delete(shown, filepath.Base(file))
	}
	if len(shown) > 0 || len(files) < 12 || total > 3<<20 {
		t.Errorf("%d pictures of %d bytes; missing are %v", len(files), total, shown)
	}
	if !strings.Contains(text, "Register Webhooks") {
		t.Error("the page does not speak of webhooks")
	}
}
