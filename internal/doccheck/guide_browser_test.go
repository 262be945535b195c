package doccheck_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// reader is a person who follows the setup guide in a browser, on a demo that is not connected.
type reader struct {
	*testing.T
	*demo
	ctx   context.Context
	shots map[string][]byte // the pictures, by name
}

// guideWithin is how long the whole guide may take on a busy machine; stepWithin each wait.
const (
	guideWithin = 6 * time.Minute
	stepWithin  = 30 * time.Second
)

func openGuide(t *testing.T) *reader {
	t.Helper()
	path := browserFor(t)
	d, err := startDemo(t.TempDir(), "--unconnected")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	})
	ctx, stop := context.WithTimeout(t.Context(), guideWithin)
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(pictureWidth, pictureHeight))...)
	t.Cleanup(stopBrowser)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)
	r := &reader{T: t, demo: d, ctx: ctx, shots: map[string][]byte{}}
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context that it was started with
		t.Fatal(err)
	}
	command(r, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: pictureWidth, Height: pictureHeight, DeviceScaleFactor: 1})
	command(r, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	command(r, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/Chicago"})
	return r
}

// browserFor finds a browser. CI has to have one; elsewhere the test is skipped without it.
func browserFor(t *testing.T) string {
	t.Helper()
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

// command sends the browser a command of its protocol.
func command[P, R any](r *reader, c cdp.Command[P, R], params P) {
	r.Helper()
	if _, err := chromedp.Call(r.ctx, c, params); err != nil {
		r.Fatal(err)
	}
}

func (r *reader) do(steps ...chromedp.Action[chromedp.Void]) {
	r.Helper()
	for _, step := range steps {
		_ = value(r, step)
	}
}

// value runs an action, and fails with what the page shows if it takes too long.
func value[T any](r *reader, action chromedp.Action[T]) T {
	r.Helper()
	ctx, stop := context.WithTimeout(r.ctx, stepWithin)
	defer stop()
	v, err := chromedp.Run(ctx, action)
	for replaced(err) && ctx.Err() == nil {
		v, err = chromedp.Run(ctx, action)
	}
	if err != nil {
		r.Fatalf("%v: %s", err, r.page())
	}
	return v
}

// replaced reports whether the page has replaced an element between the moment an action found it and
// the moment it would have used it, as pages do that follow what happens. The action did nothing.
func replaced(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Could not find node with given id")
}

// page is where the browser is, and what is to be read there.
func (r *reader) page() string {
	ctx, stop := context.WithTimeout(r.ctx, 5*time.Second)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func click(selector chromedp.CSS) chromedp.Action[chromedp.Void] { return chromedp.Click(selector) }

func visible(selector chromedp.CSS) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(selector)
}

func navigate(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }

// evaluatePromise is the number that a promise of the page ends with.
func evaluatePromise(script string) chromedp.Action[int] {
	return chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise)
}

// signInAs opens the console as another person in a browser without cookies.
func (r *reader) signInAs(link string) {
	r.Helper()
	command(r, network.ClearBrowserCookies, cdp.Empty{})
	r.do(chromedp.Navigate(link), chromedp.WaitReady(chromedp.CSS("#main")))
}

func (r *reader) open(path string) {
	r.Helper()
	r.do(chromedp.Navigate(r.console+path), chromedp.WaitReady(chromedp.CSS("#main")))
}

// is evaluates a condition on the page.
func (r *reader) is(condition string) bool {
	r.Helper()
	return value(r, chromedp.Evaluate[bool]("!!("+condition+")"))
}

// until waits until a condition holds, without opening the page again.
func (r *reader) until(what, condition string) {
	r.Helper()
	end := time.Now().Add(stepWithin)
	for !r.holds(condition) {
		if time.Now().After(end) {
			r.Fatalf("%s: %s", what, r.page())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// holds is false while the browser goes from one page to the next.
func (r *reader) holds(condition string) bool {
	ctx, stop := context.WithTimeout(r.ctx, 10*time.Second)
	defer stop()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
	return err == nil && ok
}

// reads requires the page to show each text.
func (r *reader) reads(texts ...string) {
	r.Helper()
	for _, text := range texts {
		quoted, err := json.Marshal(text)
		if err != nil {
			r.Fatal(err)
		}
		r.until("the page does not say "+text, `document.body.innerText.replace(/\s+/g, " ").includes(`+string(quoted)+`)`)
	}
}

// click clicks what a person sees with this text: a link or a button.
func (r *reader) click(text string) {
	r.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		r.Fatal(err)
	}
	find := `[...document.querySelectorAll("main a, main button, form button, details.menu summary, details.menu a")].find(e => e.innerText.trim() === ` + string(quoted) + ` && e.checkVisibility())`
	r.until("nothing to click says "+text, find)
	if !r.is(`(window.clicked = ` + find + `, clicked.scrollIntoView({block: "center"}), clicked.click(), true)`) {
		r.Fatalf("%s was not clicked", text)
	}
}

// shot takes the picture of a step. The parts of a page that follow the ledger are left to settle.
func (r *reader) shot(name string) {
	r.Helper()
	if !*takePicture {
		return
	}
	r.do(chromedp.Sleep(500 * time.Millisecond))
	r.shots[name] = value(r, chromedp.CaptureScreenshot())
}

// fetch asks as a program does: the engine with the firm admin's token, or the simulated Smokeball.
func (r *reader) fetch(method, address, body string, into any) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.ctx, method, address, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(address, r.console) {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		r.Fatalf("%s %s: %s: %v", method, address, data, err)
	}
	return resp.StatusCode
}

// inSmokeball is what the firm has there.
type inSmokeball struct {
	Connected bool
	Matters   []struct {
		ID, Number, Description, Status, MatterType, ExternalSystemID string
		ClientIDs                                                     []string
	}
	Contacts []struct {
		ID, Name, Email string
		Phones          []string
	}
	Files []struct {
		MatterID, Name string
		Uploads        int
	}
	Subscriptions []struct{ ID string }
}

func (r *reader) smokeballHas() inSmokeball {
	r.Helper()
	var state struct{ Accounts []inSmokeball }
	r.fetch(http.MethodGet, r.smokeball+"/_sim/state", "", &state)
	return state.Accounts[0]
}

// keep writes the pictures to docs/guide.
func (r *reader) keep() {
	r.Helper()
	for name, shot := range r.shots {
		if err := os.WriteFile(filepath.Join(top, "docs", "guide", name+".png"), shot, 0o644); err != nil {
			r.Fatal(err)
		}
	}
}
