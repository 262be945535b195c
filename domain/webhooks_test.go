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

// TestWebhooksShowBytes of a file that has as many as were sent, where they tell how many it has.
func TestWebhooksShowBytes(t *testing.T) {
	file := func(n int, size int64, uploaded bool) domain.Webhooks {
		return given[domain.Webhooks](domain.SmokeballWebhookReceived{Origin: ref(n), Type: "document.added", Source: "API", Resource: sbF, Request: "r-1", Uploaded: uploaded, Size: size})
	}
	for name, c := range map[string]struct {
		n    domain.Webhooks
		want bool
	}{"as many": {file(1, 7, true), true}, "it does not tell": {file(1, 0, true), true}, "others": {file(1, 8, true), false}, "announced": {file(1, 7, false), false}, "none": {given[domain.Webhooks](), false}} {
		if got := c.n.ShowsBytes("r-1", 7); got != c.want {
			t.Errorf("%s: shown is %v", name, got)
		}
	}
	if last := file(1, 7, true).LastOf("r-1"); !last.Equal(start) {
		t.Errorf("the last one came at %s", last)
	}
	if last := file(1, 7, true).LastOf("r-2"); !last.IsZero() {
		t.Errorf("of another request the last one came at %s", last)
	}
	for kind, want := range map[string]bool{"mattertype.updated": true, "matter.updated": false} {
		if got := (domain.SmokeballWebhookReceived{Type: kind}).ChangesTypes(); got != want {
			t.Errorf("%s changes types: %v", kind, got)
		}
	}
}
