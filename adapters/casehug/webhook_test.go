package casehug_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"
	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// Whatever the bridge has read in a webhook, the other side of the bus reads the same, and the
// data is the body as received.
func TestWebhooksCrossTheBus(t *testing.T) {
	text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom(nil, unicode.Letter, unicode.Nd, unicode.Punct), rapid.SampledFrom([]rune{'"', '\\', '\n', 0x7f, 0x1b, ' ', '界'})))
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return text.Draw(t, name) }
		given := domain.WebhookDelivery{Firm: "f_1", Origin: domain.EventRef{Source: "/smokeball", ID: "id-1"}, At: time.Date(2026, 11, 2, 15, 4, 5, 6, time.UTC),
			Request: domain.RequestID(draw("request")), Body: []byte(`{"type":"x", "payload":[1,2]}`),
			Webhook: domain.Webhook{Type: "t" + draw("type"), Source: draw("source"), Resource: domain.SmokeballID(draw("resource")),
				Matter: domain.SmokeballID(draw("matter")), Message: draw("message"), Ticks: rapid.Int64().Draw(t, "ticks")}}
		if given.Webhook.Uploaded = rapid.Bool().Draw(t, "uploaded"); given.Webhook.Uploaded {
			given.Webhook.Size = rapid.Int64Range(0, 1<<40).Draw(t, "size")
		}
		m, err := casehug.EncodeWebhook(given)
		if err != nil {
			t.Fatal(err)
		}
		var ce event.Event
		if err := json.Unmarshal(m.Body, &ce); err != nil || ce.Validate() != nil || ce.Type() != "com.smokeball.webhook.received" || !strings.HasPrefix(m.Subject, "smokeball.f_1.webhook.") {
			t.Fatalf("%s on %s: %v, %v", m.Body, m.Subject, err, ce.Validate())
		}
		list, err := casehug.DecodeWebhooks(m.Subject, m.Body)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d webhooks, %v", len(list), err)
		}
		got := list[0]
		if !sameJSON(t, got.Body, given.Body) {
			t.Errorf("the data is %s", got.Body)
		}
		plain := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsControl(r) {
					return ' '
				}
				return r
			}, s)
		}
		w := given.Webhook
		want := domain.Webhook{Type: plain(w.Type), Source: plain(w.Source), Resource: domain.SmokeballID(plain(string(w.Resource))),
			Matter: domain.SmokeballID(plain(string(w.Matter))), Message: plain(w.Message), Ticks: w.Ticks, Uploaded: w.Uploaded, Size: w.Size}
		if got.Webhook != want || got.Request != domain.RequestID(plain(string(given.Request))) || got.Firm != "f_1" || got.Origin != given.Origin || !got.At.Equal(given.At) {
			t.Errorf("got %+v, want %+v", got, given)
		}
	})
}

func sameJSON(t *rapid.T, a, b []byte) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		t.Fatalf("no JSON: %q, %q", a, b)
	}
	return x.String() == y.String()
}

func TestWebhooksOfFirms(t *testing.T) {
	for subject, want := range map[string]domain.FirmID{"smokeball.f_1.webhook.matter.updated": "f_1", "smokeball.": domain.Nobody,
		"smokeball.f$1.webhook.x": domain.Nobody, "casehug.f_1.matter.created": domain.Nobody, "": domain.Nobody} {
		if got := casehug.WebhookFirm(subject); got != want {
			t.Errorf("%s is of firm %s, want %s", subject, got, want)
		}
	}
	firm, origin, kind := casehug.Identity("smokeball.f_1.webhook.x", nil, []byte(`{"specversion":"1.0","id":"1","source":"/smokeball","type":"com.smokeball.webhook.received"}`))
	if firm != "f_1" || origin != (domain.EventRef{Source: "/smokeball", ID: "1"}) || kind != "com.smokeball.webhook.received" {
		t.Errorf("%s, %+v, %s", firm, origin, kind)
	}
}

// Several webhooks of one type share a message, and each is read as if it had come alone.
func TestWebhooksShareAMessage(t *testing.T) {
	var given []domain.WebhookDelivery
	for _, id := range []string{"1", "2", "3"} {
		given = append(given, domain.WebhookDelivery{Firm: "f_1", Origin: domain.EventRef{Source: "/smokeball", ID: id}, At: time.Unix(7, 0).UTC(), Request: domain.RequestID("r-" + id),
			Webhook: domain.Webhook{Type: "matter.updated", Resource: domain.SmokeballID("m-" + id)}, Body: []byte(`{"type":"matter.updated","payload":{"id":"m-` + id + `"}}`)})
	}
	m, err := casehug.EncodeWebhooks(given)
	if err != nil || m.Subject != "smokeball.f_1.webhook.matter.updated" || m.Header["content-type"] != "application/cloudevents-batch+json" {
		t.Fatalf("they are published on %s as %v, %v", m.Subject, m.Header, err)
	}
	got, err := casehug.DecodeWebhooks(m.Subject, m.Body)
	if err != nil || !reflect.DeepEqual(got, given) {
		t.Errorf("got %+v, %v; want %+v", got, err, given)
	}
	if alone, err := casehug.EncodeWebhooks(given[:1]); err != nil || alone.Header["content-type"] != "application/cloudevents+json" || alone.Body[0] != '{' {
		t.Errorf("one alone is %s, %v", alone.Body, err)
	}
}

func FuzzDecodeWebhook(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"1","source":"/smokeball","type":"t","requestid":"r","webhooktype":"matter.updated","data":{"type":"matter.updated"}}`))
	f.Add([]byte(`{"specversion":"1.0","id":1,"webhooktype":7}`))
	f.Add([]byte(`{"data_base64":"e30="}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(` [{"specversion":"1.0","id":"1","source":"/smokeball","type":"t","data":{}},{"specversion":"1.0","id":"2","source":"/smokeball","type":"t","data":{}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := casehug.DecodeWebhooks("smokeball.f_1.webhook.x", body)
		if err == nil && (len(list) == 0 || list[0].Firm != "f_1") {
			t.Errorf("got %+v", list)
		}
	})
}
