package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

func TestInvalidEventGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	wrong := matter("m_1", 1, "Auto Accident")
	wrong["status"] = "archived"
	r.publisher(t).say(t, "matter.created", "e1", wrong)
	eventually(t, "the event is among the dead letters", func() bool { return len(r.deadLetters(t)) == 1 })
	kept := r.deadLetters(t)[0]
	if kept.Subject != "casehug.f_brown.matter.created" || len(kept.Reasons) != 1 || !strings.Contains(kept.Reasons[0].Field, "status") || kept.Reasons[0].Reason == "" {
		t.Errorf("dead letter %+v", kept)
	}
	r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).want(http.StatusNotFound)
}

func TestHugeEventIsKeptInPart(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	huge := matter("m_1", 1, "Auto Accident")
	huge["notes"] = strings.Repeat("x", 256<<10)
	r.publisher(t).say(t, "matter.created", "e1", huge)
	eventually(t, "the event is among the dead letters", func() bool { return len(r.deadLetters(t)) == 1 })
	if kept := r.deadLetters(t)[0]; len(kept.Reasons) != 1 || !strings.Contains(kept.Reasons[0].Reason, "is larger than 262144 bytes") {
		t.Errorf("dead letter %+v", kept)
	}
}

// post sends a CloudEvent over HTTP, as services without NATS do.
func (r *running) post(t *testing.T, what, id string, data any) answer {
	t.Helper()
	return r.postAs(t, service(), what, id, data)
}

func (r *running) postAs(t *testing.T, who domain.User, what, id string, data any) answer {
	t.Helper()
	body, err := cloudEvent(what, id, data)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/firms/"+string(testFirm)+"/events", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	token, err := r.issuer.Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/cloudevents+json")
	return r.do(t, req)
}

func TestEventsComeOverHTTPAsWell(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	var taken struct{ ID string }
	r.post(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident")).want(http.StatusAccepted).into(&taken)
	if taken.ID != "e1" {
		t.Errorf("the answer names the event %q, want e1", taken.ID)
	}
	if err := r.publisher(t).put(t.Context(), "d_1", contentOf("d_1")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.post(t, "document.approved", "e2", document("d_1", "m_1")).want(http.StatusAccepted)
	}
	r.latest(t, "m_1", domain.Succeeded)
	r.wantOne(t, "m_1", "d_1")

	wrong := matter("m_2", 1, "Auto Accident")
	delete(wrong, "client")
	refused := r.post(t, "matter.created", "e3", wrong)
	if refused.status != http.StatusUnprocessableEntity || refused.code() != "invalid_event" || !strings.Contains(string(refused.body), "client") {
		t.Errorf("status %d: %s", refused.status, refused.body)
	}
	r.post(t, "no.such_type", "e4", wrong).want(http.StatusUnprocessableEntity)
	r.post(t, "matter.created", "e5", matter("m_3", 1, "Auto Accident")).want(http.StatusAccepted)
	eventually(t, "a later event is taken in", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_3", nil).status == http.StatusOK })
	if kept := r.deadLetters(t); len(kept) != 0 {
		t.Errorf("what was refused is kept: %+v", kept)
	}
}

// TestWebhookConfirms registers webhooks and lets Smokeball's word, not a read, show
// that the matter is there.
func TestWebhookConfirms(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusConflict)
	r.connect(t)
	for range 2 {
		r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	}
	subscriptions := r.has().Subscriptions
	if len(subscriptions) != 1 || !subscriptions[0].Signed || !strings.HasPrefix(subscriptions[0].URL, r.url+"/webhooks/smokeball/") {
		t.Fatalf("subscriptions in Smokeball: %+v, want one that is signed", subscriptions)
	}
	known, next := matter("m_1", 1, "Auto Accident"), matter("m_2", 1, "Auto Accident")
	next["client"] = known["client"]
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", object{"matter": known}).want(http.StatusAccepted)
	r.latest(t, "m_1", domain.Succeeded)
	reads := r.sim.Counts().ByRoute["GET /matters/{id}"]
	r.call(t, clerk(), http.MethodPost, "/matters/m_2/sync", object{"matter": next}).want(http.StatusAccepted)
	done := r.latest(t, "m_2", domain.Succeeded)
	if got := confirmations(done.Steps); !strings.Contains(got, "matter, by webhook") {
		t.Errorf("confirmed: %s; want the matter by webhook", got)
	}
	if n := r.sim.Counts().ByRoute["GET /matters/{id}"]; n != reads {
		t.Errorf("%d reads of the matter that a webhook confirmed, want none", n-reads)
	}
	if c := r.connection(t); c.Webhooks.Status != "active" || c.Webhooks.Received == 0 {
		t.Errorf("webhooks: %+v", c.Webhooks)
	}
	r.forge(t, subscriptions[0].URL)
}

// forge sends what Smokeball did not sign.
func (r *running) forge(t *testing.T, address string) {
	t.Helper()
	for _, c := range []struct {
		address string
		status  int
	}{{address, http.StatusUnauthorized}, {r.url + "/webhooks/smokeball/guessed", http.StatusNotFound}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.address, strings.NewReader(`{"type":"matter.updated"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("RequestId", "forged")
		req.Header.Set("Signature", strings.Repeat("0", 64))
		r.do(t, req).want(c.status)
	}
}

// TestOutsidersSeeOnlyTheirSide tries, as a publisher, what only the engine may.
func TestOutsidersSeeOnlyTheirSide(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	refused := make(chan error, 16)
	p := r.publisher(t, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	for _, subject := range []string{"smokeball.>", "ledger.>", "casehug.>", "$KV.>", ">"} {
		if _, err := p.conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		p.wantRefused(t, refused, "subscribe "+subject)
	}
	for _, subject := range []string{"smokeball.f_brown.webhook.matter.updated", "sync.f_brown.matter.synced", "$KV.engine-tokens.x"} {
		if err := p.conn.Publish(subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		p.wantRefused(t, refused, "publish "+subject)
	}
	p.wantNoStreams(t)
}

func (p publisher) wantRefused(t *testing.T, refused <-chan error, what string) {
	t.Helper()
	if err := p.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-refused:
	case <-time.After(patience):
		t.Errorf("%s: not refused", what)
	}
}

func (p publisher) wantNoStreams(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, bucket := range []string{"engine-tokens", "engine-state"} {
		if kv, err := p.js.KeyValue(ctx, bucket); err == nil {
			t.Errorf("bucket %s is open to outsiders: %v", bucket, kv)
		}
	}
	for _, stream := range []string{"INBOX", "LEDGER", "KV_engine-tokens"} {
		c, err := p.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy})
		if err == nil {
			t.Errorf("stream %s is open to outsiders: %v", stream, c)
		}
		if m, err := p.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, []byte(`{"seq":1}`)); err == nil && !isRefusal(m.Data) {
			t.Errorf("a message of stream %s is handed to outsiders: %s", stream, m.Data)
		}
	}
}

func isRefusal(data []byte) bool {
	var a struct{ Error *struct{ Code int } }
	return json.Unmarshal(data, &a) == nil && a.Error != nil
}

// confirmations tells how the resources of a sync were seen.
func confirmations(steps []projections.EntryStep) string {
	var how []string
	for _, s := range steps {
		if s.Outcome == domain.OutcomeConfirmed {
			how = append(how, s.Detail)
		}
	}
	return strings.Join(how, "; ")
}
