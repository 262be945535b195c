package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"net/http"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestARestoredEngineMakesNothingTwice backs an engine up under load, lets it go on, and kills it. What
// is restored from the backup goes on: whether CaseHug sends again what the backup lacks or not, Smokeball
// has nothing twice, and everything that CaseHug told the restored engine is there.
func TestARestoredEngineMakesNothingTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		again, cluster bool
		restored       func(w *world, t *testing.T)
	}{
		"CaseHug sends all again":            {again: true, restored: (*world).onOneMachine},
		"CaseHug sends nothing again":        {restored: (*world).onOneMachine},
		"from a cluster to one machine":      {again: true, cluster: true, restored: (*world).onOneMachine},
		"from a cluster to an empty cluster": {cluster: true, restored: (*world).onEmptyCluster},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := c.again
			w := newWorld(t, smokeballsim.Config{VisibleAfter: smokeballsim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}})
			w.settings["ENGINE_VISIBILITY_WAIT"] = "3s"
			w.settings["ENGINE_CONFIRMATION_WAIT"] = "4s"
			w.settings["SMOKEBALL_RATE"] = "60"
			if c.cluster {
				w.onCluster(t)
			}
			p := w.launch(t)
			p.find(t)
			p.connect(t)
			p.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
			w.answerLate(t)
			load := p.load(t)
			eventually(t, "some matters are in Smokeball", func() bool { return len(w.has().Matters) > 5 })
			told := load.told()
			backup := filepath.Join(t.TempDir(), "backup")
			w.wantDone(t, "backup", backup)
			made := len(w.has().Matters)
			eventually(t, "matters were made after the backup", func() bool { return len(w.has().Matters) > made+5 })
			p.kill(t)
			load.end()
			if again {
				told = load.told()
			}

			w.settings["ENGINE_DATA_DIR"] = filepath.Join(t.TempDir(), "restored")
			w.wantDone(t, "restore", backup)
			c.restored(w, t)
			p = w.launch(t)
			p.find(t)
			if again {
				say := p.publisher(t)
				for n := range told {
					say.matterAndDocument(t.Context(), n)
				}
			}
			p.settled(t, told)
			w.wantNothingTwice(t)
			if again {
				w.wantEachOnce(t, told)
			}
			t.Logf("told %d, %d matters at the backup, %d at the end", told, made, len(w.has().Matters))
		})
	}
}

// onOneMachine has the next engine of a world work alone.
func (w *world) onOneMachine(*testing.T) { delete(w.settings, "ENGINE_NATS_URL") }

// onEmptyCluster moves the data directory to a cluster that has nothing yet.
func (w *world) onEmptyCluster(t *testing.T) {
	t.Helper()
	key := w.settings["ENGINE_MASTER_KEY_FILE"]
	w.onCluster(t)
	w.settings["ENGINE_MASTER_KEY_FILE"] = key
	w.wantDone(t, "copy", "to-cluster")
	w.settings["ENGINE_DATA_DIR"] = t.TempDir()
}

// load says matters and documents one after the other.
type load struct {
	count atomic.Int64 // acknowledged whole
	stop  context.CancelFunc
	ended chan struct{}
}

func (p *process) load(t *testing.T) *load {
	t.Helper()
	say := p.publisher(t, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0))
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		next := time.NewTicker(100 * time.Millisecond)
		defer next.Stop()
		for ctx.Err() == nil {
			say.matterAndDocument(ctx, int(l.count.Load()))
			if ctx.Err() == nil {
				l.count.Add(1)
			}
			select {
			case <-next.C:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(l.end)
	return l
}

func (l *load) told() int { return int(l.count.Load()) }

func (l *load) end() {
	l.stop()
	<-l.ended
}

// wantDone runs a command that must end well.
func (w *world) wantDone(t *testing.T, args ...string) outcome {
	t.Helper()
	o := execute(t, w.settings, args...)
	if o.code != done {
		t.Fatalf("%s: exit %d: %s%s", strings.Join(args, " "), o.code, o.out, o.err)
	}
	return o
}

// wantNothingTwice counts what Smokeball has of each matter, client and document.
func (w *world) wantNothingTwice(t *testing.T) {
	t.Helper()
	has, seen := w.has(), map[string]int{}
	for _, m := range has.Matters {
		seen["matter "+m.ExternalSystemID]++
	}
	for _, c := range has.Contacts {
		seen["contact "+c.Email]++
	}
	for _, f := range has.Files {
		seen["file "+f.Name]++
	}
	for thing, n := range seen {
		if n > 1 {
			t.Errorf("Smokeball has %s %d times", thing, n)
		}
	}
}

// TestABackupIsWholeOrNone cuts, changes, swaps and removes files of a backup: it is neither verified nor
// restored. A directory in which a restore was broken off starts no engine, and takes the restore again.
func TestABackupIsWholeOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	r.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	r.publisher(t).approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	dir := filepath.Join(t.TempDir(), "backup")
	w.wantDone(t, "backup", dir)
	r.stop()
	for name, change := range map[string]func(path string) error{
		"ledger.db":    func(path string) error { return os.Truncate(path, 8192) },
		"data-keys":    os.Remove,
		"bus/INBOX":    func(path string) error { return os.WriteFile(path, []byte("{}\n"), 0o600) },
		"backup.json":  os.Remove,
		"bus/OUTBOX":   func(path string) error { return os.Rename(filepath.Join(filepath.Dir(path), "INBOX"), path) },
		"ledger.db ":   func(path string) error { return flip(strings.TrimSpace(path), 5000) },
		"backup.json ": func(path string) error { return flip(strings.TrimSpace(path), 40) },
	} {
		broken := filepath.Join(t.TempDir(), "broken")
		if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		makePrivate(t, broken)
		if err := change(filepath.Join(broken, name)); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "data")
		for _, args := range [][]string{{"backup", "verify", broken}, {"restore", broken, "--data-dir", target}} {
			if o := execute(t, nil, args...); o.code != Failed {
				t.Errorf("%s changed: %v exits %d: %s%s", name, args, o.code, o.out, o.err)
			}
		}
		if _, err := os.Stat(target); err == nil {
			t.Errorf("%s changed: the restore has begun", name)
		}
	}
	w.settings["ENGINE_DATA_DIR"] = filepath.Join(t.TempDir(), "restored")
	w.breakRestoreOff(t, dir)
	r = w.serve(t)
	r.latest(t, "m_1", domain.Succeeded)
	if o := execute(t, w.settings, "restore", dir); o.code != Failed || !strings.Contains(o.err, "not empty") {
		t.Errorf("a restore into used data exits %d: %s", o.code, o.err)
	}
}

// breakRestoreOff leaves what a killed restore does, finds that no engine starts there, and restores again.
func (w *world) breakRestoreOff(t *testing.T, backup string) {
	t.Helper()
	target := w.settings["ENGINE_DATA_DIR"]
	if err := os.Mkdir(target, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"restore-unfinished", "ledger.db"} {
		if err := os.WriteFile(filepath.Join(target, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"serve"}, {"history"}, {"rebuild"}} {
		if o := execute(t, w.settings, args...); o.code != Failed || !strings.Contains(o.err, "was not finished") {
			t.Errorf("%v on a half restored directory exits %d: %s", args, o.code, o.err)
		}
	}
	w.wantDone(t, "restore", backup)
}

// flip changes a byte of a file.
func flip(path string, at int) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text[at] ^= 1
	return os.WriteFile(path, text, 0o600)
}

// makePrivate takes what others may do with a copied backup.
func makePrivate(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(filepath.Join(dir, "master-key.json"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAnErasureSaysWhichBackupsHoldIt erases a matter after a backup was made.
func TestAnErasureSaysWhichBackupsHoldIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	r.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	eventually(t, "the matter is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK })
	day := func() string { return time.Now().AddDate(0, 0, 30).UTC().Format(time.DateOnly) }
	from := day()
	w.wantDone(t, "backup", filepath.Join(t.TempDir(), "backup"), "--keep-days", "30")
	to := day() // another one at midnight
	o := w.wantDone(t, "erase", "matter", string(testFirm), "m_1", "--yes")
	id, _, _ := strings.Cut(strings.TrimPrefix(o.out, "Erasure "), " ")
	if o = w.wantDone(t, "erase", "show", string(testFirm), id); !strings.Contains(o.out, "the last one on "+from) && !strings.Contains(o.out, "the last one on "+to) {
		t.Errorf("erase show does not name the end of the backup, %s: %s", from, o.out)
	}
}
