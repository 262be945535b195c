package cli

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// TestAMisspeltFilterIsRefused: differs=ture would be no filter that anybody meant.
func TestAMisspeltFilterIsRefused(t *testing.T) {
	for _, filter := range []map[string]string{{"differs": "ture"}, {"differs": "yes"}, {"differs": ""}, {"stat": "closed"}} {
		c := syncCmd{Firm: "f_1", Filter: filter}
		if _, err := c.request(); err == nil || !strings.Contains(err.Error(), "--filter") {
			t.Errorf("%v: %v", filter, err)
		}
	}
	c := syncCmd{Firm: "f_1", Filter: map[string]string{"differs": "false", "status": "closed"}}
	body, err := c.request()
	if err != nil || body["filter"].(map[string]any)["differs"] != false {
		t.Errorf("got %v, %v", body, err)
	}
}

// TestARemainingTimeThatIsNotKnownIsNotShown as a number, or left out.
func TestARemainingTimeThatIsNotKnownIsNotShown(t *testing.T) {
	var bar, table strings.Builder
	b := reading.BulkBody{Status: domain.BulkRunning, Total: 10, Done: 1}
	(&progressBar{lines: &bar}).show(b)
	if err := printBulk(&table, b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(bar.String(), "not known yet") || !strings.Contains(table.String(), "not known yet") {
		t.Errorf("the bar shows %q, the table\n%s", bar.String(), table.String())
	}
	seconds := 90
	b.Eta = &seconds
	bar.Reset()
	(&progressBar{lines: &bar}).show(b)
	if !strings.Contains(bar.String(), "1m30s to go") {
		t.Errorf("the bar shows %q", bar.String())
	}
}
