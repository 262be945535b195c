package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/domain"
)

// A firm admin looks at a preview, chooses matters and watches a bulk sync, wide and narrow, by
// day and by night.
func TestBrowserBulkSync(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellBulk().told(t)
	b := openBrowser(t, e.url)
	b.open("/session/demo/once")
	b.at("/integrations")
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(width, scheme)
			for _, path := range []string{"/bulk-syncs?which=", "/bulk-syncs/b_1", "/bulk-syncs/b_1/cancel", "/matters/m_1001/preview"} {
				b.open(path)
				where := path + " " + scheme
				b.accessible(where)
				b.fits(where)
				b.picture(strings.NewReplacer("/", "-", "?", "", "=", "").Replace(path[1:]) + "-" + scheme + map[bool]string{true: "-narrow"}[width < 800])
				b.quiet(where)
			}
		}
	}

	b.look(1280, "light")
	b.open("/bulk-syncs/b_1")
	e.add(noon, domain.BulkStream(firm, "b_1"), domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{Matter: 2, Outcome: domain.BulkFailed}}, Weight: 2, Calls: 2})
	b.do(chromedp.WaitReady(chromedp.CSS(`progress[value="4"]`)))

	b.open("/matters/m_1001")
	b.click(`a[href="/matters/m_1001/preview"]`, "dialog[open] .calls")
	b.accessible("the preview's drawer")
	b.open("/bulk-syncs?which=")
	b.click(`button[value="estimate"]`, "progress")
	b.at("/bulk-syncs/b_1")
	b.click(`a[href="/bulk-syncs/b_1/cancel"]`, ".btn.hard")
	b.do(chromedp.Click(chromedp.CSS(".btn.hard")), chromedp.WaitReady(chromedp.CSS("progress")))
	if heard := e.asked(); !strings.Contains(heard, "estimates true") || !strings.Contains(heard, "cancel b_1") {
		t.Errorf("the engine was asked %s", heard)
	}
}
