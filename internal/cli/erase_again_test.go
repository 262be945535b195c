package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// TestWhatWasErasedAfterABackupIsErasedAgainByItsRestore erases two matters after a backup was made, of
// which the backup has one. Restored with the list of erasures, nothing comes back: not from the backup,
// and not when CaseHug tells of both again.
func TestWhatWasErasedAfterABackupIsErasedAgainByItsRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	p := r.fill(t)
	backup, list := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "erasures.json")
	w.wantDone(t, "backup", backup)
	later := quackenbush("m_later", 1)
	later["client"].(object)["client_id"] = "c_later"
	p.say(t, "matter.created", "later", later)
	eventually(t, "the later matter is known", func() bool {
		return r.call(t, clerk(), http.MethodGet, "/matters/m_later", nil).status == http.StatusOK
	})
	r.erased(t, r.erase(t, "/matters/m_later").ID)
	e := r.erased(t, r.erase(t, "/clients/c_quack").ID)
	if o := w.wantDone(t, "erase", "list", "--out", list); !strings.Contains(o.out, "2 erasures") {
		t.Errorf("erase list says %s", o.out)
	}
	r.stop()
	var running, stopped api.ErasureList
	text, err := os.ReadFile(list)
	if err == nil {
		err = json.Unmarshal(text, &running)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(w.wantDone(t, "erase", "list", "--json").out), &stopped); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(running.Items, stopped.Items) || len(running.Items) != 2 || running.Items[1].ID != e.ID || running.Items[0].Matter != "m_later" {
		t.Fatalf("the engine lists %v, and its ledger %v", running, stopped)
	}
	key := filepath.Join(w.settings["ENGINE_DATA_DIR"], "master-key.json")

	w.settings["ENGINE_DATA_DIR"] = filepath.Join(t.TempDir(), "restored")
	w.refusesOtherLists(t, backup, key, running)
	if o := w.wantDone(t, "restore", backup, "--erasures", list); !strings.Contains(o.out, "2 erasures") {
		t.Errorf("restore says %s", o.out)
	}
	if !w.somewhere(t, erasedNames) {
		t.Fatal("the backup has nothing of what was erased, so this test proves nothing")
	}
	r = w.serve(t)
	if again := r.erased(t, e.ID); len(again.Matters) != 1 || len(again.Clients) != 1 {
		t.Errorf("erased again are %v and %v", again.Matters, again.Clients)
	}
	w.wantNowhere(t, erasedNames)
	r.wantOnlyFacts(t)

	p = r.publisher(t)
	p.say(t, "matter.created", "later", later)
	p.say(t, "matter.updated", "q9", quackenbush("m_quack", 9))
	eventually(t, "what CaseHug sends again is recorded", func() bool {
		var m struct{ Version int }
		for _, path := range []string{"/matters/m_later", "/matters/m_quack"} {
			if got := r.call(t, clerk(), http.MethodGet, path, nil); got.status != http.StatusOK {
				return false
			} else if got.into(&m); path == "/matters/m_quack" && m.Version != 9 || m.Version == 0 {
				return false
			}
		}
		return true
	})
	eventually(t, "what CaseHug sends again is nowhere", func() bool { return !w.somewhere(t, erasedNames) })
	r.wantOnlyFacts(t)
}

// refusesOtherLists: a list that was changed, has no signature, is another engine's or older than the backup
// is refused by a reason of its own, before anything is restored.
func (w *world) refusesOtherLists(t *testing.T, from, masterKey string, list api.ErasureList) {
	t.Helper()
	without, unsigned, moved, foreign, old := list, list, list, list, list.List()
	without.Items = list.Items[:1]
	unsigned.Signature = ""
	moved.Made = list.Made.Add(time.Hour)
	foreign.Signature = signedWith(t, filepath.Join(t.TempDir(), "other-key.json"), list.List())
	old.Made = old.Made.Add(-time.Hour)
	older := list
	older.Made, older.Signature = old.Made, signedWith(t, masterKey, old)
	for says, changed := range map[string][]api.ErasureList{"was changed, or is another engine's": {without, moved, foreign}, "has no signature": {unsigned}, "it can't have what was erased after the backup": {older}} {
		for _, c := range changed {
			path := filepath.Join(t.TempDir(), "list.json")
			text, err := json.Marshal(c)
			if err == nil {
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if o := execute(t, w.settings, "restore", from, "--erasures", path); o.code != Failed || !strings.Contains(o.err, says) {
				t.Errorf("a list of which it should say that it %s: exit %d: %s", says, o.code, o.err)
			}
			if _, err := os.Stat(w.settings["ENGINE_DATA_DIR"]); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("something was restored with it: %v", err)
			}
		}
	}
}

func signedWith(t *testing.T, masterKey string, l domain.ErasureList) string {
	t.Helper()
	v, err := vault.Open(masterKey)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := l.Sign(v.Name)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Signature
}

// TestARestoreRefusesWhatIsNoListOfErasures: what a list lacks would come back.
func TestARestoreRefusesWhatIsNoListOfErasures(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a list that was cut":   `{"items":[{"firm_id":"f_1","erase_id":"er_`,
		"another document":      `{"events":3}`,
		"an entry of no matter": `{"items":[{"firm_id":"f_1","erase_id":"er_1"}]}`,
		"an id of another":      `{"items":[{"firm_id":"f_1","erase_id":"er_1","matter_id":"m_1","matters":["m_1"]}]}`,
	} {
		path := filepath.Join(t.TempDir(), "list.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o := execute(t, map[string]string{"ENGINE_DATA_DIR": filepath.Join(t.TempDir(), "data")}, "restore", t.TempDir(), "--erasures", path)
		if o.code != wrongUsage || !strings.Contains(o.err, "--erasures") {
			t.Errorf("%s: exit %d: %s", name, o.code, o.err)
		}
	}
}
