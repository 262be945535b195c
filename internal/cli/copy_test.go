package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestALedgerMovesToAClusterAndBack kills an engine of one machine under load, copies its data to three
// NATS servers and those of the cluster to a new machine; each copy is killed at random first. Whoever
// continues syncs what the one before it left, and in Smokeball each matter and client is there once.
func TestALedgerMovesToAClusterAndBack(t *testing.T) {
	t.Parallel()
	c := startSecuredCluster(t)
	w := newWorld(t, smokeballsim.Config{})
	w.settings["ENGINE_VISIBILITY_WAIT"] = "5s"
	w.settings["ENGINE_MASTER_KEY_FILE"] = filepath.Join(t.TempDir(), "master-key.json")
	cluster := map[string]string{"ENGINE_NATS_URL": c.urls("engine"), "ENGINE_NATS_CA": c.ca, "ENGINE_REPLICAS": "3"}

	p := w.launch(t)
	p.find(t)
	p.connect(t)
	from := p.publisher(t)
	ask := func(at publisher, first, n int) {
		for i := first; i < first+n; i++ {
			at.say(t, "matter.sync_requested", fmt.Sprint("ask-", i), object{"matter": matter(fmt.Sprint("m_", i), 1, "Auto Accident"), "requested_by": "u_5"})
		}
	}
	ask(from, 0, 1)
	p.latest(t, "m_0", domain.Succeeded)
	ask(from, 1, 11)
	p.kill(t)

	shared := w.another(t)
	for name, value := range cluster {
		shared.settings[name] = value
	}
	toCluster := map[string]string{}
	for name, value := range shared.settings {
		toCluster[name] = value
	}
	toCluster["ENGINE_DATA_DIR"] = w.settings["ENGINE_DATA_DIR"]
	_, engines := c.dial(t, "engine")
	copyAfterKills(t, toCluster, shared.settings, "to-cluster", func() bool {
		half, err := eventstore.IsCopying(t.Context(), engines)
		return err == nil && half
	})
	if o := execute(t, toCluster, "copy", "to-cluster"); o.code != Failed || !strings.Contains(o.err, "there is a ledger already") {
		t.Errorf("a second copy to the cluster exits %d: %s", o.code, o.err)
	}

	r := shared.serve(t)
	eventually(t, "the cluster ends the syncs that were under way", func() bool { return len(r.history(t, nil)) == 12 && r.allSucceeded(t) })
	if o := execute(t, shared.settings, "copy", "from-cluster", "--data-dir", t.TempDir()); o.code != Failed || !strings.Contains(o.err, "an engine runs on the cluster") {
		t.Errorf("a copy from a cluster that works exits %d: %s", o.code, o.err)
	}
	conn, js := c.dial(t, "casehug")
	ask(publisher{conn, js}, 12, 3)
	r.latest(t, "m_14", domain.Succeeded)
	r.stop()

	alone := w.another(t)
	alone.settings["ENGINE_DATA_DIR"] = filepath.Join(t.TempDir(), "alone")
	fromCluster := map[string]string{}
	for name, value := range shared.settings {
		fromCluster[name] = value
	}
	fromCluster["ENGINE_DATA_DIR"] = alone.settings["ENGINE_DATA_DIR"]
	copyAfterKills(t, fromCluster, alone.settings, "from-cluster", func() bool {
		_, err := os.Stat(filepath.Join(alone.settings["ENGINE_DATA_DIR"], "restore-unfinished"))
		return err == nil
	})
	if o := execute(t, fromCluster, "copy", "from-cluster"); o.code != Failed || !strings.Contains(o.err, "not empty") {
		t.Errorf("a second copy to the directory exits %d: %s", o.code, o.err)
	}
	ledger, err := os.ReadFile(filepath.Join(alone.settings["ENGINE_DATA_DIR"], "ledger.db"))
	if err != nil || strings.Contains(string(ledger), "Ortega") {
		t.Errorf("the ledger of one machine has names, or %v", err)
	}
	last := alone.serve(t)
	ask(last.publisher(t), 15, 1)
	last.latest(t, "m_15", domain.Succeeded)
	w.wantMattersOnce(t, 16)
}

// copyAfterKills kills a copy at random moments and then has it end. An engine does not start on half a
// copy.
func copyAfterKills(t *testing.T, settings, engine map[string]string, direction string, half func() bool) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	killed := false
	for range 3 {
		cmd := exec.Command(path, "copy", direction)
		for name, value := range settings {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		killSoon(cmd, ended)
		if killed = !cmd.ProcessState.Success(); !killed {
			break
		}
		if !half() {
			continue
		}
		if o := execute(t, engine, "serve"); o.code != Failed || !strings.Contains(o.err, "not finished") {
			t.Errorf("an engine on half a copy exits %d: %s", o.code, o.err)
		}
	}
	if killed {
		if o := execute(t, settings, "copy", direction); o.code != done || !strings.Contains(o.out, "Copied and compared") {
			t.Fatalf("copy %s exits %d: %s%s", direction, o.code, o.out, o.err)
		}
	}
}
