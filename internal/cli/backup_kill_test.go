package cli

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAKilledBackupLeavesNone kills the engine while it makes a backup. What is there by then under the
// backup's name is whole; what is not whole is neither verified nor restored, and is no obstacle to the next
// backup of that name.
func TestAKilledBackupLeavesNone(t *testing.T) {
	t.Parallel()
	for name, cluster := range map[string]bool{"one machine": false, "a cluster": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, smokeballsim.Config{})
			if cluster {
				w.onCluster(t)
			}
			w.killsBackups(t)
		})
	}
}

func (w *world) killsBackups(t *testing.T) {
	t.Helper()
	p := w.launch(t)
	p.find(t)
	p.connect(t)
	p.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	dir := filepath.Join(t.TempDir(), "backup")
	for range 3 {
		asked := make(chan outcome)
		go func() { asked <- execute(t, w.settings, "backup", dir) }()
		p.endsWithin(rand.N(300 * time.Millisecond))
		p.kill(t)
		o := <-asked
		_, err := os.Stat(dir)
		if o.code == done && err != nil {
			t.Fatalf("the command says that the backup was made, and it is not there: %s", o.out)
		}
		if err == nil {
			w.wantDone(t, "backup", "verify", dir)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
		// The kill may come when all is written and only the name is missing: then both find a whole backup.
		verified := execute(t, nil, "backup", "verify", dir+".partial")
		restored := execute(t, nil, "restore", dir+".partial", "--data-dir", filepath.Join(t.TempDir(), "none"))
		if whole := verified.code == done && restored.code == done; !whole && (verified.code != Failed || restored.code != Failed) {
			t.Errorf("of half a backup verify exits %d: %s, and restore exits %d: %s", verified.code, verified.out, restored.code, restored.out)
		}
		p = w.launch(t)
		p.find(t)
	}
	w.wantDone(t, "backup", dir)
}

// TestAKilledRestoreStartsNoEngine kills a restore at any moment: the directory is empty, or refuses to
// start an engine and says why, or is whole. The restore can be run again.
func TestAKilledRestoreStartsNoEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	r.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	r.publisher(t).approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	backup := filepath.Join(t.TempDir(), "backup")
	w.wantDone(t, "backup", backup)
	r.stop()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "restored")
	w.settings["ENGINE_DATA_DIR"] = target
	for range 4 {
		restore := exec.Command(path, "restore", backup, "--data-dir", target)
		if err := restore.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = restore.Wait(); close(ended) }()
		killSoon(restore, ended)
		entries, _ := os.ReadDir(target)
		_, unfinished := os.Stat(filepath.Join(target, "restore-unfinished"))
		switch {
		case len(entries) == 0:
		case unfinished == nil:
			if o := execute(t, w.settings, "serve"); o.code != Failed || !strings.Contains(o.err, "was not finished") {
				t.Fatalf("an engine on a half restored directory exits %d: %s", o.code, o.err)
			}
		default: // it was done before the kill
			if err := os.RemoveAll(target); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.wantDone(t, "restore", backup)
	w.serve(t).latest(t, "m_1", domain.Succeeded)
}

// killSoon kills a command at a random moment, unless it ends before.
func killSoon(c *exec.Cmd, ended <-chan struct{}) {
	late := time.NewTimer(rand.N(500 * time.Millisecond))
	defer late.Stop()
	select {
	case <-late.C:
		_ = c.Process.Kill() // it may have ended meanwhile
	case <-ended:
	}
	<-ended
}
