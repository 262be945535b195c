package bus_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// fill publishes until there is no room and returns how many messages went in.
func fill(t *testing.T, b *bus.Bus, subject string) int {
	t.Helper()
	for n := range 100_000 {
		err := b.Publish(brief(t), subject, "", nil, make([]byte, 16<<10))
		if errors.Is(err, bus.ErrFull) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("it takes all")
	return 0
}

func small(c *bus.Config) { c.Room = 1 << 20 }

func makeRoom(t *testing.T, b *bus.Bus) {
	t.Helper()
	if err := b.MakeRoom(brief(t)); err != nil {
		t.Fatal(err)
	}
}

// TestTheInboxHasALargestSize fills the stream: nothing that was not taken in goes, the
// publisher is told, and what was taken in makes room.
func TestTheInboxHasALargestSize(t *testing.T) {
	t.Parallel()
	b := open(t, small)
	n := fill(t, b, "casehug.f1.matter.created")
	makeRoom(t, b)
	stream, err := b.JetStream().Stream(brief(t), bus.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Msgs; got != uint64(n) {
		t.Fatalf("%d of %d messages are left, and none was taken in", got, n)
	}
	tenant, err := bus.Dial(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	js, err := jetstream.New(tenant)
	if err != nil {
		t.Fatal(err)
	}
	api := new(jetstream.APIError)
	if _, err := js.Publish(brief(t), "casehug.f1.matter.created", make([]byte, 16<<10), jetstream.WithRetryAttempts(0)); !errors.As(err, &api) || api.Description != "maximum bytes exceeded" {
		t.Errorf("a publisher on the bus gets %v", err)
	}
	cons, err := b.Durable(brief(t), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		m, err := cons.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.DoubleAck(brief(t)); err != nil {
			t.Fatal(err)
		}
	}
	makeRoom(t, b)
	if more := fill(t, b, "casehug.f1.matter.created"); more < n/2 {
		t.Errorf("only %d more fit after all %d were taken in", more, n)
	}
}

// TestNewsWaitsForCaseHugsServices lets a service read half of the engine's news, while one
// firm's consumer reads nothing.
func TestNewsWaitsForCaseHugsServices(t *testing.T) {
	t.Parallel()
	b := open(t, small)
	durable := func(name, filter string) jetstream.Consumer {
		cons, err := b.JetStream().CreateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: name, FilterSubject: filter, AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			t.Fatal(err)
		}
		return cons
	}
	service := durable("service", "sync.>")
	durable("f1", "sync.f1.>")
	n := fill(t, b, "sync.f1.matter.synced")
	for range n / 4 {
		m, err := service.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.DoubleAck(brief(t)); err != nil {
			t.Fatal(err)
		}
	}
	makeRoom(t, b)
	stream, err := b.JetStream().Stream(brief(t), bus.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	if first := stream.CachedInfo().State.FirstSeq; first != uint64(n/4+1) {
		t.Errorf("the stream begins at %d; the service has read %d", first, n/4)
	}
}

// TestStreamsOfAnEarlierVersionGetASize opens an embedded bus whose streams had none.
func TestStreamsOfAnEarlierVersionGetASize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, func(c *bus.Config) { c.DataDir = dir })
	say(t, b, "casehug.f1.matter.created", "{}")
	store, err := b.JetStream().ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutString(brief(t), "d_1", "retainer"); err != nil {
		t.Fatal(err)
	}
	names := []string{bus.Inbox, bus.Outbox, "OBJ_" + bus.Documents}
	for _, name := range names {
		stream, err := b.JetStream().Stream(brief(t), name)
		if err != nil {
			t.Fatal(err)
		}
		c := stream.CachedInfo().Config
		c.MaxBytes, c.Discard = -1, jetstream.DiscardOld
		if _, err := b.JetStream().UpdateStream(brief(t), c); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, b)
	b = open(t, func(c *bus.Config) { c.DataDir = dir })
	for _, name := range names {
		stream, err := b.JetStream().Stream(brief(t), name)
		if err != nil {
			t.Fatal(err)
		}
		i := stream.CachedInfo()
		if i.Config.MaxBytes < 8<<30 || i.Config.Discard != jetstream.DiscardNew || i.Config.MaxAge != 90*24*time.Hour || (i.State.Msgs > 0) == (name == bus.Outbox) {
			t.Errorf("%s is %+v %+v", name, i.Config, i.State)
		}
	}
}

// TestSizesOnAClusterAreTheOperators opens a bus over streams with and without a size, on a
// NATS server of its own.
func TestSizesOnAClusterAreTheOperators(t *testing.T) {
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
	if _, err := js.CreateStream(brief(t), jetstream.StreamConfig{Name: bus.Inbox, Subjects: []string{"casehug.>"}, MaxBytes: 1 << 20, AllowDirect: true}); err != nil {
		t.Fatal(err)
	}
	open(t, func(c *bus.Config) { *c = bus.Config{URL: s.ClientURL()} })
	for name, size := range map[string]int64{bus.Inbox: 1 << 20, bus.Outbox: -1, "OBJ_" + bus.Documents: -1} {
		stream, err := js.Stream(brief(t), name)
		if err != nil {
			t.Fatal(err)
		}
		if c := stream.CachedInfo().Config; c.MaxBytes != size || c.Discard != jetstream.DiscardNew {
			t.Errorf("%s is %+v", name, c)
		}
	}
}

// TestAFirmsTenantsFillTheirShareOnly publishes as one firm's tenant, while nothing is taken in,
// until it is refused: the other firm's events go in. After its own were taken in it goes on.
func TestAFirmsTenantsFillTheirShareOnly(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t, small)
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	_, two := dial(t, b, f2)
	publish := func(js jetstream.JetStream, firm string) error {
		_, err := js.Publish(brief(t), "casehug."+firm+".matter.created", make([]byte, 16<<10))
		return err
	}
	n, refused := 0, error(nil)
	for ; n < 100 && refused == nil; n++ {
		refused = publish(one, "f1")
	}
	if api := new(jetstream.APIError); !errors.As(refused, &api) || api.Code != 403 || n > 10 {
		t.Fatalf("after %d events: %v", n, refused)
	}
	if err := publish(two, "f2"); err != nil {
		t.Errorf("the other firm: %v", err)
	}
	cons, err := b.Durable(brief(t), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		m, err := cons.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.DoubleAck(brief(t)); err != nil {
			t.Fatal(err)
		}
	}
	makeRoom(t, b)
	makeRoom(t, b)
	if err := publish(one, "f1"); err != nil {
		t.Errorf("after all were taken in: %v", err)
	}
}
