package bus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestATenantThatFloodsTheGateHoldsUpNoOther asks a hundred thousand things as one firm's
// tenant while another firm's puts documents.
func TestATenantThatFloodsTheGateHoldsUpNoOther(t *testing.T) {
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
	for i := range 5 { // behind the flood, which is answered at its pace, each would wait for minutes
		if _, err := calm.PutString(brief(t), fmt.Sprint("d_", i), "retainer"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestATenantHasSoManyConsumers makes consumers until there is no room; each ends by itself
// where nobody uses it, and the other firm has room of its own.
func TestATenantHasSoManyConsumers(t *testing.T) {
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
		if lifetime := cons.CachedInfo().Config.InactiveThreshold; lifetime <= 0 || lifetime > 30*24*time.Hour {
			t.Fatalf("it lives unused for %s", lifetime)
		}
	}
	if made != 64 {
		t.Errorf("a tenant has %d consumers", made)
	}
	if _, err := durable(one, "f1", "c0"); err != nil {
		t.Errorf("one that is there can't be changed: %v", err)
	}
	_, two := dial(t, b, f2)
	if _, err := durable(two, "f2", "theirs"); err != nil {
		t.Errorf("the other firm's tenant: %v", err)
	}
	if err := one.DeleteConsumer(brief(t), bus.Outbox, "c0"); err != nil {
		t.Fatal(err)
	}
	if _, err := durable(one, "f1", "again"); err != nil {
		t.Errorf("after one is deleted: %v", err)
	}
}

// TestAFirmsFloodOfEventsHoldsUpNoOther publishes events as one firm's tenant as fast as a
// connection takes them. Another firm's publisher is acknowledged at once, what the flood
// leaves in the stream is bounded, and whoever publishes at a person's pace notices nothing.
func TestAFirmsFloodOfEventsHoldsUpNoOther(t *testing.T) {
	b, f2 := openForFirms(t)
	flood, one := dial(t, b, nats.UserInfo("one", "right"))
	refused := make(chan string, 1)
	inbox := nats.NewInbox()
	if _, err := flood.Subscribe(inbox, func(m *nats.Msg) {
		if strings.Contains(string(m.Data), `"code":429`) {
			select {
			case refused <- string(m.Data):
			default:
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	taking := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable, Taken: b.TakenIn}), bus.Intake)
	go func() {
		for m := range taking {
			m.Ack()
		}
	}()
	for i := range 100 {
		if _, err := one.Publish(brief(t), "casehug.f1.matter.created", []byte(fmt.Sprint("calm ", i))); err != nil {
			t.Fatal(err)
		}
	}
	pour := func() {
		for range 60_000 {
			if err := flood.PublishRequest("casehug.f1.matter.created", inbox, []byte("flood")); err != nil {
				t.Fatal(err)
			}
		}
		if err := flood.FlushWithContext(brief(t)); err != nil {
			t.Fatal(err)
		}
	}
	pour()
	_, two := dial(t, b, f2)
	ack, err := two.Publish(brief(t), "casehug.f2.matter.created", []byte("theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if ack.Sequence > 5_000 {
		t.Errorf("%d events are taken in before another firm's", ack.Sequence)
	}
	inboxOf, err := b.JetStream().Stream(brief(t), bus.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	if n := inboxOf.CachedInfo().State.Msgs; n > 5_000 {
		t.Errorf("the stream has %d messages", n)
	}
	// A slow machine may read the flood no faster than a firm may publish; it goes on until it is refused.
	why := ""
	for range 12 {
		select {
		case why = <-refused:
		case <-brief(t).Done():
			pour()
			continue
		}
		break
	}
	if !strings.Contains(why, "try again in") {
		t.Errorf("the flood is told %q", why)
	}
}

// TestAFirmsLargeMessagesHaveABudget publishes 7 MiB at a time as one firm's tenant.
func TestAFirmsLargeMessagesHaveABudget(t *testing.T) {
	b, f2 := openForFirms(t)
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	large, taken := make([]byte, 7<<20), 0
	for ; taken < 30; taken++ {
		if _, err := one.Publish(brief(t), "casehug.f1.matter.created", large); err != nil {
			if api := new(jetstream.APIError); !errors.As(err, &api) || api.Code != 429 {
				t.Fatal(err)
			}
			break
		}
	}
	if taken < 5 || taken > 10 {
		t.Errorf("%d messages of 7 MiB are taken in at once", taken)
	}
	_, two := dial(t, b, f2)
	if _, err := two.Publish(brief(t), "casehug.f2.matter.created", large); err != nil {
		t.Errorf("the other firm's tenant: %v", err)
	}
}

// TestAFirmWhoseEventsAreSlowToTakeInHoldsUpNoOther publishes more events of one matter than
// the intake holds at once, none of which is taken in. Another firm's event is handed out.
func TestAFirmWhoseEventsAreSlowToTakeInHoldsUpNoOther(t *testing.T) {
	b, f2 := openForFirms(t)
	taking := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable, Taken: b.TakenIn}), bus.Intake)
	flood, _ := dial(t, b, nats.UserInfo("one", "right"))
	answers, inbox := make(chan string, 400), nats.NewInbox()
	if _, err := flood.Subscribe(inbox, func(m *nats.Msg) { answers <- string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if err := flood.PublishRequest("casehug.f1.matter.updated", inbox, []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if m := <-taking; m.Metadata.Get(bus.MetaSubject) != "casehug.f1.matter.updated" {
		t.Fatalf("first comes %s", m.Metadata.Get(bus.MetaSubject))
	}
	_, two := dial(t, b, f2)
	for stored := 0; stored < 300 && strings.Contains(<-answers, `"seq":`); stored++ { // until the intake would be full, or one is refused
	}
	if _, err := two.Publish(brief(t), "casehug.f2.matter.updated", []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-taking:
		if m.Metadata.Get(bus.MetaSubject) != "casehug.f2.matter.updated" {
			t.Errorf("next comes %s", m.Metadata.Get(bus.MetaSubject))
		}
		m.Ack()
	case <-brief(t).Done():
		t.Error("the other firm's event does not come")
	}
}

// TestWhatCameBeforeThisStartIsTakenIn takes a place back that nobody has taken since the start.
func TestWhatCameBeforeThisStartIsTakenIn(t *testing.T) {
	b, _ := openForFirms(t)
	b.TakenIn("casehug.f1.matter.created")
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	if _, err := one.Publish(brief(t), "casehug.f1.matter.created", []byte("next")); err != nil {
		t.Fatal(err)
	}
	b.TakenIn("casehug.f1.matter.created")
	b.TakenIn("casehug.f1.matter.created")
}

// TestAServiceThatFloodsOneFirmHoldsUpNoOther publishes, as a service that serves all firms,
// more events of one firm than the intake holds, none of which it processes. The same
// connection's event of another firm is delivered; what waits is refused after a while, and
// once the intake processes the firm's events again nothing that was acknowledged is missing.
func TestAServiceThatFloodsOneFirmHoldsUpNoOther(t *testing.T) {
	b := open(t)
	taking := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable, Taken: b.TakenIn}), bus.Intake)
	conn, js := dial(t, b)
	answers := make(chan string, 1000)
	inbox := nats.NewInbox()
	if _, err := conn.Subscribe(inbox, func(m *nats.Msg) { answers <- string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if err := conn.PublishRequest("casehug.f1.matter.updated", inbox, []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	first := <-taking
	if _, err := js.Publish(brief(t), "casehug.f2.matter.updated", []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-taking:
		if m.Metadata.Get(bus.MetaSubject) != "casehug.f2.matter.updated" {
			t.Errorf("next comes %s", m.Metadata.Get(bus.MetaSubject))
		}
		m.Ack()
	case <-brief(t).Done():
		t.Error("the other firm's event is not delivered")
	}
	stored, refused := 0, 0
	for range 400 {
		if a := <-answers; strings.Contains(a, `"code":429`) {
			refused++
		} else if strings.Contains(a, `"seq":`) {
			stored++
		}
	}
	if stored != 64 || refused != 400-64 {
		t.Errorf("%d events are stored, %d are refused", stored, refused)
	}
	first.Ack()
	for range stored - 1 {
		(<-taking).Ack()
	}
	if _, err := js.Publish(brief(t), "casehug.f1.matter.updated", []byte("next")); err != nil {
		t.Errorf("once the earlier ones are processed: %v", err)
	}
}

// TestAServicesEventsWaitForTheIntake publishes faster than the intake processes: every event
// is acknowledged and delivered, in order.
func TestAServicesEventsWaitForTheIntake(t *testing.T) {
	b := open(t)
	taking := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable, Taken: b.TakenIn}), bus.Intake)
	_, js := dial(t, b)
	go func() {
		for i := range 500 {
			if _, err := js.PublishAsync("casehug.f1.matter.updated", []byte(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range 500 {
		m := <-taking
		if string(m.Payload) != fmt.Sprint(i) {
			t.Fatalf("event %s comes as number %d", m.Payload, i)
		}
		m.Ack()
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-brief(t).Done():
		t.Error("not every event is acknowledged")
	}
}
