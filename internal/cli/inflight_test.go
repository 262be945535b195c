package cli

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestInFlightEventsComeAtOnceAfterAKill kills the engine while it takes events in. The
// next one has all of them soon after it is ready (in less than a second where the machine
// is idle), long before the half minute for which JetStream waits for the dead.
func TestInFlightEventsComeAtOnceAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	said := 0
	for range 4 {
		p := w.launch(t)
		p.find(t)
		said = p.burst(t, said)
		p.kill(t)

		next := w.launch(t)
		next.find(t)
		ready := time.Now()
		taken, _, _ := next.log.find("what a killed engine held comes again")
		eventually(t, fmt.Sprintf("all %d events are taken in", said), func() bool { return next.matters(t) == said })
		took := time.Since(ready)
		next.kill(t)
		if taken == nil {
			continue // nothing was in flight: kill another one
		}
		t.Logf("%v messages in flight, taken in after %s", taken["messages"], took)
		if took > 15*time.Second {
			t.Errorf("what was in flight is taken in after %s", took)
		}
		return
	}
	t.Fatal("four kills met no message in flight")
}

// burst publishes events as fast as the bus takes them, and returns how many there are
// now, as soon as the last one is on it.
func (p *process) burst(t *testing.T, from int) (to int) {
	t.Helper()
	say := p.publisher(t)
	var acks []jetstream.PubAckFuture
	for to = from; to < from+120; to++ {
		body, err := cloudEvent("matter.created", strconv.Itoa(to), matter("m_"+strconv.Itoa(to), 1, "Auto Accident"))
		if err != nil {
			t.Fatal(err)
		}
		ack, err := say.js.PublishAsync("casehug."+string(testFirm)+".matter.created", body)
		if err != nil {
			t.Fatal(err)
		}
		acks = append(acks, ack)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatal("the bus does not acknowledge")
		}
	}
	return to
}
