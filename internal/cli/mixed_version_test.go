package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// beforeSealing is the last commit of main whose engines do not seal the ledger of a cluster.
const beforeSealing = "6cc8928"

// olderProgram is the program of that commit, built from the repository's history. That takes minutes of
// computing, so it is done where MIXED_VERSIONS asks for it. Where the history does not have the commit, the
// test fails: who asked for it is not to believe that it ran.
func olderProgram(t *testing.T) string {
	t.Helper()
	if os.Getenv("MIXED_VERSIONS") == "" {
		t.Skip("set MIXED_VERSIONS=1 to build the older version and run it beside this one")
	}
	dir, path := filepath.Join(t.TempDir(), "source"), filepath.Join(t.TempDir(), "older")
	root := filepath.Join("..", "..")
	if out, err := exec.Command("git", "-C", root, "cat-file", "-e", beforeSealing+"^{commit}").CombinedOutput(); err != nil {
		t.Fatalf("The repository's history does not have %s, of which the older engine is built: %sIn a shallow clone, run git fetch --unshallow.", beforeSealing, out)
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

// TestAnOlderEngineLeavesASealedLedgerAlone: it says that it is older, and what it can't read stays as it is.
func TestAnOlderEngineLeavesASealedLedgerAlone(t *testing.T) {
	t.Parallel()
	older := olderProgram(t)
	w := newWorld(t, smokeballsim.Config{})
	w.onCluster(t)
	r := w.serve(t)
	r.publisher(t).say(t, "matter.created", "q1", quackenbush("m_quack", 1))
	known := func() bool {
		return strings.Contains(string(r.call(t, clerk(), "GET", "/matters/m_quack", nil).body), "Quackenbush")
	}
	eventually(t, "the matter is known", known)
	p := w.another(t).launchWith(t, older)
	eventually(t, "the older engine says that it is older", func() bool { return strings.Contains(p.log.String(), "this binary is older than the ledger") })
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t, patience); code != done {
		t.Errorf("it ends with %d:\n%s", code, p.log)
	}
	r = r.restart(t)
	eventually(t, "the matter is as it was", known)
}
