package cli

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestKeysAreRotatedWhileTheEngineWorks rotates, rewraps and retires with the engine
// running, and again with it stopped: the firm stays connected all the time.
func TestKeysAreRotatedWhileTheEngineWorks(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	p := r.publisher(t)

	r.renewKeys(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)

	r.stop()
	r.renewKeys(t)
	r = r.restart(t)
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", nil).want(http.StatusAccepted)
	eventually(t, "the second sync finds nothing to do", func() bool { return r.historyOf(t, "m_1")[0].Status == domain.Skipped })
	if c := r.connection(t); c.Status != "connected" || c.Webhooks.Status != "active" {
		t.Errorf("after the rotations the connection is %+v", c)
	}
}

// renewKeys replaces the one key by a new one, step by step.
func (w *world) renewKeys(t *testing.T) {
	t.Helper()
	before := w.keys(t)
	if len(before) != 1 || !before[0].Primary || before[0].Secrets == 0 {
		t.Fatalf("the keys are %+v", before)
	}
	old := before[0].ID
	w.refusesKey(t, old, "Run “keys rotate” first")
	if o := w.operator(t, "keys", "rotate"); !strings.Contains(o.out, "seals from now on") {
		t.Errorf("keys rotate says %s", o.out)
	}
	w.refusesKey(t, old, "Run “keys rewrap” first")
	w.operator(t, "keys", "rewrap")
	if table := w.operator(t, "keys", "list").out; !strings.HasPrefix(table, "KEY ") || !strings.Contains(table, old) {
		t.Errorf("keys list says %s", table)
	}
	w.operator(t, "keys", "retire", old)
	if after := w.keys(t); len(after) != 1 || after[0].ID == old || after[0].Secrets != before[0].Secrets {
		t.Errorf("the keys are %+v, before %+v", after, before)
	}
}

func (w *world) keys(t *testing.T) (list []api.SealingKey) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.operator(t, "keys", "list", "--json").out), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (w *world) refusesKey(t *testing.T, id, remedy string) {
	t.Helper()
	o := execute(t, map[string]string{"ENGINE_DATA_DIR": w.settings["ENGINE_DATA_DIR"]}, "keys", "retire", id)
	if o.code != Failed || !strings.Contains(o.err, remedy) {
		t.Errorf("keys retire %s: exit %d, %s; want %q", id, o.code, o.err, remedy)
	}
}

func TestKeysWithoutAnEngine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"keys", "list"}, {"keys", "rotate"}, {"keys", "rewrap"}, {"keys", "retire", "0000002a"}} {
		o := execute(t, map[string]string{"ENGINE_DATA_DIR": t.TempDir()}, args...)
		if o.code != Failed || !strings.Contains(o.err, "there is no ledger") {
			t.Errorf("%q: exit %d, %s", args, o.code, o.err)
		}
	}
	if o := execute(t, nil, "keys", "retire"); o.code != wrongUsage {
		t.Errorf("keys retire without a key: exit %d, %s", o.code, o.err)
	}
}

// TestAnotherMasterKeyFileStopsTheStart names a key file that is not the data's own. Of an encrypted bus
// nothing is left then, once that is said to be for good.
func TestAnotherMasterKeyFileStopsTheStart(t *testing.T) {
	t.Parallel()
	for encrypt, forgotten := range map[string]string{"false": "2 secrets.", "true": "1 secret."} {
		t.Run("ENGINE_NATS_ENCRYPT="+encrypt, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, smokeballsim.Config{})
			w.settings["ENGINE_NATS_ENCRYPT"] = encrypt
			w.losesItsMasterKey(t, forgotten)
		})
	}
}

func (w *world) losesItsMasterKey(t *testing.T, forgotten string) {
	t.Helper()
	r := w.serve(t)
	r.connect(t)
	r.stop()
	other := filepath.Join(t.TempDir(), "other.json")
	r.settings["ENGINE_MASTER_KEY_FILE"] = other
	o := execute(t, r.settings, "serve")
	if line := lastLine(o.err); o.code != Failed || !strings.Contains(line, "ENGINE_MASTER_KEY_FILE is "+other) || !strings.Contains(line, "from your backup") {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	if o := execute(t, r.settings, "keys", "forget"); o.code != done || !strings.Contains(o.out, "Destroyed, because no key opens them: "+forgotten) {
		t.Errorf("keys forget: exit %d, %s%s", o.code, o.out, o.err)
	}
	again := r.restart(t)
	if o := execute(t, r.settings, "keys", "forget"); o.code != Failed || !strings.Contains(o.err, "nothing to forget") {
		t.Errorf("keys forget beside an engine: exit %d, %s%s", o.code, o.out, o.err)
	}
	again.connect(t)
}
