package cli

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// onCluster lets the engines of a world share a NATS server, and returns where that keeps its data.
func (w *world) onCluster(t *testing.T) (folder *world) {
	t.Helper()
	dir := t.TempDir()
	w.settings["ENGINE_MASTER_KEY_FILE"] = filepath.Join(t.TempDir(), "master-key.json")
	w.settings["ENGINE_REPLICAS"] = "1"
	w.settings["ENGINE_NATS_URL"] = runNATS(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: dir})
	return &world{settings: map[string]string{"ENGINE_DATA_DIR": dir}}
}

// localKey is the key of an engine's views as the master keyset wraps it.
func (w *world) localKey(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.settings["ENGINE_DATA_DIR"], "local-keys"))
	if err != nil {
		t.Fatal(err)
	}
	key := bytes.Trim(data, "\x00")
	if len(key) < 60 || len(key) > 256 {
		t.Fatalf("the engine has no key of its views, or several: %q", data)
	}
	return key
}

// hasLocalKey reports whether the engine still has that key.
func (w *world) hasLocalKey(t *testing.T, key []byte) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.settings["ENGINE_DATA_DIR"], "local-keys"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(data, key)
}

// TestAnErasureOnAClusterIsInNoFolder: the server has no byte of it, whichever engine is asked, and the
// engines have none that could be read: their views are sealed, and the keys that sealed what was erased
// are gone. The key of an engine that was off meanwhile goes soon after its start.
func TestAnErasureOnAClusterIsInNoFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	servers := w.onCluster(t)
	first := w.serve(t)
	p := first.fillWith(t, "%PDF-1.4 zebrafish") // once: see docs/security.md, of documents that are put again
	second := w.another(t).serve(t)
	third := w.another(t)
	off := third.serve(t)
	for _, r := range []*running{second, off} {
		eventually(t, "the other engines have folded it", func() bool {
			return strings.Contains(string(r.call(t, clerk(), http.MethodGet, "/sync-history?matter_id=m_quack", nil).body), "Quackenbush")
		})
	}
	off.stop()
	if !servers.somewhere(t, erasedNames) {
		t.Error("the bus has nothing of it before the erasure, so this test proves nothing of it")
	}
	keys := map[*world][]byte{}
	for _, engine := range []*world{w, second.world, third} {
		engine.wantNowhere(t, erasedNames) // views are sealed
		keys[engine] = engine.localKey(t)
	}
	e := second.erased(t, second.erase(t, "/matters/m_quack").ID)
	if len(e.Matters) != 1 || len(e.Clients) != 1 || e.Clients[0] != "c_quack" {
		t.Errorf("erased are %v and %v", e.Matters, e.Clients)
	}
	servers.wantNowhere(t, erasedNames)
	for _, r := range []*running{first, second} {
		if r.world.hasLocalKey(t, keys[r.world]) {
			t.Error("an engine still has the key of the views that had what was erased")
		}
		r.wantOnlyFacts(t)
	}

	p.say(t, "matter.updated", "late", quackenbush("m_quack", 9))
	p.say(t, "matter.updated", "late2", object{"matter_id": "m_quack", "title": 7, "client": object{"last_name": "Quackenbush"}})
	eventually(t, "what comes later is recorded", func() bool {
		var m struct{ Version int }
		second.call(t, clerk(), http.MethodGet, "/matters/m_quack", nil).want(http.StatusOK).into(&m)
		return m.Version == 9
	})
	if !third.hasLocalKey(t, keys[third]) {
		t.Error("the engine that is off has another key, so this test proves nothing of it")
	}
	off = third.serve(t)
	eventually(t, "the key of the engine that was off is gone", func() bool { return !third.hasLocalKey(t, keys[third]) })
	for _, where := range []*world{servers, w, second.world, third} {
		eventually(t, "it is nowhere", func() bool { return !where.somewhere(t, erasedNames) })
	}
	for _, r := range []*running{first, second, off} {
		r.wantOnlyFacts(t)
		for _, name := range erasedNames {
			if strings.Contains(r.log.String(), name) {
				t.Errorf("the log has %q", name)
			}
		}
	}
}

// TestAnErasureOnAClusterOutlivesKills: whichever engine is at it is killed, again and again. The other
// one goes on, and in the end neither has a byte of it.
func TestAnErasureOnAClusterOutlivesKills(t *testing.T) {
	t.Parallel()
	onlyInCI(t, "three NATS servers and two engines take ten seconds")
	w := newWorld(t, smokeballsim.Config{})
	w.onCluster(t)
	engines := []*process{w.launch(t)}
	engines[0].find(t) // it makes the key that both share
	engines = append(engines, w.another(t).launch(t))
	engines[1].find(t)
	engines[0].fillWith(t, "%PDF-1.4 zebrafish")
	id := engines[1].erase(t, "/matters/m_quack").ID
	for i := range 6 {
		time.Sleep(rand.N(400 * time.Millisecond)) // where the kill comes is chance
		p := engines[i%2]
		p.kill(t)
		engines[i%2] = p.world.launch(t)
		engines[i%2].find(t)
	}
	engines[0].erased(t, id)
	for _, p := range engines {
		eventually(t, "it is in no folder of an engine", func() bool { return !p.world.somewhere(t, erasedNames) })
		p.wantOnlyFacts(t)
	}
	// The server's folder is left out: NATS notes a deletion before it overwrites, see docs/security.md.
}

// TestAClustersLedgerOfBeforeIsSealedByACopy: an engine on it says what to do. Copied to one machine and
// to an empty cluster, it is sealed and can be erased.
func TestAClustersLedgerOfBeforeIsSealedByACopy(t *testing.T) {
	t.Parallel()
	onlyInCI(t, "three NATS servers and two engines take ten seconds")
	w := newWorld(t, smokeballsim.Config{})
	servers := w.onCluster(t)
	w.writeLedgerOfBefore(t)
	r := w.serve(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "q1", quackenbush("m_quack", 1))
	eventually(t, "the matter is known", func() bool {
		return r.call(t, clerk(), http.MethodGet, "/matters/m_quack", nil).status == http.StatusOK
	})
	if got := r.call(t, admin(), http.MethodPost, "/matters/m_quack/erase", nil); got.status != http.StatusConflict || got.code() != "ledger_not_sealed" || !strings.Contains(string(got.body), "copy to-cluster") {
		t.Errorf("before it is sealed: %d %s", got.status, got.body)
	}
	if !servers.somewhere(t, []string{"Rivera v. Apex"}) || !strings.Contains(r.log.String(), "begun by a version that did not seal") {
		t.Errorf("the ledger is sealed, or nobody is told that it is not")
	}
	r.stop()

	one := filepath.Join(t.TempDir(), "one")
	w.wantDone(t, "copy", "from-cluster", "--data-dir", one)
	next := w.another(t)
	servers = next.onCluster(t)
	next.settings["ENGINE_MASTER_KEY_FILE"] = w.settings["ENGINE_MASTER_KEY_FILE"]
	next.wantDone(t, "copy", "to-cluster", "--data-dir", one)
	r = next.serve(t)
	eventually(t, "the sealed ledger tells the same", func() bool {
		return strings.Contains(string(r.call(t, clerk(), http.MethodGet, "/matters/m_quack", nil).body), "Quackenbush v. Mudbury") &&
			strings.Contains(string(r.call(t, clerk(), http.MethodGet, "/matters/m_before", nil).body), "Rivera v. Apex")
	})
	r.erased(t, r.erase(t, "/matters/m_quack").ID)
	r.erased(t, r.erase(t, "/matters/m_before").ID)
	for _, where := range []*world{servers, next} {
		where.wantNowhere(t, append([]string{"Rivera v. Apex before"}, erasedNames...))
	}
	var m struct{ Title string }
	r.call(t, clerk(), http.MethodGet, "/matters/m_before", nil).want(http.StatusOK).into(&m)
	if m.Title != "erased" {
		t.Errorf("of the matter is left %q", m.Title)
	}
}

// writeLedgerOfBefore begins the cluster's ledger as a version did that did not seal.
func (w *world) writeLedgerOfBefore(t *testing.T) {
	t.Helper()
	conn, err := nats.Connect(w.settings["ENGINE_NATS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := eventstore.OpenJetStream(t.Context(), js, eventstore.JetStreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	client := domain.ClientData{ID: "c_before", Version: 1, FirstName: "Maria", LastName: "Rivera"}
	_, err = plain.Append(t.Context(), eventstore.Commit{Stream: domain.MatterStream(testFirm, "m_before"), At: time.Now(), Events: []domain.Event{
		domain.MatterCreated{Matter: domain.MatterData{ID: "m_before", Version: 1, Title: "Rivera v. Apex before", CaseType: "Auto Accident", Status: "active", Client: client}}}})
	if err = errors.Join(err, plain.Close()); err != nil {
		t.Fatal(err)
	}
}
