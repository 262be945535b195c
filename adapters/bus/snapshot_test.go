package bus_test

import (
	"bytes"
	"log/slog"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestARestoredBusHasWhatTheSnapshotsHad restores the streams of one engine in another folder: the
// secrets, documents and messages are there, and what was not taken in at the time of the backup is
// delivered, although it was acknowledged before the snapshot of the messages.
func TestARestoredBusHasWhatTheSnapshotsHad(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	for _, body := range []string{"first", "second", "third"} {
		say(t, b, "casehug.f1.matter.created", body)
	}
	if _, err := b.JetStream().Publish(brief(t), "sync.f1.matter.synced", []byte("news")); err != nil {
		t.Fatal(err)
	}
	kv, err := b.KeyValue(brief(t), bus.Tokens)
	if err == nil {
		_, err = kv.Put(brief(t), "token.f1", []byte("sealed"))
	}
	if err != nil {
		t.Fatal(err)
	}
	documents, err := b.JetStream().ObjectStore(brief(t), bus.Documents)
	if err == nil {
		_, err = documents.PutBytes(brief(t), "d_1", bytes.Repeat([]byte("page "), 100_000))
	}
	if err != nil {
		t.Fatal(err)
	}
	takeIn(t, b, 1)
	floors, err := bus.SnapshotsOf(b).Floors(brief(t))
	if err != nil {
		t.Fatal(err)
	}
	takeIn(t, b, 2)
	snapshots := map[string]*bytes.Buffer{}
	for _, stream := range slices.Concat(bus.SnapshotsBeforeLedger(), bus.SnapshotsAfterLedger()) {
		snapshots[stream] = &bytes.Buffer{}
		if err := bus.SnapshotsOf(b).Take(brief(t), stream, snapshots[stream]); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, b)

	dir := t.TempDir()
	bare, err := bus.OpenBare(brief(t), bus.Config{Listen: "off", DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for stream, snapshot := range snapshots {
		if err := bus.SnapshotsOf(bare).Restore(brief(t), stream, snapshot); err != nil {
			t.Fatal(err)
		}
	}
	if err := bus.SnapshotsOf(bare).DeliverAfter(brief(t), floors); err != nil {
		t.Fatal(err)
	}
	shut(t, bare)

	b = open(t, func(c *bus.Config) { quiet(c); c.DataDir = dir })
	messages := subscribeTo(t, subscriber(t, bus.SubscriberConfig{Bind: b.Durable}), bus.Intake)
	came := map[string]bool{}
	for !came["third"] { // the first one may come again
		m := receive(t, messages)
		came[string(m.Payload)] = true
		m.Ack()
	}
	if !came["second"] {
		t.Errorf("delivered were %v, want the second one too", came)
	}
	if kv, err = b.KeyValue(brief(t), bus.Tokens); err != nil {
		t.Fatal(err)
	}
	if e, err := kv.Get(brief(t), "token.f1"); err != nil || string(e.Value()) != "sealed" {
		t.Errorf("the secret is %v, %v", e, err)
	}
	if documents, err = b.JetStream().ObjectStore(brief(t), bus.Documents); err != nil {
		t.Fatal(err)
	}
	if text, err := documents.GetBytes(brief(t), "d_1"); err != nil || len(text) != 500_000 {
		t.Errorf("the document has %d bytes, %v", len(text), err)
	}
	say(t, b, "casehug.f1.matter.created", "fourth")
	if _, body, err := b.InboxMessage(brief(t), 4); err != nil || string(body) != "fourth" {
		t.Errorf("message 4 is %q, %v", body, err)
	}
}

// takeIn acknowledges so many messages of the intake.
func takeIn(t *testing.T, b *bus.Bus, n int) {
	t.Helper()
	cons, err := b.Durable(brief(t), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		if err := m.DoubleAck(brief(t)); err != nil {
			t.Fatal(err)
		}
	}
}
