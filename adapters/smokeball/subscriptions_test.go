package smokeball_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

const (
	subscriptionFields = "key name eventTypes eventNotificationUrl"
	shownSubscription  = `{"id":"s-1","accountId":"a","name":"CaseHug","eventTypes":["matter.created"],"eventNotificationUrl":"https://c.example/webhooks/smokeball/x","lastUpdated":1}`
)

func wantSubscription() domain.Subscription {
	return domain.Subscription{ID: "s-1", Name: "CaseHug", URL: "https://c.example/webhooks/smokeball/x", Types: []string{"matter.created"}}
}

func TestSubscribe(t *testing.T) {
	v, c := connected(t)
	v.on("POST /webhooks", subscriptionFields, "", replies(200, shownSubscription))
	v.on("PUT /webhooks/{id}", subscriptionFields, "", replies(200, shownSubscription))
	body := map[string]any{"key": "k", "name": "CaseHug", "eventTypes": []any{"matter.created"}, "eventNotificationUrl": "https://c.example/w"}

	got, err := c.Subscribe(t.Context(), firm, "k", "CaseHug", "https://c.example/w", []string{"matter.created"}, rid)
	must(t, err)
	if !reflect.DeepEqual(got, wantSubscription()) || !reflect.DeepEqual(v.last().Body, body) {
		t.Errorf("got %+v with %v", got, v.last().Body)
	}
	got, err = c.UpdateSubscription(t.Context(), firm, "s-1", "k", "CaseHug", "https://c.example/w", []string{"matter.created"}, rid)
	must(t, err)
	if last := v.last(); !reflect.DeepEqual(got, wantSubscription()) || last.Path != "/webhooks/s-1" || last.Method != "PUT" || !reflect.DeepEqual(last.Body, body) {
		t.Errorf("got %+v with %+v", got, last)
	}
}

func TestALostSubscribeIsUnsettled(t *testing.T) {
	v, c := connected(t)
	v.on("POST /webhooks", subscriptionFields, "", replies(503, ""))
	_, err := c.Subscribe(t.Context(), firm, "k", "n", "u", nil, rid)
	if !fault(t, err).Unsettled {
		t.Error("settled: a second subscription may be made")
	}
}

func TestSubscriptionsAreListed(t *testing.T) {
	v, c := connected(t)
	v.on("GET /webhooks", "", "Limit Offset", replies(200, `{"value":[`+shownSubscription+`]}`))
	got, err := c.Subscriptions(t.Context(), firm)
	must(t, err)
	if !reflect.DeepEqual(got, []domain.Subscription{wantSubscription()}) {
		t.Errorf("got %+v", got)
	}
}

func TestUnsubscribeAndTest(t *testing.T) {
	v, c := connected(t)
	v.on("DELETE /webhooks/s-1", "", "", replies(200, ""))
	v.on("DELETE /webhooks/gone", "", "", replies(404, `{}`))
	v.on("DELETE /webhooks/down", "", "", replies(503, ``))
	v.on("POST /webhooks/s-1/notify", "", "", replies(200, ""))
	must(t, c.Unsubscribe(t.Context(), firm, "s-1"))
	must(t, c.Unsubscribe(t.Context(), firm, "gone"))
	if err := c.Unsubscribe(t.Context(), firm, "down"); err == nil {
		t.Error("a failed removal passes")
	}
	must(t, c.NotifySubscription(t.Context(), firm, "s-1"))
}

func TestWebhookTypesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range smokeball.WebhookTypes() {
		if seen[name] {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
	}
	if !seen["error"] || !seen["matter.created"] || !seen["files.updated"] {
		t.Errorf("got %v", seen)
	}
}
