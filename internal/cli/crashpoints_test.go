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
	whole, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{whole: false, breakable(t): true} {
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

// breakable is a file with the hooks: where CI is set the build that has them, elsewhere the sources that
// only that build has. The build compiles half of the engine again.
func breakable(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "breakable")
	if os.Getenv("CI") == "true" {
		if out, err := exec.Command("go", "build", "-tags", "crashpoints", "-ldflags", shipped, "-o", path, "../../cmd/smokeball-sync").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return path
	}
	var sources []byte
	for _, name := range []string{"../engine/crashpoints_on.go", "../../projections/crashpoint_on.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source...)
	}
	if err := os.WriteFile(path, sources, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
