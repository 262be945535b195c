package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func TestReceive(t *testing.T) {
	first := domain.SmokeballWebhookReceived{Origin: ref(1), Type: "matter.updated", Resource: sbM}
	again := domain.SmokeballWebhookReceived{Origin: ref(2), Type: "matter.updated", Resource: sbM}
	then(t, given[domain.Webhooks]().Receive(first), first)
	then(t, given[domain.Webhooks](first).Receive(first))
	then(t, given[domain.Webhooks](first).Receive(again), again)
}

// TestWebhooksTellWhatBecameOfACall tells that a webhook which came before anybody asked is
// found again by the request that caused it.
func TestWebhooksTellWhatBecameOfACall(t *testing.T) {
	failed := domain.SmokeballWebhookReceived{Origin: ref(1), Type: "error", Source: "API", Resource: sbM, Request: "r-1", Message: vendorWords}
	made := domain.SmokeballWebhookReceived{Origin: ref(2), Type: "matter.created", Source: "API", Resource: sbM, Request: "r-2"}
	deleted := domain.SmokeballWebhookReceived{Origin: ref(3), Type: "contact.deleted", Source: "API", Resource: sbM, Request: "r-3"}
	anonymous := domain.SmokeballWebhookReceived{Origin: ref(4), Type: "error", Resource: sbM}
	n := given[domain.Webhooks](failed, made, deleted, anonymous)
	for _, c := range []struct {
		request       domain.RequestID
		failed, shows bool
	}{{"r-1", true, false}, {"r-2", false, true}, {"r-3", false, false}, {"r-4", false, false}, {"", false, false}} {
		message, ok := n.Refusal(c.request)
		if ok != c.failed || (ok && message != vendorWords) || n.Shows(c.request) != c.shows {
			t.Errorf("of %q the notices tell %q, %v, and shown: %v", c.request, message, ok, n.Shows(c.request))
		}
	}
}

func TestWebhooksTellOfPeopleAndOfDeletion(t *testing.T) {
	echo := domain.SmokeballWebhookReceived{Origin: ref(1), Type: "contact.updated", Source: "API", Resource: sbC}
	deleted := domain.SmokeballWebhookReceived{Origin: ref(2), Type: "contact.deleted", Source: "Smokeball", Resource: sbC}
	restored := domain.SmokeballWebhookReceived{Origin: ref(3), Type: "contact.restored", Source: "Smokeball", Resource: sbC}
	if n := given[domain.Webhooks](echo); n.Gone || !n.Foreign.IsZero() || !n.Last.Equal(start) {
		t.Errorf("after our own echo the notices are %+v", n)
	}
	if n := given[domain.Webhooks](echo, deleted); !n.Gone || !n.Foreign.Equal(start.Add(time.Second)) {
		t.Errorf("after the deletion the notices are %+v", n)
	}
	if n := given[domain.Webhooks](echo, deleted, restored); n.Gone {
		t.Errorf("after the restoring the notices are %+v", n)
	}
}
