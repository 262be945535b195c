package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// beforeSealing is the last commit whose engines do not seal the ledger of a cluster.
const beforeSealing = "f58291f"

// olderProgram is the program of that commit, built from the repository's history. That takes minutes of
// computing, so it is done where MIXED_VERSIONS asks for it; where the history is not there, the test is
// skipped.
func olderProgram(t *testing.T) string {
	t.Helper()
	if os.Getenv("MIXED_VERSIONS") == "" {
		t.Skip("set MIXED_VERSIONS=1 to build the older version and run it beside this one")
	}
	dir, path := filepath.Join(t.TempDir(), "source"), filepath.Join(t.TempDir(), "older")
	root := filepath.Join("..", "..")
	if out, err := exec.Command("git", "-C", root, "cat-file", "-e", beforeSealing+"^{commit}").CombinedOutput(); err != nil {
		t.Skipf("the repository's history does not reach back to %s: %s", beforeSealing, out)
	}
	for _, command := range [][]string{
		{"sh", "-c", `mkdir "$1" && git -C "$0" archive "$2" | tar -x -C "$1"`, root, dir, beforeSealing},
		{"go", "build", "-C", dir, "-o", path, "./cmd/smokeball-sync"},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	return path
}

// TestEnginesOfTwoVersionsShareALedger: engines of the version that did not seal, and of this one, work side
// by side under load on a cluster's ledger that the older ones began; nothing is lost or made twice.
func TestEnginesOfTwoVersionsShareALedger(t *testing.T) {
	t.Parallel()
	older := olderProgram(t)
	upgradeUnderLoad(t, older, newerProgram(t))
}

// TestAnOlderEngineLeavesASealedLedgerAlone: it does not start there, and writes nothing.
func TestAnOlderEngineLeavesASealedLedgerAlone(t *testing.T) {
	t.Parallel()
	older := olderProgram(t)
	w := newWorld(t, smokeballsim.Config{})
	w.onCluster(t)
	r := w.serve(t)
	r.publisher(t).say(t, "matter.created", "q1", quackenbush("m_quack", 1))
	eventually(t, "the matter is known", func() bool {
		return strings.Contains(string(r.call(t, clerk(), "GET", "/matters/m_quack", nil).body), "Quackenbush")
	})
	p := w.another(t).launchWith(t, older)
	if code := p.wait(t, patience); code == done || !strings.Contains(p.log.String(), "was not finished") {
		t.Errorf("it ends with %d:\n%s", code, p.log)
	}
	r = r.restart(t)
	eventually(t, "the matter is as it was", func() bool {
		return strings.Contains(string(r.call(t, clerk(), "GET", "/matters/m_quack", nil).body), "Quackenbush")
	})
}
