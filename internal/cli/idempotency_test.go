package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// keyed sends a call with an Idempotency-Key.
func (r *running) keyed(t *testing.T, by domain.User, key, method, path string, body any, header ...string) answer {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return r.send(t, by, method, path, data, append(header, "Idempotency-Key", key)...)
}

// send asks the API about the test's firm, with headers by name and value.
func (r *running) send(t *testing.T, by domain.User, method, path string, body []byte, header ...string) answer {
	t.Helper()
	if string(body) == "null" {
		body = nil
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+"/v1/firms/"+string(testFirm)+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if slices.Contains(header[:i], header[i]) {
			req.Header.Add(header[i], header[i+1])
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	if by.Subject != "" {
		token, err := r.issuer.Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return r.do(t, req)
}

// TestACallSentAgainWithItsKeyIsOneCall sends calls that create something twice with one key, with
// a restart in between: the answers are the same, byte for byte, and nothing is created twice.
func TestACallSentAgainWithItsKeyIsOneCall(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.announce(t, "e1", "m_1")
	calls := []struct {
		by           domain.User
		method, path string
		body         any
		status       int
	}{
		{clerk(), "POST", "/matters/m_1/sync", nil, 202},
		{admin(), "POST", "/bulk-syncs", map[string]any{"matter_ids": []string{"m_1"}}, 202},
		{admin(), "POST", "/connection/authorize", nil, 200},
		{admin(), "POST", "/webhooks", nil, 200},
		{admin(), "PUT", "/case-type-mappings", map[string]any{"case_type": "Fence Row", "matter_type_id": r.matterType(t)}, 200},
		{admin(), "POST", "/drift/check", nil, 202},
		{admin(), "POST", "/events", announced("e2", "m_2"), 202},
	}
	var first []answer
	for _, c := range calls {
		first = append(first, r.keyed(t, c.by, "k-1"+c.path, c.method, c.path, c.body).want(c.status))
	}
	var bulks struct{ Items []struct{ Status string } }
	eventually(t, "the bulk sync is done", func() bool {
		r.call(t, admin(), "GET", "/bulk-syncs", nil).want(200).into(&bulks)
		return bulks.Items[0].Status == "done"
	})
	before := r.historyOf(t, "m_1")
	r = r.restart(t)
	for i, c := range calls {
		again := r.keyed(t, c.by, "k-1"+c.path, c.method, c.path, c.body).want(c.status)
		if !bytes.Equal(again.body, first[i].body) || again.header.Get("Ledger-Position") != first[i].header.Get("Ledger-Position") || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s %s is answered %s after %s", c.method, c.path, again.body, first[i].body)
		}
	}
	if code := r.keyed(t, admin(), "k-1/bulk-syncs", "POST", "/bulk-syncs", map[string]any{"all": true}).want(422).code(); code != string(domain.CodeIdempotencyKeyUsed) {
		t.Errorf("the same key with another body: %s", code)
	}
	r.call(t, admin(), "GET", "/bulk-syncs", nil).want(200).into(&bulks)
	if list := r.historyOf(t, "m_1"); len(list) != len(before) || len(bulks.Items) != 1 {
		t.Errorf("there are %d syncs after %d, and %d bulk syncs", len(list), len(before), len(bulks.Items))
	}
}

// TestAKeyIsOfItsCallerAndFreeAfterARefusal uses one key for several people and calls.
func TestAKeyIsOfItsCallerAndFreeAfterARefusal(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.keyed(t, clerk(), "k", "POST", "/matters/m_1/sync", nil).want(404)
	r.announce(t, "e1", "m_1")
	mine := r.keyed(t, clerk(), "k", "POST", "/matters/m_1/sync", nil).want(202)
	r.latest(t, "m_1", domain.Succeeded)
	theirs := r.keyed(t, admin(), "k", "POST", "/matters/m_1/sync", nil).want(202)
	if bytes.Equal(mine.body, theirs.body) {
		t.Errorf("two people's calls with one key are one: %s", mine.body)
	}
}

// TestACallWithoutAUsableKeyIsNotMade sends calls with a header that is no key: empty, with a blank,
// too long, or there twice. Made without a key, they would be made again when they are sent again.
func TestACallWithoutAUsableKeyIsNotMade(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.announce(t, "e1", "m_1")
	for what, header := range map[string][]string{
		"empty": {""}, "of blanks": {"   "}, "with a blank": {"bad key"}, "too long": {strings.Repeat("k", 256)}, "not ASCII": {"clé"}, "there twice": {"k-1", "k-2"}, "twice the same": {"k-1", "k-1"},
	} {
		var lines []string
		for _, key := range header {
			lines = append(lines, "Idempotency-Key", key)
		}
		var p struct {
			Errors []struct{ Field, Message string }
		}
		a := r.send(t, clerk(), "POST", "/matters/m_1/sync", nil, lines...).want(400).into(&p)
		if a.code() != "invalid_request" || len(p.Errors) != 1 || p.Errors[0].Field != "header.Idempotency-Key" || p.Errors[0].Message == "" {
			t.Errorf("a key that is %s is answered %s", what, a.body)
		}
	}
	if list := r.historyOf(t, "m_1"); len(list) != 0 {
		t.Errorf("there are %d syncs", len(list))
	}
	r.send(t, clerk(), "POST", "/matters/m_1/sync", nil).want(202)
}

// announced is a matter that CaseHug announces, as a structured CloudEvent.
func announced(id, m string) map[string]any {
	return map[string]any{"specversion": "1.0", "id": id, "source": "/casehug/test", "type": "com.casehug.matter.created", "time": "2026-11-02T15:04:05Z",
		"datacontenttype": "application/json", "data": matter(m, 1, "Auto Accident")}
}

// announce announces a matter over HTTP. It is known when the call is answered.
func (r *running) announce(t *testing.T, id, m string) (position uint64) {
	t.Helper()
	data, err := json.Marshal(announced(id, m))
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Position uint64 }
	r.send(t, service(), "POST", "/events", data, "Content-Type", "application/cloudevents+json").want(202).into(&told)
	if told.Position == 0 {
		t.Error("a posted event has no position")
	}
	return told.Position
}

// matterType is one of the account's matter types.
func (r *running) matterType(t *testing.T) string {
	t.Helper()
	var types struct{ Items []struct{ ID, Type string } }
	r.call(t, clerk(), "GET", "/smokeball/matter-types", nil).want(200).into(&types)
	for _, m := range types.Items {
		if m.Type == "matter" {
			return m.ID
		}
	}
	t.Fatal("the account has no matter types")
	return ""
}

// TestAKilledEngineCarriesOutACallWithAKeyOnce kills the engine while a call with a key is on its
// way, and sends it again to the next one: however far the first one came, there is one bulk sync
// and one sync for each key.
func TestAKilledEngineCarriesOutACallWithAKeyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	p := w.launch(t)
	p.find(t)
	p.connect(t)
	p.announce(t, "e1", "m_1")
	p.announce(t, "e2", "m_2")
	kills := 4
	if testing.Short() {
		kills = 1
	}
	ids := map[string]bool{}
	for i := range kills {
		var newest string
		calls := []struct {
			by           domain.User
			path, body   string
			key, byField string
		}{
			{admin(), "/bulk-syncs", `{"matter_ids":["m_1"]}`, fmt.Sprintf("bulk-%d", i), "bulk_sync_id"},
			{clerk(), "/matters/m_2/sync", "", fmt.Sprintf("sync-%d", i), "id"},
		}
		for _, c := range calls {
			go p.attempt(c.by, c.path, c.body, c.key)
		}
		time.Sleep(time.Duration(rand.IntN(25)) * time.Millisecond)
		p.kill(t)
		p = w.launch(t)
		p.find(t)
		for _, c := range calls {
			var made map[string]any
			p.send(t, c.by, "POST", c.path, []byte(c.body), "Idempotency-Key", c.key).want(202).into(&made)
			newest = made[c.byField].(string)
			ids[newest] = true
		}
		p.idle(t, "m_2", domain.SyncID(newest)) // else the next request joins this one
	}
	var bulks struct {
		Items []struct {
			ID string `json:"bulk_sync_id"`
		}
	}
	p.call(t, admin(), "GET", "/bulk-syncs", nil).want(200).into(&bulks)
	manual := 0
	for _, e := range p.historyOf(t, "m_2") {
		if e.Trigger == domain.TriggerManual {
			manual++
		}
	}
	if len(bulks.Items) != kills || manual != kills || len(ids) != 2*kills {
		t.Errorf("%d bulk syncs and %d syncs of %d keys each, with the ids %v", len(bulks.Items), manual, kills, ids)
	}
}

// idle waits until the history has the sync of the matter, and no sync of it is on its way.
func (r *running) idle(t *testing.T, m string, sync domain.SyncID) {
	t.Helper()
	eventually(t, "the syncs of "+m+" ended", func() bool {
		list := r.historyOf(t, m)
		return slices.ContainsFunc(list, func(e projections.Entry) bool { return e.ID == sync }) && !slices.ContainsFunc(list, func(e projections.Entry) bool { return !e.Status.Ended() })
	})
}

// attempt sends a call whose answer nobody waits for.
func (r *running) attempt(by domain.User, path, body, key string) {
	token, err := r.issuer.Sign(by)
	if err != nil {
		return
	}
	req, err := http.NewRequest("POST", r.url+"/v1/firms/"+string(testFirm)+path, strings.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Content-Type", "application/json")
	if resp, err := r.http.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}
