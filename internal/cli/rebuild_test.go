package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestViewsAreRebuiltWhileTheEngineRunsAndWhileItDoesNot: the history is what it was, and nothing
// is left beside.
func TestViewsAreRebuiltWhileTheEngineRunsAndWhileItDoesNot(t *testing.T) {
	t.Parallel()
	r := examined(t)
	before := r.operator(t, "history", string(testFirm), "--json").out
	for _, runs := range []bool{true, false} {
		if !runs {
			r.stop()
		}
		o := r.operator(t, "rebuild", "--json")
		var is struct {
			Events  uint64   `json:"events"`
			Seconds *float64 `json:"seconds"`
			Running bool     `json:"engine_running"`
		}
		if err := json.Unmarshal([]byte(o.out), &is); err != nil || is.Events == 0 || is.Seconds == nil || is.Running != runs {
			t.Errorf("the engine runs: %v; rebuild says %s%s, %v", runs, o.out, o.err, err)
		}
		// A machine that is slow sees the progress, on stderr.
		if o := execute(t, map[string]string{"ENGINE_DATA_DIR": r.settings["ENGINE_DATA_DIR"]}, "rebuild"); o.code != done || !strings.HasPrefix(o.out, "Rebuilt all views from ") {
			t.Errorf("the engine runs: %v; rebuild says %s%s", runs, o.out, o.err)
		}
		if after := r.operator(t, "history", string(testFirm), "--json").out; after != before {
			t.Errorf("the engine runs: %v; the history was\n%s\nand is\n%s", runs, before, after)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(r.settings["ENGINE_DATA_DIR"], "views.db.new*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	if _, err := os.Stat(filepath.Join(r.settings["ENGINE_DATA_DIR"], "views.db")); err != nil {
		t.Error(err)
	}
}

// TestARebuildWithoutALedgerFails names what is missing.
func TestARebuildWithoutALedgerFails(t *testing.T) {
	t.Parallel()
	o := execute(t, map[string]string{"ENGINE_DATA_DIR": t.TempDir()}, "rebuild")
	if o.code != Failed || !strings.Contains(o.err, "there is no ledger") {
		t.Errorf("exit %d, %s%s", o.code, o.out, o.err)
	}
}
