package inbound_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/inbound"
)

// recorded is what became of webhooks that came over the bus.
type recorded struct {
	*testing.T
	mu      sync.Mutex
	fails   func(w domain.SmokeballWebhookReceived) error
	parses  int
	facts   []domain.SmokeballWebhookReceived
	forgets []domain.FirmID
}

func (r *recorded) webhooks() inbound.Webhooks {
	return inbound.Webhooks{
		Decode:      casehug.DecodeWebhooks,
		Parse:       r.parse,
		ForgetTypes: func(f domain.FirmID) { r.forgets = append(r.forgets, f) },
		Record: func(_ context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error {
			if f != "f_1" {
				r.Errorf("it is recorded for %s", f)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.fails != nil {
				if err := r.fails(w); err != nil {
					return err
				}
			}
			r.facts = append(r.facts, w)
			return nil
		}}
}

func (r *recorded) parse(body []byte) (domain.Webhook, error) {
	r.parses++
	return smokeball.ParseWebhook(body)
}

// owner is a firm whose address every secret is.
type owner struct{}

func (owner) Recipient(context.Context, string) (domain.FirmID, string, error) {
	return "f_1", "key", nil
}

func (owner) Check(context.Context, domain.FirmID, domain.Webhook) error { return nil }

const (
	changed = `{"accountId":"a","type":"matter.updated","source":"API","payload":{"id":"m-1"}}`
	types   = `{"accountId":"a","type":"mattertype.updated","source":"Smokeball","payload":{"id":"t-1"}}`
)

// A webhook goes through the bridge, over the bus and into the ledger: its body is parsed once.
func TestAWebhookIsParsedOnce(t *testing.T) {
	r := &recorded{T: t}
	var m casehug.Message
	bridge := inbound.Bridge{Recipients: owner{}, Parse: r.parse, Now: time.Now, Verify: func(domain.FirmID, string, http.Header) error { return nil },
		Publish: func(_ context.Context, d domain.WebhookDelivery) (err error) {
			m, err = casehug.EncodeWebhook(d)
			return err
		}}
	if err := bridge.Receive(t.Context(), "secret", http.Header{"Requestid": {"r-1"}, "Timestamp": {"1"}}, []byte(changed)); err != nil {
		t.Fatal(err)
	}
	if m.Subject != "smokeball.f_1.webhook.matter.updated" {
		t.Errorf("it is published on %s", m.Subject)
	}
	if err := r.webhooks().TakeIn(t.Context(), inbound.Message{Subject: m.Subject, Header: m.Header, Body: m.Body}); err != nil {
		t.Fatal(err)
	}
	if r.parses != 1 {
		t.Errorf("it is parsed %d times", r.parses)
	}
	r.wants(domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: "0d9f9c5dfa12b6c7"}, Type: "matter.updated", Source: "API", Resource: "m-1", Matter: "m-1", Request: "r-1"})
}

// wants requires one fact; its origin's id is whatever the bridge chose.
func (r *recorded) wants(want domain.SmokeballWebhookReceived) {
	r.Helper()
	if len(r.facts) != 1 {
		r.Fatalf("recorded are %+v", r.facts)
	}
	got := r.facts[0]
	if got.Origin.Source != want.Origin.Source || len(got.Origin.ID) != 32 {
		r.Errorf("its origin is %+v", got.Origin)
	}
	if want.Origin = got.Origin; got != want {
		r.Errorf("recorded is %+v, want %+v", got, want)
	}
}

// A webhook that an earlier version of the engine published holds the body only.
func TestAWebhookOfAnEarlierVersionIsTakenIn(t *testing.T) {
	r := &recorded{T: t}
	old := `{"specversion":"1.0","id":"00112233445566778899aabbccddeeff","source":"/smokeball","type":"com.smokeball.webhook.received",
		"time":"2026-11-02T15:04:05.123456789Z","datacontenttype":"application/json","requestid":"r-1","data":` + changed + `}`
	if err := r.webhooks().TakeIn(t.Context(), inbound.Message{Subject: "smokeball.f_1.webhook.matter.updated", Body: []byte(old)}); err != nil {
		t.Fatal(err)
	}
	r.wants(domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball"}, Type: "matter.updated", Source: "API", Resource: "m-1", Matter: "m-1", Request: "r-1"})
}

func TestChangedMatterTypesAreForgotten(t *testing.T) {
	r := &recorded{T: t}
	w, err := smokeball.ParseWebhook([]byte(types))
	if err != nil {
		t.Fatal(err)
	}
	m, err := casehug.EncodeWebhook(domain.WebhookDelivery{Firm: "f_1", Origin: domain.EventRef{Source: "/smokeball", ID: "1"}, At: time.Now(), Webhook: w, Body: []byte(types)})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.webhooks().TakeIn(t.Context(), inbound.Message{Subject: m.Subject, Body: m.Body}); err != nil || len(r.forgets) != 1 || r.forgets[0] != "f_1" {
		t.Errorf("forgotten are the types of %v, %v", r.forgets, err)
	}
}

// A webhook that can't be read, or whose subject names no firm, is nobody's.
func TestAWebhookOfNobodyIsUnprocessable(t *testing.T) {
	const readable = `{"specversion":"1.0","id":"1","source":"/smokeball","type":"com.smokeball.webhook.received","data":{"type":"matter.updated"}}`
	for subject, body := range map[string]string{"smokeball.": readable, "smokeball.f$1.webhook.x": readable, "smokeball.f_1.webhook.x": "{", "smokeball.f_1.webhook.y": `{"specversion":"1.0","id":"1","source":"/smokeball","type":"t","data":{}}`} {
		r := &recorded{T: t}
		err := r.webhooks().TakeIn(t.Context(), inbound.Message{Subject: subject, Body: []byte(body)})
		if u := inbound.Unprocessable(err); u == nil || u.Code != domain.CodeEventNotHandled || len(r.facts) != 0 {
			t.Errorf("%s is taken in with %v", subject, err)
		}
	}
}

// shared is a message with webhooks of three resources, two of each.
func shared(t *testing.T) inbound.Message {
	var list []domain.WebhookDelivery
	for i := range 6 {
		body := fmt.Appendf(nil, `{"type":"matter.updated","payload":{"id":"m-%d"}}`, i%3)
		list = append(list, domain.WebhookDelivery{Firm: "f_1", Origin: domain.EventRef{Source: "/smokeball", ID: fmt.Sprint(i)}, At: time.Now(), Body: body,
			Webhook: domain.Webhook{Type: "matter.updated", Resource: domain.SmokeballID(fmt.Sprintf("m-%d", i%3))}})
	}
	m, err := casehug.EncodeWebhooks(list)
	if err != nil {
		t.Fatal(err)
	}
	return inbound.Message{Subject: m.Subject, Header: m.Header, Body: m.Body}
}

// Each webhook of a message is recorded, those of one resource in their order.
func TestAMessageWithSeveralWebhooks(t *testing.T) {
	r := &recorded{T: t}
	if err := r.webhooks().TakeIn(t.Context(), shared(t)); err != nil || len(r.facts) != 6 {
		t.Fatalf("recorded are %d of 6, %v", len(r.facts), err)
	}
	last := map[domain.SmokeballID]string{}
	for _, w := range r.facts {
		if w.Origin.ID <= last[w.Resource] {
			t.Errorf("of %s, %s is recorded after %s", w.Resource, w.Origin.ID, last[w.Resource])
		}
		last[w.Resource] = w.Origin.ID
	}
}

// A webhook that can't be recorded holds up none of its message, which comes again.
func TestAMessageOfWhichOneWebhookFails(t *testing.T) {
	broken := errors.New("the disk is full")
	r := &recorded{T: t, fails: func(w domain.SmokeballWebhookReceived) error {
		if w.Origin.ID == "1" {
			return broken
		}
		return nil
	}}
	if err := r.webhooks().TakeIn(t.Context(), shared(t)); !errors.Is(err, broken) || len(r.facts) != 5 {
		t.Errorf("recorded are %d of 5, %v", len(r.facts), err)
	}
	r = &recorded{T: t, fails: func(w domain.SmokeballWebhookReceived) error {
		if w.Origin.ID == "1" {
			panic("poison")
		}
		return nil
	}}
	defer func() {
		if recover() != "poison" || len(r.facts) < 4 {
			t.Errorf("the panic is lost, or others with it: %d are recorded", len(r.facts))
		}
	}()
	_ = r.webhooks().TakeIn(t.Context(), shared(t))
}
