package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestApprovedDocumentReachesSmokeballOnce tells the whole story from outside: events
// come before the firm is connected, wait, go on by themselves, and are told again and
// again.
func TestApprovedDocumentReachesSmokeballOnce(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")

	waiting := r.latest(t, "m_1", domain.Waiting)
	if waiting.Error == nil || waiting.Error.Code != domain.CodeNotConnected || waiting.Error.Remedy == "" {
		t.Errorf("it waits for %+v, want not_connected with a remedy", waiting.Error)
	}
	r.connect(t)
	if c := r.connection(t); c.Account == nil || c.Account.ID != testAccount || c.Account.Name != "Brown LLC" {
		t.Errorf("connected to %+v", c.Account)
	}
	done := r.latest(t, "m_1", domain.Succeeded)
	if done.ID != waiting.ID || done.Trigger != domain.TriggerDocumentApproved {
		t.Errorf("sync %s by %s, want the one that waited, %s", done.ID, done.Trigger, waiting.ID)
	}
	r.wantOne(t, "m_1", "d_1")

	told := r.synced(t, p, 1)
	if told[0].Data.ID != string(done.ID) || told[0].Data.Status != "succeeded" || told[0].Type != "com.casehug.sync.matter.synced" {
		t.Errorf("CaseHug heard %+v", told[0])
	}
	r.tellAgain(t, "end-1")
	r.wantOne(t, "m_1", "d_1")
	r.wantDiscreet(t)
	r = r.restart(t)
	r.tellAgain(t, "end-2")
	r.wantOne(t, "m_1", "d_1")
	r.wantDiscreet(t)
	r.wantNoOtherNews(t, told)
}

// wantNoOtherNews checks that CaseHug was told nothing beside told: the next sync's
// news, which come after all that was to be told before, are the next.
func (r *running) wantNoOtherNews(t *testing.T, told []news) {
	t.Helper()
	p := r.publisher(t)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Auto Accident"))
	p.approve(t, "d_2", "m_2")
	r.latest(t, "m_2", domain.Succeeded)
	now := r.synced(t, p, len(told)+1)
	if len(now) != len(told)+1 || !reflect.DeepEqual(now[:len(told)], told) || now[len(told)].Data.Matter != "m_2" {
		t.Errorf("CaseHug heard %+v, want %+v and the news of m_2", now, told)
	}
}

// TestNewsKeepTheirIDs loses the mark of how far CaseHug has been told, as a crash
// before it is saved does: what is told again has the same ids.
func TestNewsKeepTheirIDs(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	told := r.synced(t, p, 1)
	r.stop()
	r.loseMark(t)
	r.serve(t).wantNoOtherNews(t, told)
}

// loseMark removes the mark from the data of an engine that has stopped.
func (w *world) loseMark(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := bus.Open(ctx, bus.Config{DataDir: w.settings["ENGINE_DATA_DIR"], Listen: "off", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	state, err := b.JetStream().KeyValue(ctx, bus.State)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := state.Get(ctx, "outbox.position"); err != nil {
		t.Errorf("the mark was not saved: %v", err)
	}
	if err := errors.Join(state.Purge(ctx, "outbox.position"), b.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}

// tellAgain repeats all that was said. What comes last about the same matter, an event
// that is not valid, is taken in after it.
func (r *running) tellAgain(t *testing.T, last string) {
	t.Helper()
	p := r.publisher(t)
	for range 2 {
		p.repeat(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
		p.repeat(t, "document.approved", "d_1-approved", document("d_1", "m_1"))
	}
	before := len(r.deadLetters(t))
	p.say(t, "matter.updated", last, object{"matter_id": "m_1"})
	eventually(t, "all of it is taken in", func() bool { return len(r.deadLetters(t)) > before })
	if list := r.historyOf(t, "m_1"); len(list) != 1 || list[0].Status != domain.Succeeded {
		t.Errorf("history of m_1 after a repetition: %+v, want the one sync that succeeded", list)
	}
}

// wantOne checks that Smokeball has the matter, its client and its document, each once
// and whole, and nothing else.
func (r *running) wantOne(t *testing.T, id, doc string) {
	t.Helper()
	has := r.has()
	if len(has.Matters) != 1 || len(has.Contacts) != 1 || len(has.Files) != 1 {
		t.Fatalf("Smokeball has %d matters, %d contacts and %d files, want one each", len(has.Matters), len(has.Contacts), len(has.Files))
	}
	m, k, f := has.Matters[0], has.Contacts[0], has.Files[0]
	if m.ExternalSystemID != id || m.Number != "CH-1" || m.Description != "Rivera v. Apex 1" || m.MatterType != "Auto Accident" || m.Status != "Open" ||
		!reflect.DeepEqual(m.ClientIDs, []string{k.ID}) {
		t.Errorf("matter in Smokeball: %+v", m)
	}
	if k.Email != emailOf(id) || k.Kind != "Person" {
		t.Errorf("contact in Smokeball: %+v", k)
	}
	sum := sha256.Sum256(contentOf(doc))
	if f.MatterID != m.ID || f.Name != "Retainer "+doc+".pdf" || f.SHA256 != hex.EncodeToString(sum[:]) || f.Uploads != 1 {
		t.Errorf("file in Smokeball: %+v", f)
	}
}

// synced waits until CaseHug has heard of n syncs that succeeded.
func (r *running) synced(t *testing.T, p publisher, n int) []news {
	t.Helper()
	var list []news
	eventually(t, "CaseHug hears of the syncs", func() bool {
		list = p.heard(t, "sync."+string(testFirm)+".matter.synced")
		return len(list) >= n
	})
	return list
}

// wantDiscreet checks that the log carries neither secrets nor personal data.
func (r *running) wantDiscreet(t *testing.T) {
	t.Helper()
	log := strings.ToLower(r.log.String())
	for _, private := range []string{appSecret, appKey, "rivera", "555 0142", "@example.com"} {
		if strings.Contains(log, private) {
			t.Errorf("the log tells %q:\n%s", private, log)
		}
	}
}

type deadLetterSeen struct {
	ID      string
	Event   string `json:"event_id"`
	Subject string
	Reasons []struct{ Field, Reason string }
}

func (r *running) deadLetters(t *testing.T) []deadLetterSeen {
	t.Helper()
	var page struct{ Items []deadLetterSeen }
	r.call(t, admin(), http.MethodGet, "/dead-letters", nil).want(http.StatusOK).into(&page)
	return page.Items
}
