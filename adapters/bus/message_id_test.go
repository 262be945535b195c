package bus_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestNoMessageIDHidesAnotherEvent publishes other events under a Nats-Msg-Id that was used
// before, as tenants of two firms, as everyone's tenant and as the engine does for HTTP.
func TestNoMessageIDHidesAnotherEvent(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	_, two := dial(t, b, f2)
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	_, all := dial(t, b, nats.UserInfo("all", "right"))
	const id = "/casehug/matters/evt-77"
	for i, p := range []struct {
		js      jetstream.JetStream
		subject string
	}{{two, "casehug.f2.matter.created"}, {all, "casehug.f1.matter.created"}, {one, "casehug.f1.matter.updated"}, {all, "casehug.f3.matter.created"}} {
		ack, err := p.js.Publish(brief(t), p.subject, []byte("{}"), jetstream.WithMsgID(id))
		if err != nil || ack.Duplicate || ack.Sequence != uint64(i+1) {
			t.Errorf("%s: %+v, %v; want it stored as %d", p.subject, ack, err, i+1)
		}
	}
	if err := b.Publish(brief(t), bus.Bound+"casehug.f4.matter.created", id, nil, []byte("{}")); err != nil {
		t.Errorf("what came over HTTP: %v", err)
	}
	if s, err := b.JetStream().Stream(brief(t), bus.Inbox); err != nil || s.CachedInfo().State.Msgs != 5 {
		t.Errorf("INBOX holds %+v, %v; want 5 messages", s.CachedInfo().State, err)
	}
}

// TestNoMessageIDHidesAnotherEventOnACluster does the same on a NATS server of its own whose
// INBOX an earlier version has made, with a window of two minutes.
func TestNoMessageIDHidesAnotherEventOnACluster(t *testing.T) {
	t.Parallel()
	s := standalone(t)
	conn, err := bus.Dial(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(brief(t), jetstream.StreamConfig{Name: bus.Inbox, Subjects: []string{"casehug.>", "smokeball.>"},
		MaxAge: 90 * 24 * time.Hour, Duplicates: 2 * time.Minute, AllowDirect: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(brief(t), bus.Inbox, jetstream.ConsumerConfig{Durable: bus.Intake, FilterSubject: "casehug.>",
		AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: -1, MaxAckPending: 256, AckWait: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(brief(t), "casehug.f1.matter.created", nil, jetstream.WithMsgID("a/1")); err != nil {
		t.Fatal(err)
	}
	b := open(t, func(c *bus.Config) { *c = bus.Config{URL: s.ClientURL()} })
	for range 3 {
		if ack, err := js.Publish(brief(t), "casehug.f3.matter.created", nil, jetstream.WithMsgID("a/2")); err != nil || ack.Duplicate {
			t.Errorf("%+v, %v", ack, err)
		}
	}
	if cons, err := b.Durable(brief(t), bus.Intake); err != nil || len(cons.CachedInfo().Config.FilterSubjects) != 2 || cons.CachedInfo().NumPending == 0 {
		t.Errorf("the intake is %+v, %v", cons.CachedInfo(), err)
	}
}

// TestPublishSaysWhatIsNotStored publishes another message under an id that the stream of
// the engine's own events has.
func TestPublishSaysWhatIsNotStored(t *testing.T) {
	t.Parallel()
	b := open(t)
	if err := b.Publish(brief(t), "sync.f1.matter.synced", "sync-1", nil, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(brief(t), "sync.f2.matter.synced", "sync-1", nil, []byte("two")); !errors.Is(err, bus.ErrNotStored) {
		t.Errorf("%v; want that it was not stored", err)
	}
}

// TestBoundPublishersAreTold tells the events of publishers that speak for one firm from
// those of CaseHug's services; handlers see the subject that was published.
func TestBoundPublishersAreTold(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	_, two := dial(t, b, f2)
	_, all := dial(t, b, nats.UserInfo("all", "right"))
	for _, js := range []jetstream.JetStream{two, all} {
		m := &nats.Msg{Subject: "casehug.f2.matter.created", Header: nats.Header{bus.MetaBound: {"false"}}}
		if _, err := js.PublishMsg(brief(t), m); err != nil {
			t.Fatal(err)
		}
	}
	sub, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: b.Durable})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	messages, err := sub.Subscribe(t.Context(), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"true", "false"} {
		m := <-messages
		if m.Metadata.Get(bus.MetaBound) != want || m.Metadata.Get(bus.MetaSubject) != "casehug.f2.matter.created" {
			t.Errorf("%v; want bound %s", m.Metadata, want)
		}
		m.Ack()
	}
	if subject, _, err := b.InboxMessage(brief(t), 1); err != nil || subject != "casehug.f2.matter.created" {
		t.Errorf("%s, %v", subject, err)
	}
}
