package cli

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAWebhookOfAnEarlierVersionIsTakenIn stops an engine, leaves in its data a webhook as an
// earlier version published it, and starts the engine again.
func TestAWebhookOfAnEarlierVersionIsTakenIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	before := r.connection(t).Webhooks.Received
	r.stop()
	w.leave(t, "smokeball."+string(testFirm)+".webhook.noop", `{"specversion":"1.0","id":"00112233445566778899aabbccddeeff","source":"/smokeball","type":"com.smokeball.webhook.received",`+
		`"time":"2026-11-02T15:04:05.123456789Z","datacontenttype":"application/json","requestid":"r-1","data":{"accountId":"`+testAccount+`","type":"noop","source":"Smokeball","payload":null}}`)
	r = w.serve(t)
	eventually(t, "the webhook is taken in", func() bool { return r.connection(t).Webhooks.Received == before+1 })
	if left := r.deadLetters(t); len(left) != 0 {
		t.Errorf("dead letters: %+v", left)
	}
}

// leave publishes a message in the data of an engine that has stopped.
func (w *world) leave(t *testing.T, subject, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := bus.Open(ctx, bus.Config{DataDir: w.settings["ENGINE_DATA_DIR"], Listen: "off", Replicas: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"content-type": "application/cloudevents+json"}
	if err := errors.Join(b.Publish(ctx, subject, "left "+time.Now().String(), header, []byte(body)), b.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}
