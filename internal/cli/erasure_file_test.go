package cli

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// erasuresIn are the erasures in the list that the engine keeps.
func (w *world) erasuresIn(t *testing.T, path string) (ids []string) {
	t.Helper()
	list, err := engine.ReadErasures(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err == nil {
		for _, e := range list.Entries {
			ids = append(ids, string(e.ID))
		}
	}
	return ids
}

// wantErasures requires the finding of the check of the list.
func (r *running) wantErasures(t *testing.T, s doctor.Severity, found string) {
	t.Helper()
	var last doctor.Finding
	eventually(t, "doctor says of the list: "+string(s)+", "+found, func() bool {
		report, _ := r.doctor(t)
		for _, f := range report.Findings {
			if f.Code == doctor.Erasures {
				last = f
			}
		}
		return last.Severity == s && strings.Contains(last.Found, found)
	})
	if s != doctor.OK && (last.Means == "" || last.Do == "" || last.Command == "") {
		t.Errorf("%+v does not say what it means or what to do", last)
	}
}

// TestARestoreErasesAgainThoughNobodyKeptAList: nobody has kept a list of erasures. The restore of a backup
// finds the one that the engine has kept, where the settings or the backup say. Where it is gone, as with a
// lost machine, the data come back all the same, and the restore says what that means.
func TestARestoreErasesAgainThoughNobodyKeptAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.fill(t)
	backup, list := filepath.Join(t.TempDir(), "backup"), filepath.Join(w.settings["ENGINE_DATA_DIR"], "erasures.json")
	if o := w.wantDone(t, "backup", backup); !strings.Contains(o.out, list) {
		t.Errorf("backup does not name the list: %s", o.out)
	}
	r.wantErasures(t, doctor.OK, "0 erasures")
	e := r.erased(t, r.erase(t, "/clients/c_quack").ID)
	r.wantErasures(t, doctor.Warning, "1 erasure is in the data directory")
	r.stop()
	r.wantErasures(t, doctor.Warning, "1 erasure is in the data directory")

	w.settings["ENGINE_DATA_DIR"] = filepath.Join(t.TempDir(), "restored")
	if err := os.Rename(list, list+".gone"); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "unmounted", "erasures.json")
	for says, args := range map[string][]string{
		list + " is not there":                                 nil,
		elsewhere + " is not there, " + list + " is not there": {"--erasures-file", elsewhere},
		"(--erasures none)":                                    {"--erasures", "none"},
	} {
		o := w.wantDone(t, append([]string{"restore", backup, "--data-dir", filepath.Join(t.TempDir(), "without")}, args...)...)
		if !strings.Contains(o.out, says) || !strings.Contains(o.out, "may be back") || !strings.Contains(o.out, "--erasures FILE") {
			t.Errorf("a restore without a list, %v, says %s", args, o.out)
		}
	}
	if o := execute(t, w.settings, "restore", backup, "--erasures", elsewhere); o.code != wrongUsage || !strings.Contains(o.err, elsewhere) || !strings.Contains(o.err, "--erasures none") {
		t.Errorf("with a named list that is not there the restore exits %d: %s", o.code, o.err)
	}
	if _, err := os.Stat(w.settings["ENGINE_DATA_DIR"]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was restored with it: %v", err)
	}
	if err := os.Rename(list+".gone", list); err != nil {
		t.Fatal(err)
	}
	if o := w.wantDone(t, "restore", backup, "--erasures-file", elsewhere); !strings.Contains(o.out, "1 erasure") || !strings.Contains(o.out, list) || strings.Contains(o.out, "Warning") {
		t.Errorf("restore says %s", o.out)
	}
	if !w.somewhere(t, erasedNames) {
		t.Fatal("the backup has nothing of what was erased, so this test proves nothing")
	}
	r = w.serve(t)
	r.erased(t, e.ID)
	w.wantNowhere(t, erasedNames)
	r.wantOnlyFacts(t)
	r.wantErasures(t, doctor.Warning, "1 erasure is in the data directory")
}

// TestABackupIsRestoredThoughNothingWasErasedSince: the list is written again with each backup, of a running
// engine and of a stopped one, so that it is not older than the backup.
func TestABackupIsRestoredThoughNothingWasErasedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.settings["ENGINE_ERASURES_FILE"] = filepath.Join(t.TempDir(), "erasures.json")
	r := w.serve(t)
	r.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	eventually(t, "the matter is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK })
	r.erased(t, r.erase(t, "/matters/m_1").ID)
	eventually(t, "the list says that the erasure is done", func() bool {
		l, err := engine.ReadErasures(w.settings["ENGINE_ERASURES_FILE"])
		return err == nil && len(l.Entries) == 1 && l.Entries[0].Done != nil
	})
	for i, name := range []string{"running", "stopped"} {
		if i == 1 {
			r.stop()
			r.wantErasures(t, doctor.OK, "1 erasure")
		}
		made, err := engine.ReadErasures(w.settings["ENGINE_ERASURES_FILE"])
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the list is older than a backup that is made now", func() bool { return time.Now().Add(-time.Second).After(made.Made) })
		backup := filepath.Join(t.TempDir(), name)
		w.wantDone(t, "backup", backup)
		if o := w.wantDone(t, "restore", backup, "--data-dir", filepath.Join(t.TempDir(), name)); !strings.Contains(o.out, "0 erasures") {
			t.Errorf("%s: restore says %s", name, o.out)
		}
	}
}

// TestAKilledEngineWritesItsListAtTheNextStart: the list can't be written, and the erasure ends all the same;
// log and doctor say so. The engine is killed before it is written; the next one writes it.
func TestAKilledEngineWritesItsListAtTheNextStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	list := filepath.Join(t.TempDir(), "mount", "erasures.json")
	w.settings["ENGINE_ERASURES_FILE"] = list
	p := w.launch(t)
	p.find(t)
	p.publisher(t).say(t, "matter.created", "q1", quackenbush("m_quack", 1))
	eventually(t, "the matter is known", func() bool {
		return p.call(t, clerk(), http.MethodGet, "/matters/m_quack", nil).status == http.StatusOK
	})
	e := p.erased(t, p.erase(t, "/matters/m_quack").ID)
	p.wantErasures(t, doctor.Failed, "is not up to date: open "+filepath.Dir(list))
	eventually(t, "the log says so", func() bool { return strings.Contains(p.log.String(), "the list of erasures is not up to date") })
	p.kill(t)
	if ids := w.erasuresIn(t, list); ids != nil {
		t.Fatalf("the list has %v, so this test proves nothing", ids)
	}
	if err := os.Mkdir(filepath.Dir(list), 0o700); err != nil {
		t.Fatal(err)
	}
	p.wantErasures(t, doctor.Failed, "lacks 1 erasure")
	next := w.launch(t)
	next.find(t)
	eventually(t, "the list is written", func() bool { ids := w.erasuresIn(t, list); return len(ids) == 1 && ids[0] == e.ID })
	next.wantErasures(t, doctor.OK, "1 erasure")
	for _, name := range erasedNames {
		if text, err := os.ReadFile(list); err != nil || strings.Contains(string(text), name) || strings.Contains(p.log.String()+next.log.String(), name) {
			t.Errorf("the list or the log has %q, %v", name, err)
		}
	}
}

// TestADataDirectoryThatIsPutBackIsErasedAgain: a data directory is put back from a copy of before an
// erasure, with no restore. The engine erases again what its list has.
func TestADataDirectoryThatIsPutBackIsErasedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	list := filepath.Join(t.TempDir(), "erasures.json")
	w.settings["ENGINE_ERASURES_FILE"] = list
	r := w.serve(t)
	r.fill(t)
	r.stop()
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(w.settings["ENGINE_DATA_DIR"])); err != nil {
		t.Fatal(err)
	}
	makePrivate(t, copied)
	r = w.serve(t)
	e := r.erased(t, r.erase(t, "/clients/c_quack").ID)
	eventually(t, "the list has it", func() bool { return len(w.erasuresIn(t, list)) == 1 })
	r.stop()

	w.settings["ENGINE_DATA_DIR"] = copied
	if !w.somewhere(t, erasedNames) {
		t.Fatal("the copy has nothing of what was erased, so this test proves nothing")
	}
	r = w.serve(t)
	eventually(t, "it is erased again", func() bool {
		return r.call(t, admin(), http.MethodGet, "/erasures/"+e.ID, nil).status == http.StatusOK
	})
	r.erased(t, e.ID)
	w.wantNowhere(t, erasedNames)
	r.wantOnlyFacts(t)
	if ids := w.erasuresIn(t, list); len(ids) != 1 || ids[0] != e.ID {
		t.Errorf("the list has %v", ids)
	}
	r.stop()
	if err := os.WriteFile(list, []byte(`{"items":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r = w.serve(t)
	r.wantErasures(t, doctor.Failed, "has no signature")
	if text, err := os.ReadFile(list); err != nil || string(text) != `{"items":[]}` {
		t.Errorf("a list of another is replaced by %s, %v", text, err)
	}
}

// TestAListThatIsOlderThanItsBackupIsSaid: the list could not be written after the backup. A restore that
// finds it says that it is too old, and brings the data back.
func TestAListThatIsOlderThanItsBackupIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.serve(t).stop()
	backup, list := filepath.Join(t.TempDir(), "backup"), filepath.Join(w.settings["ENGINE_DATA_DIR"], "erasures.json")
	w.wantDone(t, "backup", backup)
	old, err := engine.ReadErasures(list)
	if err != nil {
		t.Fatal(err)
	}
	old.Made = old.Made.Add(-time.Hour)
	old.Signature = signedWith(t, filepath.Join(w.settings["ENGINE_DATA_DIR"], "master-key.json"), *old)
	if err := engine.WriteErasures(list, api.ErasureListOf(*old)); err != nil {
		t.Fatal(err)
	}
	if o := w.wantDone(t, "restore", backup, "--data-dir", filepath.Join(t.TempDir(), "restored")); !strings.Contains(o.out, list+" is older than the backup") {
		t.Errorf("restore says %s", o.out)
	}
	old.Made = time.Now().Add(time.Hour)
	if err := engine.WriteErasures(list, api.ErasureListOf(*old)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second shows that the first has begun nothing
		if o := execute(t, w.settings, "restore", backup, "--data-dir", filepath.Join(t.TempDir(), "refused")); o.code != Failed || !strings.Contains(o.err, "was changed") || !strings.Contains(o.err, "--erasures none") {
			t.Errorf("with a list that was changed: exit %d: %s", o.code, o.err)
		}
	}
}

// TestEachEngineOfAClusterKeepsAList: each has all erasures of the cluster in a file of its own, whichever
// engine was asked; one that was off meanwhile writes its list when it starts. A backup is restored with
// any of them.
func TestEachEngineOfAClusterKeepsAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.onCluster(t)
	first := w.serve(t)
	first.publisher(t).say(t, "matter.created", "q1", quackenbush("m_quack", 1))
	eventually(t, "the matter is known", func() bool {
		return first.call(t, clerk(), http.MethodGet, "/matters/m_quack", nil).status == http.StatusOK
	})
	backup := filepath.Join(t.TempDir(), "backup")
	w.wantDone(t, "backup", backup)
	second, off := w.another(t).serve(t), w.another(t)
	off.serve(t).stop()
	e := second.erased(t, second.erase(t, "/matters/m_quack").ID)
	third := off.serve(t)
	for i, r := range []*running{first, second, third} {
		list := filepath.Join(r.world.settings["ENGINE_DATA_DIR"], "erasures.json")
		eventually(t, "each engine's list has it, done", func() bool {
			l, err := engine.ReadErasures(list)
			return err == nil && len(l.Entries) == 1 && string(l.Entries[0].ID) == e.ID && !l.Entries[0].Done[domain.EraseTraces].IsZero()
		})
		if o := w.wantDone(t, "restore", backup, "--data-dir", filepath.Join(t.TempDir(), "restored"), "--erasures", list); !strings.Contains(o.out, "1 erasure.") {
			t.Errorf("with the list of engine %d restore says %s", i+1, o.out)
		}
		r.wantErasures(t, doctor.Warning, "1 erasure is in the data directory")
	}
}
