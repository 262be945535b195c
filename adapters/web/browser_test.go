package web_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/casehug/smokeball-sync/domain"
)

// chromium finds a browser. Where tests run for everybody (CI=true) there has to be
// one; elsewhere the test is skipped without it.
func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() && os.Getenv("CI") != "true" {
		t.Skip("a browser takes half a minute")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no chromium in PATH; CI has to have one")
	}
	t.Skip("no chromium in PATH")
	return ""
}

// browser is a tab that notes what the console of the browser complains about.
type browser struct {
	*testing.T
	ctx  context.Context
	base string
	axe  string // the script

	mu         sync.Mutex
	complaints []string
}

func openBrowser(t *testing.T, base string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1280, 1400))
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(stop)
	ctx, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stopAllocator)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{T: t, ctx: ctx, base: base, axe: string(axe)}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context that it was started with
		t.Fatal(err)
	}
	return b
}

// listen notes errors, violations of the content policy, and uncaught exceptions. An
// answer with an error status is what some pages are about.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if string(e.Type) == string(chromedp.ConsoleError) {
			b.complaints = append(b.complaints, "console.error was called")
		}
	}
}

// stepWithin is how long one step may take, in the browser or of the views, on a machine whose disk
// stalls.
const stepWithin = time.Minute

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for _, step := range steps {
		_ = value(b, step)
	}
}

// value runs an action that has a result.
func value[T any](b *browser, action chromedp.Action[T]) T {
	b.Helper()
	return within(b, func(ctx context.Context) (T, error) {
		for {
			v, err := chromedp.Run(ctx, action)
			if !replaced(err) || ctx.Err() != nil {
				return v, err
			}
		}
	})
}

// replaced reports whether the page has replaced an element between the moment an action found it and
// the moment it would have used it, as pages do that follow what happens. The action did nothing.
func replaced(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Could not find node with given id")
}

// command sends the browser a command of its protocol.
func command[P, R any](b *browser, c cdp.Command[P, R], params P) {
	b.Helper()
	_ = within(b, func(ctx context.Context) (R, error) { return chromedp.Call(ctx, c, params) })
}

// within runs a step, and fails with the page and its text if it takes too long.
func within[T any](b *browser, step func(context.Context) (T, error)) T {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, stepWithin)
	defer stop()
	v, err := step(ctx)
	if err != nil {
		b.Fatalf("%v: %s", err, b.shown())
	}
	return v
}

// shown is the page on which the browser stands and what is to be read there.
func (b *browser) shown() string {
	ctx, stop := context.WithTimeout(b.ctx, 5*time.Second)
	defer stop()
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return "and the page does not answer: " + err.Error()
	}
	return "the page is " + page
}

// quiet fails the test with what the browser complained about since.
func (b *browser) quiet(where string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.Errorf("%s: the browser complains: %s", where, c)
	}
	b.complaints = nil
}

func (b *browser) open(path string) { b.Helper(); b.do(chromedp.Navigate(b.base + path)) }

// signIn brings the cookie of a token, as POST /session would.
func (b *browser) signIn(token string) {
	b.Helper()
	command(b, network.SetCookie, network.SetCookieParams{Name: "casehug_session", Value: token, URL: b.base})
}

func (b *browser) at(path string) {
	b.Helper()
	address := value(b, chromedp.Location())
	if u, err := url.Parse(address); err != nil || u.RequestURI() != path {
		b.Fatalf("the browser is at %s, want %s", address, path)
	}
}

// click clicks and waits until what the click leads to is there.
func (b *browser) click(selector, until chromedp.CSS) {
	b.Helper()
	b.do(chromedp.Click(selector), chromedp.WaitReady(until))
}

// enter presses Enter on what a selector finds, in one go as a keyboard does: what the
// key leads to does not get the rest of it.
func (b *browser) enter(selector chromedp.CSS) {
	b.Helper()
	b.do(chromedp.Focus(selector))
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		command(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13})
	}
}

func (b *browser) text(selector chromedp.CSS) string {
	b.Helper()
	return strings.Join(strings.Fields(value(b, chromedp.Text(selector))), " ")
}

func (b *browser) look(width int64, scheme string) {
	b.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 800})
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// picture keeps a screenshot if "go test -artifacts" asks for them.
func (b *browser) picture(name string) {
	b.Helper()
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return
	}
	png := value(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(b.ArtifactDir(), strings.NewReplacer("/", "-", "?", "-").Replace(name)+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}

// accessible asks axe-core about the page as it is.
func (b *browser) accessible(where string) {
	b.Helper()
	b.heed(where, "{}")
}

// coloured asks axe-core about the page's colours only: all that another scheme changes.
func (b *browser) coloured(where string) {
	b.Helper()
	b.heed(where, `{runOnly: ["color-contrast", "link-in-text-block"]}`)
}

// heed fails with what axe-core finds. The script is brought to a page once, and styles are not
// fetched again: they are all the page's own.
func (b *browser) heed(where, options string) {
	b.Helper()
	if !value(b, chromedp.Evaluate[bool](`"axe" in window`)) {
		_ = value(b, chromedp.Evaluate[chromedp.Void](b.axe+";0"))
	}
	// What fades in has other colours until it is there; a spinner never ends.
	found := value(b, chromedp.Evaluate[string](`Promise.allSettled(document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity).map(a => a.finished)).then(() => axe.run(Object.assign({resultTypes: ["violations"], preload: false}, `+options+`))).then(r => JSON.stringify(
		r.violations.map(v => ({id: v.id, help: v.help, at: v.nodes.map(n => n.html + ' — ' + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	var violations []struct {
		ID, Help string
		At       []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.Fatal(err)
	}
	for _, v := range violations {
		b.Errorf("%s: %s: %s\n%s", where, v.ID, v.Help, strings.Join(v.At, "\n"))
	}
}

// fits fails where a page is wider than the window.
func (b *browser) fits(where string) {
	b.Helper()
	over := value(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if over > 0 {
		b.Errorf("%s: the page is %d pixels wider than the window", where, over)
	}
}

// A firm admin's first day: sign in, connect, choose, look, sync.
func TestBrowserStory(t *testing.T) {
	chromium(t)
	e := newEngine(t).tell().told(t)
	b := openBrowser(t, e.url)
	b.open("/session/demo/once")
	b.at("/integrations")

	b.click(".card .btn.go", "#allow")
	b.click("#allow", ".vitals")
	b.at("/integrations?connected=1")
	if got := b.text(".card .chip"); got != "Connected" {
		t.Errorf("the card says %q, want Connected", got)
	}
	b.quiet("connecting")

	b.click(`a[href="/integrations/settings"]`, "#settings")
	save := chromedp.CSS(".save")
	b.do(chromedp.WaitNotVisible(save), chromedp.Click(chromedp.CSS("#s-created")), chromedp.WaitVisible(save))
	b.click(".save .btn.go", ".note.info")
	if row, err := e.views.Connections.Connection(firm); err != nil || !row.Settings.OnMatterCreated {
		t.Errorf("the setting is not saved: %+v, %v", row.Settings, err)
	}
	b.quiet("settings")

	b.open("/history")
	b.click(`a[href="/history/s_failed"]`, "dialog.drawer[open]")
	if got := b.text("dialog.drawer h2"); got != "Becker v. Becker" {
		t.Errorf("the drawer shows %q", got)
	}
	b.accessible("the drawer")
	b.picture("drawer")
	b.do(chromedp.Click(chromedp.CSS("dialog.drawer [data-close]")), chromedp.WaitNotPresent(chromedp.CSS("dialog.drawer")))
	b.quiet("the drawer")

	b.open("/matters/m_1001")
	b.click("#acts .btn.go", "#acts [aria-disabled=true]")
	b.at("/matters/m_1001")
	if !strings.Contains(e.asked(), "request m_1001 by u_1") {
		t.Errorf("no sync was asked for: %s", e.asked())
	}
	b.quiet("syncing")

	b.open("/integrations/advanced")
	b.click("[data-open=bye]", "#bye[open]")
	b.accessible("the dialog")
	b.picture("dialog")
	b.click("#bye .btn.hard", `form[action="/integrations/connect"]`)
	b.at("/integrations")
	b.quiet("disconnecting")
}

// An admin retries an event in vain and another one with success, and discards a third.
func TestBrowserDeadLetters(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellSettled().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/dead-letters")
	b.click(`form[action="/dead-letters/dl_2/retry"] button`, ".note.warn")
	b.at("/dead-letters?tried=dl_2")
	b.accessible("a retry in vain")
	b.click(`form[action="/dead-letters/dl_1/retry"] button`, ".note.info")
	b.at("/dead-letters?done=taken_in")
	b.open("/dead-letters")
	b.click("[data-open=d-dl_4]", "#d-dl_4[open]")
	b.accessible("the question")
	b.picture("discard-dialog")
	b.click("#d-dl_4 .btn.hard", ".note.info")
	b.at("/dead-letters?done=discarded")
	if want := "retry dead letter dl_2 of f_1 by u_1\nretry dead letter dl_1 of f_1 by u_1\ndiscard dead letter dl_4 of f_1 by u_1"; e.asked() != want {
		t.Errorf("the port was asked\n%s\nwant\n%s", e.asked(), want)
	}
	b.quiet("settling")
}

// A matter type is found by typing a part of its name, and chosen by keys; Enter never sends a
// form with half a name.
func TestBrowserTypeAhead(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellMappings().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/integrations/mappings?case_type=Pedestrian+Accident")
	field := chromedp.CSS("#mp-type-find")
	b.do(chromedp.WaitVisible(field), chromedp.Focus(field), chromedp.SendKeys(field, "pedes inj"))
	b.do(chromedp.WaitVisible(chromedp.CSS("#mp-type-list li:not([hidden])")))
	b.accessible("the list of matter types")
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.enter("#mp-type-find")
	if got := value(b, chromedp.Evaluate[string](`document.getElementById('mp-type').value`)); got != "t_2" {
		t.Errorf("the matter type is %q, want that of pedestrians", got)
	}
	b.click(".edit .acts .btn.go", ".note.info")
	b.at("/integrations/mappings?saved=1&released=1")
	b.quiet("choosing a matter type")
}

// The rows of a list follow the ledger while the page is open.
func TestBrowserFreshRows(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("user-token")
	b.open("/history/s_running")
	b.do(chromedp.WaitVisible(chromedp.CSS("article .chip.info")))
	e.finishRunning()
	b.do(chromedp.WaitVisible(chromedp.CSS("article .chip.ok")))
	b.quiet("fresh rows")
}

// The slider shows the moment on which it rests, with its events, and tells it.
func TestBrowserPast(t *testing.T) {
	chromium(t)
	e := newEngine(t).tellPast().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.open("/integrations")
	b.click(`a[href="/integrations/as-of"]`, "#t")
	b.do(chromedp.WaitVisible(chromedp.CSS("#t")))
	if got := b.text("#then .tight dd"); got != "Connected" {
		t.Errorf("now the status is %q", got)
	}
	b.do(chromedp.Focus(chromedp.CSS("#t")), chromedp.KeyEvent(kb.Home), chromedp.WaitReady(chromedp.CSS("#then li.later")))
	if got := b.text("#then .tight dd"); !strings.HasPrefix(got, "Not connected") {
		t.Errorf("at first the status was %q", got)
	}
	if got := value(b, chromedp.Evaluate[string](`document.getElementById('t').getAttribute('aria-valuetext')`)); !strings.HasPrefix(got, "May 8, 2026") {
		t.Errorf("the slider says %q", got)
	}
	b.do(chromedp.WaitReady(chromedp.CSS("#nx[href]")))
	b.accessible("the slider")
	b.click("#nx", `#then li.at`)
	if got := b.text("#then .tight dd"); !strings.HasPrefix(got, "Connecting") {
		t.Errorf("after the first event the status was %q", got)
	}
	b.quiet("the past")
}

// seen looks at a page wide and narrow, light and dark: it is accessible, fits, and the browser
// has nothing to complain about.
func (b *browser) seen(name string) {
	b.Helper()
	for _, width := range []int64{1280, 390} {
		where := fmt.Sprintf("%s-%d-", name, width)
		b.look(width, "light")
		b.accessible(where + "light")
		b.fits(where + "light")
		b.picture(where + "light")
		b.look(width, "dark")
		b.coloured(where + "dark")
		b.picture(where + "dark")
		b.quiet(where + "dark")
	}
}

// Every page is accessible, in light and dark, wide and narrow.
func TestBrowserPages(t *testing.T) {
	chromium(t)
	engines := states(t)
	connected, bare, ended := engines["connected"].told(t), engines["disconnected"], engines["ended"].told(t)
	past := newEngine(t).tellPast().tell().tellRefusals().told(t)
	mapped := newEngine(t).connect().tell().tellMappings().told(t)
	settled := newEngine(t).connect().tell().tellSettled().told(t)
	asking, hooks := proposed(t), hooked(t)
	compared := newEngine(t).connect().tell().tellContact().tellDrift().tellBulk().told(t)
	denied := refused(t, domain.Denied, domain.CodeAuthorizationDenied, "Somebody clicked “Deny” on Smokeball's page")
	foreign := refused(t, domain.Denied, domain.CodeAuthorizationForeign, "The authorization link belongs to a browser that is signed in to CaseHug, and nobody is signed in here")
	b := openBrowser(t, connected.url)
	for _, p := range []struct {
		e     *engine
		name  string
		token string
		path  string
	}{
		{troubled(t), "overview", "admin-token", "/overview"}, {troubled(t), "user-overview", "user-token", "/overview"}, {bare, "overview-bare", "admin-token", "/overview"},
		{ended, "overview-ended", "user-token", "/overview"}, {newEngine(t).connect().told(t), "overview-new", "admin-token", "/overview"}, {calm(t), "overview-calm", "user-token", "/overview"},
		{troubled(t), "history-remedies", "user-token", "/history"}, {troubled(t), "matters-waiting", "admin-token", "/matters?state=waiting"},
		{connected, "connected", "admin-token", "/integrations"}, {connected, "user-connected", "user-token", "/integrations"},
		{bare, "not-connected", "admin-token", "/integrations"}, {bare, "user-not-connected", "user-token", "/integrations"},
		{engines["soon"].told(t), "soon", "admin-token", "/integrations"}, {engines["failed"].told(t), "failed-try", "admin-token", "/integrations"},
		{engines["left"].told(t), "left", "admin-token", "/integrations"}, {engines["soon"].told(t), "user-soon", "user-token", "/integrations"},
		{engines["asked"].told(t), "asked", "admin-token", "/integrations"}, {engines["revoked"].told(t), "revoked", "admin-token", "/integrations"},
		{engines["registered"].told(t), "registered", "admin-token", "/integrations/advanced"}, {hooks, "rotated", "admin-token", "/integrations/advanced?done=rotated"},
		{asking, "another-account", "admin-token", "/integrations"}, {asking, "user-another-account", "user-token", "/integrations"},
		{ended, "ended", "admin-token", "/integrations"}, {ended, "ended-note", "admin-token", "/matters"},
		{connected, "settings", "admin-token", "/integrations/settings"},
		{mapped, "mappings", "admin-token", "/integrations/mappings"}, {mapped, "mappings-add", "admin-token", "/integrations/mappings?add=1"},
		{mapped, "mappings-tried", "admin-token", "/integrations/mappings?try=save&case_type=Pedestrian+Accident&matter_type_id=t_2"},
		{mapped, "mappings-keeps", "admin-token", "/integrations/mappings?try=save&case_type=Auto+Accident&matter_type_id=t_2"}, {mapped, "mappings-removing", "admin-token", "/integrations/mappings?try=remove&id=map_divorce"},
		{mapped, "mappings-faults", "admin-token", "/integrations/mappings?try=save&case_type=Sailing&matter_type_id=t_old"}, {mapped, "mappings-gone", "admin-token", "/integrations/mappings?id=map_dust"},
		{mapped, "mappings-choose", "admin-token", "/integrations/mappings?case_type=Pedestrian+Accident"}, {mapped, "mappings-change", "admin-token", "/integrations/mappings?id=map_divorce"},
		{bare, "mappings-bare", "admin-token", "/integrations/mappings"}, {ended, "mappings-trouble", "admin-token", "/integrations/mappings"},
		{connected, "matter-choose", "admin-token", "/matters/m_1002"}, {connected, "sync-choose", "admin-token", "/history/s_waits"},
		{connected, "advanced", "admin-token", "/integrations/advanced"},
		{bare, "advanced-bare", "admin-token", "/integrations/advanced"}, {connected, "disconnect", "admin-token", "/integrations/disconnect"}, {connected, "unregister", "admin-token", "/integrations/unregister"},
		{connected, "history", "admin-token", "/history"}, {bare, "history-empty", "admin-token", "/history"}, {connected, "history-nothing", "admin-token", "/history?q=nothing"},
		{connected, "sync-done", "admin-token", "/history/s_done"}, {connected, "sync-failed", "admin-token", "/history/s_failed"}, {connected, "sync-waits", "user-token", "/history/s_waits"},
		{connected, "matters", "admin-token", "/matters"}, {connected, "matter", "admin-token", "/matters/m_1001"}, {connected, "matter-waits", "user-token", "/matters/m_1002"},
		{connected, "matter-failed", "admin-token", "/matters/m_1003"}, {connected, "matter-busy", "user-token", "/matters/m_1005"},
		{past, "as-of", "admin-token", "/integrations/as-of"}, {past, "as-of-then", "user-token", "/integrations/as-of?as_of=2026-07-01T10:00:00Z"},
		{past, "as-of-wrong", "admin-token", "/integrations/as-of?as_of=tomorrow"}, {bare, "as-of-bare", "admin-token", "/integrations/as-of"},
		{past, "audit", "admin-token", "/audit"}, {past, "audit-nothing", "admin-token", "/audit?actor=nobody"}, {bare, "audit-bare", "admin-token", "/audit"},
		{settled, "dead-letters", "admin-token", "/dead-letters?tried=dl_4"}, {settled, "dead-letters-taken-in", "admin-token", "/dead-letters?status=taken_in"},
		{settled, "dead-letters-discarded", "admin-token", "/dead-letters?status=discarded"}, {connected, "dead-letter-discard", "admin-token", "/dead-letters/dl_1/discard"}, {bare, "dead-letters-none", "admin-token", "/dead-letters"},
		{engines["troubled"].told(t), "not-answering", "admin-token", "/integrations"}, {engines["misconfigured"].told(t), "user-misconfigured", "user-token", "/integrations"},
		{compared, "drift", "admin-token", "/drift"}, {bare, "drift-none", "admin-token", "/drift"}, {compared, "matter-differs", "admin-token", "/matters/m_1006"}, {compared, "user-matter-differs", "user-token", "/matters/m_1006"},
		{compared, "provenance", "user-token", "/matters/m_1006/provenance"}, {compared, "preview", "user-token", "/matters/m_1001/preview"}, {compared, "erase", "admin-token", "/matters/m_1006/erase"},
		{compared, "erase-client", "admin-token", "/clients/c_77/erase"}, {compared, "erasures", "admin-token", "/erasures?q=rivera"},
		{compared, "link", "admin-token", "/matters/m_1002/link?q=rivera"}, {compared, "unlink", "admin-token", "/matters/m_1001/unlink"},
		{compared, "bulk-choose", "admin-token", "/bulk-syncs?which="}, {compared, "bulk-running", "admin-token", "/bulk-syncs/b_1"}, {compared, "bulk-cancel", "admin-token", "/bulk-syncs/b_1/cancel"}, {bare, "bulk-bare", "admin-token", "/bulk-syncs"},
		{connected, "api", "admin-token", "/api"}, {connected, "api-call", "admin-token", "/api/get-connection"},
		{connected, "signed-out", "no-token", "/history"}, {connected, "forbidden", "user-token", "/dead-letters"},
		{connected, "not-found", "admin-token", "/matters/m_9"}, {connected, "callback", "admin-token", "/oauth/smokeball/callback?state=gone&code=c"},
		{denied, "callback-denied", "admin-token", "/oauth/smokeball/callback?state=s&error=access_denied"}, {foreign, "callback-foreign", "no-token", "/oauth/smokeball/callback?state=s&code=c"},
	} {
		b.base = p.e.url
		b.signIn(p.token)
		b.open(p.path)
		b.seen(p.name)
	}
}
