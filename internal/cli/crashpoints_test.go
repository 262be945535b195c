package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestShippedEngineHasNoCrashPoints looks for the hooks of the crash tests in the program
// as it is shipped, and in the build that has them.
func TestShippedEngineHasNoCrashPoints(t *testing.T) {
	t.Parallel()
	shipped, err := program()
	if err != nil {
		t.Fatal(err)
	}
	breakable := filepath.Join(t.TempDir(), "breakable")
	if out, err := exec.Command("go", "build", "-tags", "crashpoints", "-o", breakable, "../../cmd/smokeball-sync").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for path, want := range map[string]bool{shipped: false, breakable: true} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, hook := range []string{"ENGINE_CRASH_AT", "crashingLedger", "crashingTransport", "CrashInFold"} {
			if has := bytes.Contains(data, []byte(hook)); has != want {
				t.Errorf("%s has %s: %v, want %v", filepath.Base(path), hook, has, want)
			}
		}
	}
}
