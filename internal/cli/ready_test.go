package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/cli"
)

// TestReadyFailsWithoutAnEngine tells that a health check fails where no engine runs.
func TestReadyFailsWithoutAnEngine(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := cli.Main(t.Context(), []string{"ready", "--data-dir", t.TempDir()}, func(string) string { return "" }, &out, &errs); code != cli.Failed {
		t.Errorf("it exits with %d: %s", code, &out)
	}
	if !strings.Contains(errs.String(), "no engine runs on this data directory") {
		t.Errorf("it says %q", &errs)
	}
}
