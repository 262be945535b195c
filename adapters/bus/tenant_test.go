package bus_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// dial connects over TCP, as others do.
func dial(t testing.TB, b *bus.Bus, opts ...nats.Option) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	opts = append([]nats.Option{nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})}, opts...)
	conn, err := bus.Dial(b.ClientURL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

func brief(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// say publishes in the engine's name.
func say(t testing.TB, b *bus.Bus, subject, data string) {
	t.Helper()
	if err := b.Publish(brief(t), subject, "", nil, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestTenantPublishesWithAcknowledgement(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, js := dial(t, b)
	for i := range uint64(2) { // the ledger knows an event that comes twice, the bus does not judge
		ack, err := js.Publish(brief(t), "casehug.f1.matter.created", []byte("{}"), jetstream.WithMsgID("src/1"))
		if err != nil {
			t.Fatal(err)
		}
		if ack.Stream != bus.Inbox || ack.Sequence != i+1 || ack.Duplicate {
			t.Errorf("publish %d: acknowledged %+v", i, ack)
		}
	}
}

func TestTenantHearsSyncEventsOnCoreNATS(t *testing.T) {
	t.Parallel()
	b := open(t)
	conn, _ := dial(t, b)
	sub, err := conn.SubscribeSync("sync.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.FlushWithContext(brief(t)); err != nil {
		t.Fatal(err)
	}
	say(t, b, "sync.f1.matter.synced", "one")
	m, err := sub.NextMsgWithContext(brief(t))
	if err != nil || string(m.Data) != "one" || m.Subject != "sync.f1.matter.synced" {
		t.Fatalf("%v, %v", m, err)
	}
}

func TestTenantPullsFromTheOutbox(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, js := dial(t, b)
	say(t, b, "sync.f1.matter.synced", "one")
	say(t, b, "sync.f1.matter.synced", "two")
	for name, config := range map[string]jetstream.ConsumerConfig{
		"durable":   {Durable: "casehug-api", AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: "sync.>"},
		"ephemeral": {AckPolicy: jetstream.AckExplicitPolicy},
		"filters":   {AckPolicy: jetstream.AckExplicitPolicy, FilterSubjects: []string{"sync.f1.>", "sync.f2.>"}, Metadata: map[string]string{"mine": "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			cons, err := js.CreateOrUpdateConsumer(brief(t), bus.Outbox, config)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"one", "two"} {
				m, err := cons.Next()
				if err != nil || string(m.Data()) != want {
					t.Fatalf("%v, %v; want %s", m, err, want)
				}
				if err := m.DoubleAck(brief(t)); err != nil {
					t.Fatal(err)
				}
			}
			info, err := cons.Info(brief(t))
			if err != nil || info.NumAckPending != 0 || info.AckFloor.Stream != 2 {
				t.Errorf("%+v, %v; want all acknowledged", info, err)
			}
			if info.Config.Metadata["engine.guest"] != "" || info.Config.Metadata["mine"] != config.Metadata["mine"] {
				t.Errorf("metadata %v", info.Config.Metadata)
			}
		})
	}
	if err := js.DeleteConsumer(brief(t), bus.Outbox, "casehug-api"); err != nil {
		t.Error(err)
	}
}

func TestTenantReadsInOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, js := dial(t, b)
	for range 300 {
		say(t, b, "sync.f1.matter.synced", "x")
	}
	cons, err := js.OrderedConsumer(brief(t), bus.Outbox, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	iter, err := cons.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer iter.Stop()
	for seq := uint64(1); seq <= 300; seq++ {
		m, err := iter.Next(jetstream.NextContext(brief(t)))
		if err != nil {
			t.Fatal(err)
		}
		if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream != seq {
			t.Fatalf("%+v, %v; want %d", meta, err, seq)
		}
	}
}

// The older client's push consumers: durable, and ordered with flow control.
func TestTenantIsPushedTo(t *testing.T) {
	t.Parallel()
	b := open(t)
	conn, _ := dial(t, b)
	js, err := conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	big := string(bytes.Repeat([]byte("x"), 60_000))
	for range 200 {
		say(t, b, "sync.f1.matter.synced", big)
	}
	for name, opts := range map[string][]nats.SubOpt{
		"ordered": {nats.OrderedConsumer()},
		"durable": {nats.Durable("pushed"), nats.AckExplicit()},
	} {
		t.Run(name, func(t *testing.T) {
			sub, err := js.SubscribeSync("sync.>", opts...)
			if err != nil {
				t.Fatal(err)
			}
			for range 200 {
				m, err := sub.NextMsg(10 * time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if name == "durable" {
					if err := m.AckSync(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if info, err := sub.ConsumerInfo(); err != nil || info.NumPending != 0 {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
}

func TestTenantPutsDocuments(t *testing.T) {
	b := open(t)
	_, js := dial(t, b)
	store, err := js.ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MB
	for _, content := range [][]byte{[]byte("first"), large, []byte("third"), {}} {
		put, err := store.PutBytes(brief(t), "d_9", content)
		if err != nil {
			t.Fatalf("put %d bytes: %v", len(content), err)
		}
		r, err := b.Object(brief(t), domain.ObjectQuestion{Firm: "f_1", Vouched: true}, bus.Documents, "d_9")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) || r.Size != int64(len(content)) || r.Digest != put.Digest {
			t.Fatalf("got %d bytes, size %d, digest %s, %v; want %d, %s", len(got), r.Size, r.Digest, err, len(content), put.Digest)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	stream, err := b.JetStream().Stream(brief(t), "OBJ_"+bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 1 {
		t.Errorf("the bucket keeps %d messages of what was replaced; want the entry alone", n)
	}
}

func TestObjectThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := open(t, func(c *bus.Config) { c.Listen = "off" })
	for _, bucket := range []string{bus.Documents, "elsewhere", "bad bucket"} {
		if _, err := b.Object(brief(t), domain.ObjectQuestion{Firm: "f_1", Vouched: true}, bucket, "d_404"); !errors.Is(err, bus.ErrNoObject) {
			t.Errorf("%s: %v", bucket, err)
		}
	}
}

func TestTenantPutsALargeDocument(t *testing.T) {
	b := open(t)
	_, js := dial(t, b)
	store, err := js.ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // the disk may be slow
	defer cancel()
	const size = 100 << 20
	info, err := store.Put(ctx, jetstream.ObjectMeta{Name: "d_scans"}, io.LimitReader(zeros{}, size))
	if err != nil || info.Size != size {
		t.Errorf("put of %d bytes: %+v, %v", size, info, err)
	}
}

// zeros are bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
