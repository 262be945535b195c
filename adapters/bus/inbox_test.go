package bus_test

import (
	"errors"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestNewBusTakesBackWhatADeadOneHeld opens a bus whose reader died after messages were delivered
// and one of them was acknowledged out of order: the first unacknowledged message and all after it
// are redelivered at once, and new messages are delivered.
func TestNewBusTakesBackWhatADeadOneHeld(t *testing.T) {
	at := func(dir string) func(*bus.Config) { return func(c *bus.Config) { quiet(c); c.DataDir = dir } }
	dir := t.TempDir()
	b := open(t, at(dir))
	for _, body := range []string{"first", "second", "third"} {
		say(t, b, "casehug."+body+".matter.created", body)
	}
	cons, err := b.Durable(brief(t), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(3)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		if string(m.Data()) == "second" {
			if err := m.DoubleAck(brief(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	shut(t, b)

	b = open(t, at(dir))
	say(t, b, "casehug.fourth.matter.created", "fourth")
	began := time.Now()
	messages := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable}), bus.Intake)
	came := map[string]bool{}
	for len(came) < 4 { // the second one as well: it lies behind the first
		m := receive(t, messages)
		came[string(m.Payload)] = true
		m.Ack()
	}
	if took := time.Since(began); took > 20*time.Second { // AckWait is 30 s
		t.Errorf("they came after %s", took)
	}
	settled(t, b, bus.Intake)
}

func TestInboxMessage(t *testing.T) {
	b := open(t, quiet)
	say(t, b, "casehug.f1.matter.created", "body")
	subject, body, err := b.InboxMessage(brief(t), 1)
	if err != nil || subject != "casehug.f1.matter.created" || string(body) != "body" {
		t.Errorf("message 1 is %s %q, %v", subject, body, err)
	}
	if _, _, err := b.InboxMessage(brief(t), 2); !errors.Is(err, bus.ErrNoMessage) {
		t.Errorf("message 2 is answered %v", err)
	}
}
