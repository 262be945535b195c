package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// archived is an event that is not valid.
func archived(id string) object {
	m := matter(id, 1, "Auto Accident")
	m["status"] = "archived"
	return m
}

// TestOperatorsSettleDeadLetters lists, shows, retries and discards by the commands, and
// reads the same where the engine is stopped.
func TestOperatorsSettleDeadLetters(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", archived("m_1"))
	p.say(t, "matter.created", "e2", archived("m_2"))
	p.lost(t)
	eventually(t, "all are kept", func() bool { return len(r.listed(t)) == 3 })
	list := r.listed(t)
	byEvent := map[string]deadLetter{}
	for _, l := range list {
		byEvent[l.EventID] = l
	}
	nobodys := byEvent["e9"]
	if nobodys.Firm != "~" || byEvent["e1"].Firm != string(testFirm) {
		t.Errorf("the list is %+v", list)
	}
	if own := r.listed(t, "--firm", string(testFirm)); len(own) != 2 {
		t.Errorf("the firm's are %+v", own)
	}
	table := r.operator(t, "dead-letters", "list").out
	if !strings.HasPrefix(table, "RECEIVED ") || !strings.Contains(table, "/status must be one of active, pending, closed") || strings.Contains(table, "Rivera") {
		t.Errorf("the table is\n%s", table)
	}
	shown := []string{"dead-letters", "show", byEvent["e1"].ID}
	if text := r.operator(t, shown...).out; !strings.Contains(text, `"status": "archived"`) || !strings.Contains(text, "to do") {
		t.Errorf("it shows\n%s", text)
	}
	r.refuses(t, "/status must be one of", "dead-letters", "retry", byEvent["e1"].ID)
	r.refuses(t, "is on a wrong subject", "dead-letters", "retry", nobodys.ID)
	r.refuses(t, "there is no dead letter dl_none", "dead-letters", "discard", "dl_none")
	if text := r.operator(t, "dead-letters", "discard", nobodys.ID).out; !strings.Contains(text, "of no firm is discarded") {
		t.Errorf("it says %s", text)
	}
	var one deadLetter
	if err := json.Unmarshal([]byte(r.operator(t, append(shown, "--json")...).out), &one); err != nil || one.Attempts != 1 || one.LastTry.Name != "an operator" {
		t.Errorf("after the retry it is %+v, %v", one, err)
	}
	before := r.operator(t, "dead-letters", "list", "--json").out
	r.stop()
	if after := r.operator(t, "dead-letters", "list", "--json").out; after != before {
		t.Errorf("the stopped engine tells\n%s, the running one told\n%s", after, before)
	}
	if gone := r.listed(t, "--status", "discarded"); len(gone) != 1 || gone[0].ID != nobodys.ID {
		t.Errorf("discarded are %+v", gone)
	}
	r.operator(t, shown...)
	r.refuses(t, "Start the engine", "dead-letters", "retry", byEvent["e1"].ID)
	if o := execute(t, nil, "dead-letters", "retry"); o.code != wrongUsage {
		t.Errorf("dead-letters retry without an id: exit %d, %s", o.code, o.err)
	}
}

// lost says something on a subject that belongs to nothing.
func (p publisher) lost(t *testing.T) {
	t.Helper()
	body, err := cloudEvent("matter.created", "e9", matter("m_9", 1, "Auto Accident"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.js.PublishMsg(t.Context(), &nats.Msg{Subject: "casehug.f_brown.matter.created.again", Data: body}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) listed(t *testing.T, args ...string) (list []deadLetter) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.operator(t, append([]string{"dead-letters", "list", "--json"}, args...)...).out), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// refuses runs a command that fails and says why.
func (w *world) refuses(t *testing.T, why string, args ...string) {
	t.Helper()
	o := execute(t, map[string]string{"ENGINE_DATA_DIR": w.settings["ENGINE_DATA_DIR"]}, args...)
	if o.code != Failed || !strings.Contains(o.err, why) {
		t.Errorf("%q: exit %d, %s; want %q", args, o.code, o.err, why)
	}
}

// TestRetriesTakeInOnce lets admins retry at once what a newer engine can take in: there
// is one matter, from the whole of a body that the ledger has in part.
func TestRetriesTakeInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	huge := matter("m_1", 1, "Auto Accident")
	huge["notes"] = strings.Repeat("x", 256<<10)
	r.publisher(t).say(t, "matter.created", "e1", huge)
	eventually(t, "it is kept", func() bool { return len(r.deadLetters(t)) == 1 })
	kept := "/dead-letters/" + r.deadLetters(t)[0].ID
	r.call(t, stranger(), http.MethodPost, kept+"/retry", nil).want(http.StatusNotFound)
	r.call(t, clerk(), http.MethodPost, kept+"/retry", nil).want(http.StatusForbidden)
	if code := r.call(t, admin(), http.MethodPost, kept+"/retry", nil).want(http.StatusUnprocessableEntity).code(); code != "invalid_event" {
		t.Errorf("the retry in vain answers %s", code)
	}
	r.stop()

	r = w.serveWith(t, engine.Options{Limits: engine.Limits{Event: 1 << 20}})
	var admins sync.WaitGroup
	for range 4 {
		admins.Go(func() {
			if a := r.call(t, admin(), http.MethodPost, kept+"/retry", nil); a.status != http.StatusOK {
				t.Errorf("a retry answers %d: %s", a.status, a.body)
			}
		})
	}
	admins.Wait()
	r.call(t, admin(), http.MethodPost, kept+"/retry", nil).want(http.StatusOK)
	r.call(t, admin(), http.MethodDelete, kept, nil).want(http.StatusConflict)
	if left := r.deadLetters(t); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
	eventually(t, "the matter is there", func() bool { return r.matters(t) == 1 })
	eventually(t, "the letter names who", func() bool {
		var l deadLetter
		r.call(t, admin(), http.MethodGet, kept, nil).want(http.StatusOK).into(&l)
		return l.Status == "taken_in" && l.Settled.By == "u_admin" && l.Attempts == 1
	})
}
