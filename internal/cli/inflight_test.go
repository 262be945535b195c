package cli

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestInFlightEventsComeAtOnceAfterAKill kills the engine while it takes events in. The
// next one has all that the bus acknowledged soon after it is ready (in less than a second where
// the machine is idle), long before the half minute for which JetStream waits for the dead.
func TestInFlightEventsComeAtOnceAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	var acknowledged []string
	var late []time.Duration
	for round := range 6 {
		p := w.launch(t)
		p.find(t)
		acknowledged = append(acknowledged, p.killInBurst(t, round)...)

		next := w.launch(t)
		next.find(t)
		ready := time.Now()
		taken, _, _ := next.log.find("messages that a killed engine held are redelivered")
		eventually(t, "all events that were acknowledged are taken in", func() bool { return next.hasMatters(t, acknowledged) })
		took := time.Since(ready)
		next.kill(t)
		if taken == nil {
			continue // nothing was in flight: kill another one
		}
		t.Logf("%v messages in flight, taken in after %s", taken["messages"], took)
		if took <= 15*time.Second {
			return
		}
		late = append(late, took) // of a disk that stalls, or of JetStream's wait: another kill tells
	}
	if late == nil {
		t.Fatal("six kills met no message in flight")
	}
	t.Errorf("what was in flight is taken in after %s", late)
}

// killInBurst publishes events as fast as the bus takes them, kills the engine when a third is
// acknowledged, and returns the matters of those.
func (p *process) killInBurst(t *testing.T, round int) (acknowledged []string) {
	t.Helper()
	say := p.publisher(t)
	var ids []string
	var acks []jetstream.PubAckFuture
	for n := range 120 {
		id := fmt.Sprintf("m_%d", 120*round+n)
		body, err := cloudEvent("matter.created", id, matter(id, 1, "Auto Accident"))
		if err != nil {
			t.Fatal(err)
		}
		ack, err := say.js.PublishAsync("casehug."+string(testFirm)+".matter.created", body)
		if err != nil {
			t.Fatal(err)
		}
		ids, acks = append(ids, id), append(acks, ack)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, ack := range acks[:len(acks)/3] {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatal("the bus does not acknowledge")
		}
	}
	p.kill(t)
	return ids[:len(acks)/3]
}

// hasMatters reports whether the firm has all these matters.
func (r *running) hasMatters(t *testing.T, want []string) bool {
	t.Helper()
	var page struct {
		Items []struct {
			ID string `json:"matter_id"`
		}
	}
	r.call(t, clerk(), http.MethodGet, "/matters?limit=500", nil).want(http.StatusOK).into(&page)
	has := map[string]bool{}
	for _, m := range page.Items {
		has[m.ID] = true
	}
	return !slices.ContainsFunc(want, func(id string) bool { return !has[id] })
}
