package bus_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestAGuestThatFloodsTheGateHoldsUpNoOther asks a hundred thousand things as one firm's
// guest while another firm's puts documents.
func TestAGuestThatFloodsTheGateHoldsUpNoOther(t *testing.T) {
	b, f2 := openForFirms(t)
	calm := bucketOf(t, b, f2)
	flood, _ := dial(t, b, nats.UserInfo("one", "right"))
	inbox := nats.NewInbox()
	for range 100_000 {
		if err := flood.PublishRequest("$JS.API.STREAM.INFO."+bus.Outbox, inbox, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := flood.FlushWithContext(brief(t)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range 5 {
		if _, err := calm.PutString(brief(t), fmt.Sprint("d_", i), "retainer"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("five documents take %s beside the flood", took)
	}
}

// TestAGuestHasSoManyConsumers makes consumers until there is no room; each ends by itself
// where nobody uses it, and the other firm has room of its own.
func TestAGuestHasSoManyConsumers(t *testing.T) {
	b, f2 := openForFirms(t)
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	durable := func(js jetstream.JetStream, firm, name string) (jetstream.Consumer, error) {
		return js.CreateOrUpdateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: name, FilterSubject: "sync." + firm + ".>", AckPolicy: jetstream.AckExplicitPolicy})
	}
	made := 0
	for ; made < 200; made++ {
		cons, err := durable(one, "f1", fmt.Sprint("c", made))
		if api := new(jetstream.APIError); errors.As(err, &api) && api.Code == 403 {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if life := cons.CachedInfo().Config.InactiveThreshold; life <= 0 || life > 30*24*time.Hour {
			t.Fatalf("it lives unused for %s", life)
		}
	}
	if made != 64 {
		t.Errorf("a guest has %d consumers", made)
	}
	if _, err := durable(one, "f1", "c0"); err != nil {
		t.Errorf("one that is there can't be changed: %v", err)
	}
	_, two := dial(t, b, f2)
	if _, err := durable(two, "f2", "theirs"); err != nil {
		t.Errorf("the other firm's guest: %v", err)
	}
	if err := one.DeleteConsumer(brief(t), bus.Outbox, "c0"); err != nil {
		t.Fatal(err)
	}
	if _, err := durable(one, "f1", "again"); err != nil {
		t.Errorf("after one is deleted: %v", err)
	}
}
