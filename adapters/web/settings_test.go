package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/domain"
)

func (e *engine) saveSettings(t *testing.T, in url.Values) reply {
	t.Helper()
	return e.told(t).call(t, call{method: "POST", path: "/integrations/settings", body: in.Encode(), kind: form, cookie: "admin-token", html: true})
}

func TestSettingsPage(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	open := func() reply {
		r := e.told(t).call(t, call{path: "/integrations/settings", cookie: "admin-token", html: true}).want(200)
		checkPage(t, "settings", r.body)
		return r
	}
	open().contains("Connected to Hartwell &amp; Osei LLP.", "These are the settings that every firm begins with.", "Now off: 3 matters are in CaseHug only.", `name="revision" value="0"`)
	s := domain.DefaultSettings
	s.OnMatterCreated = true
	e.add(at(5), domain.SettingsStream(firm), domain.SettingsChanged{Settings: s, By: "u_2"})
	open().contains("Last changed <time", "by a colleague (u_2); <a", "see earlier settings", `name="revision" value="1"`).lacks("in CaseHug only")
	e.add(at(4), domain.ConnectionStream(firm), domain.Disconnected{By: "u_1"})
	open().lacks("Connected to")
}

// TestSettingsThatSomebodyElseSaved checks that a form which was overtaken overwrites
// nothing, keeps what was typed, says at the field what is saved now, and saves when it is
// sent again.
func TestSettingsThatSomebodyElseSaved(t *testing.T) {
	e := newEngine(t).connect().tell()
	theirs := domain.DefaultSettings
	theirs.OnMatterCreated, theirs.DocumentsFolder = true, "Signed"
	e.add(at(5), domain.SettingsStream(firm), domain.SettingsChanged{Settings: theirs, By: "u_2"})
	typed := url.Values{"revision": {"0"}, "auto_sync_on_document_approved": {"on"}, "auto_sync_on_matter_updated": {"on"}, "link_existing_matters": {"on"}, "documents_folder": {"Intake"}}

	r := e.saveSettings(t, typed).want(409).contains("A colleague (u_2) saved other settings while this form was open", `role="alert"`, `value="Intake"`, `name="revision" value="1"`,
		`id="s-created-e">Saved meanwhile: on.`, `id="s-folder-e">Saved meanwhile: Signed`, "data-unsaved", "Keep what is saved")
	checkPage(t, "overtaken", r.body)
	if n := strings.Count(r.body, "autofocus"); n != 1 {
		t.Errorf("%d fields take the focus", n)
	}
	if row, err := e.views.Connections.Connection(firm); err != nil || row.Settings != theirs {
		t.Errorf("the firm has %+v, %v", row.Settings, err)
	}
	delete(typed, "revision")
	e.saveSettings(t, typed).want(409)

	typed.Set("revision", "1")
	e.saveSettings(t, typed).want(303).leads("/integrations/settings?saved=1")
	if row, err := e.told(t).views.Connections.Connection(firm); err != nil || row.Settings.DocumentsFolder != "Intake" || row.Settings.OnMatterCreated {
		t.Errorf("the firm has %+v, %v", row.Settings, err)
	}
	e.saveSettings(t, typed).want(303) // the same again, from a form of before
	delete(typed, "link_existing_matters")
	typed.Set("documents_folder", strings.Repeat("x", 201))
	e.saveSettings(t, typed).want(422).contains("Must have at most 200 characters.", `aria-invalid="true"`, "Not saved: 1 field is wrong.")
}

// TestBrowserSettingsErrorIsSeen: a wrong folder at 1280×900; neither the field nor its
// message lies behind the bar.
func TestBrowserSettingsErrorIsSeen(t *testing.T) {
	chromium(t)
	b := openBrowser(t, newEngine(t).connect().tell().told(t).url)
	b.signIn("admin-token")
	b.open("/integrations/settings")
	b.do(chromedp.EmulateViewport(1280, 900))
	value(b, chromedp.Evaluate[bool](`document.getElementById('s-folder').value = 'x'.repeat(201); document.getElementById('settings').requestSubmit(); true`))
	b.do(chromedp.WaitVisible(chromedp.CSS("#s-folder-e")))
	for _, id := range []string{"s-folder", "s-folder-e"} {
		seen := value(b, chromedp.Evaluate[bool](`(() => { const r = document.getElementById('`+id+`').getBoundingClientRect();
			return r.top >= 0 && document.elementFromPoint(r.left + 4, r.bottom - 2)?.id === '`+id+`'; })()`))
		if !seen {
			t.Errorf("#%s lies behind something", id)
		}
	}
	if got := b.text(".save p"); !strings.HasPrefix(got, "Not saved: 1 field is wrong. Folder for documents") {
		t.Errorf("the bar says %q", got)
	}
}

// The bar says what is not saved, a form that was overtaken says so, and everything works
// by keyboard.
func TestBrowserSettings(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/integrations/settings")
	b.do(chromedp.WaitNotVisible(chromedp.CSS(".save")), chromedp.Focus(chromedp.CSS("#s-client")), chromedp.SendKeys(chromedp.CSS("#s-client"), " "), chromedp.WaitVisible(chromedp.CSS(".save ins")))
	if got := b.text(".save p"); !strings.Contains(got, "client changes off on") {
		t.Errorf("the bar says %q", got)
	}
	b.accessible("the bar")
	theirs := domain.DefaultSettings
	theirs.OnMatterCreated = true
	e.add(at(0), domain.SettingsStream(firm), domain.SettingsChanged{Settings: theirs, By: "u_2"})
	e.told(t)
	b.click(".save .btn.go", "#s-created-e")
	b.do(chromedp.Poll[chromedp.Void]("document.activeElement.id === 's-created'", chromedp.WithPollingInterval(20*time.Millisecond))) // autofocus comes after the page is drawn
	b.accessible("the form that was overtaken")
	b.picture("settings-overtaken")
	b.do(chromedp.WaitVisible(chromedp.CSS(".save")))
	b.click(".save .btn.go", ".note.info")
	b.at("/integrations/settings?saved=1")
	if row, err := e.told(t).views.Connections.Connection(firm); err != nil || !row.Settings.OnClientUpdated || row.Settings.OnMatterCreated {
		t.Errorf("the firm has %+v, %v", row.Settings, err)
	}
	b.quiet("settings")
}
