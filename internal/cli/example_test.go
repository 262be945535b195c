package cli

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestGoExamplePublishes builds the example as a stranger would and runs it twice.
func TestGoExamplePublishes(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	example, err := build("publish-go", "../../examples/publish-go")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := exec.CommandContext(ctx, example, "-url", r.nats, "-firm", string(testFirm)).CombinedOutput()
		if err != nil || strings.Count(string(out), "INBOX") != 2 {
			t.Fatalf("run: %v\n%s", err, out)
		}
	}
	done := r.latest(t, "m_go_1", domain.Succeeded)
	has := r.has()
	if len(done.Smokeball.Files) != 1 || len(has.Matters) != 1 || len(has.Contacts) != 1 || len(has.Files) != 1 || has.Files[0].Name != "Signed retainer.pdf" {
		t.Errorf("Smokeball has %+v", has)
	}
	out, err := exec.CommandContext(ctx, example, "-url", "nats://"+freeAddress(t)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is the engine running there?") {
		t.Errorf("without an engine: %v\n%s", err, out)
	}
}
