package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// TestBrowserPagesWithoutScript are accessible and fit, wide and narrow. Scripts are off while a page
// is loaded, and on while axe-core looks at what came.
func TestBrowserPagesWithoutScript(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellContact().tellDrift().tellBulk().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	script := func(off bool) {
		command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
	}
	for _, path := range []string{"/overview", "/integrations", "/history", "/matters", "/matters/m_1006", "/matters/m_1006/provenance", "/matters/m_1006/erase", "/clients/c_77/erase", "/erasures?q=rivera", "/matters/m_1001/preview",
		"/drift", "/bulk-syncs?which=", "/bulk-syncs/b_1", "/audit", "/api", "/api/get-connection"} {
		script(true)
		b.open(path)
		script(false)
		if text := b.text("body"); strings.Contains(text, "Times in your zone") {
			t.Errorf("%s was changed by a script", path)
		}
		b.seen(path + " without script")
	}
}
