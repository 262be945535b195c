package cli

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAnEventsIDIsUsedOnce sends events about other matters under the id of one that was taken
// in, over the bus and over HTTP, before and after a restart: none is acted upon, none is lost
// without a word.
func TestAnEventsIDIsUsedOnce(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	r.knows(t, "m_1")
	p.repeat(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.repeat(t, "matter.created", "e1", matter("m_2", 1, "Auto Accident"))
	p.repeat(t, "matter.updated", "e1", matter("m_1", 2, "Auto Accident"))
	eventually(t, "both others are among the dead letters", func() bool { return len(r.deadLetters(t)) == 2 })
	r.wantIDUsed(t)

	r = r.restart(t)
	p = r.publisher(t)
	p.repeat(t, "matter.created", "e1", matter("m_3", 1, "Auto Accident"))
	eventually(t, "a third is among the dead letters", func() bool { return len(r.deadLetters(t)) == 3 })
	r.wantIDUsed(t)
	r.post(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident")).want(http.StatusAccepted)
	refused := r.post(t, "matter.created", "e1", matter("m_4", 1, "Auto Accident")).want(http.StatusUnprocessableEntity)
	if refused.code() != "event_id_used" || !strings.Contains(string(refused.body), "matter m_1") {
		t.Errorf("the answer is %s", refused.body)
	}
	r.post(t, "matter.created", "e2", matter("m_5", 1, "Auto Accident")).want(http.StatusAccepted)
	r.knows(t, "m_5")
	for _, id := range []string{"m_2", "m_3", "m_4"} {
		r.call(t, clerk(), http.MethodGet, "/matters/"+id, nil).want(http.StatusNotFound)
	}
	if n := len(r.deadLetters(t)); n != 3 {
		t.Errorf("%d dead letters, want 3", n)
	}
}

// knows waits until the engine shows the matter.
func (r *running) knows(t *testing.T, id string) {
	t.Helper()
	eventually(t, "matter "+id+" is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/"+id, nil).status == http.StatusOK })
}

// wantIDUsed checks what the dead letters say, and that a retry says it again.
func (r *running) wantIDUsed(t *testing.T) {
	t.Helper()
	for _, l := range r.listed(t) {
		if l.Code != "event_id_used" || len(l.Reasons) != 1 || l.Reasons[0].Field != "/id" || !strings.Contains(l.Reasons[0].Reason, "matter m_1") || !strings.Contains(l.Remedy, "id of its own") {
			t.Errorf("dead letter %+v", l)
		}
		if again := r.call(t, admin(), http.MethodPost, "/dead-letters/"+l.ID+"/retry", nil).want(http.StatusConflict); again.code() != "event_id_used" {
			t.Errorf("the retry is answered by %s", again.body)
		}
	}
}

// TestTwoEnginesTakeInOneEvent sends events of one id to the inbox that two engines share.
func TestTwoEnginesTakeInOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.settings["ENGINE_MASTER_KEY_FILE"] = filepath.Join(t.TempDir(), "master-key.json")
	w.settings["ENGINE_NATS_URL"] = runNATS(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: t.TempDir()})
	first := w.serve(t)
	second := w.another(t).serve(t)
	p := first.publisher(t)
	ids := []string{"m_1", "m_2", "m_3", "m_4", "m_5", "m_6"}
	for _, id := range ids {
		p.repeat(t, "matter.created", "e1", matter(id, 1, "Auto Accident"))
	}
	eventually(t, "all but one are among the dead letters", func() bool { return len(second.deadLetters(t)) == len(ids)-1 })
	known := 0
	for _, id := range ids {
		if second.call(t, clerk(), http.MethodGet, "/matters/"+id, nil).status == http.StatusOK {
			known++
		}
	}
	if known != 1 {
		t.Errorf("%d matters are known, want 1", known)
	}
}
