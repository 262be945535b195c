package bus_test

import (
	"errors"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

func TestPublishStoresOncePerID(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	for range 2 {
		if err := b.Publish(brief(t), "sync.f1.matter.synced", "engine/1", map[string]string{"content-type": "application/cloudevents+json"}, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	say(t, b, "sync.f1.matter.synced", "no id")
	say(t, b, "sync.f1.matter.synced", "no id")
	stream, err := b.JetStream().Stream(brief(t), bus.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 3 {
		t.Errorf("%d messages stored; want 3", n)
	}
	m, err := stream.GetMsg(brief(t), 1)
	if err != nil || m.Header.Get("content-type") != "application/cloudevents+json" || m.Header.Get(nats.MsgIdHdr) != "engine/1" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestPublishOutsideTheStreamsFails(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	if err := b.Publish(brief(t), "elsewhere", "", nil, nil); err == nil {
		t.Error("it is acknowledged by nobody")
	}
}

func TestPublisherWritesHeaders(t *testing.T) {
	t.Parallel()
	b := open(t, quiet)
	pub, err := bus.NewPublisher(b.Conn(), bus.NewLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	plain := message.NewMessage("engine/1", []byte("{}"))
	plain.Metadata = message.Metadata{"content-type": "application/cloudevents+json", bus.MetaSeq: "7", bus.MetaSubject: "x"}
	named := message.NewMessage("uuid", []byte("{}"))
	named.Metadata.Set(nats.MsgIdHdr, "engine/2")
	if err := pub.Publish("sync.f1.matter.synced", plain, named, plain.Copy()); err != nil {
		t.Fatal(err)
	}
	stream, err := b.JetStream().Stream(brief(t), bus.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 2 {
		t.Errorf("%d messages stored; want 2", n)
	}
	for seq, id := range map[uint64]string{1: "engine/1", 2: "engine/2"} {
		m, err := stream.GetMsg(brief(t), seq)
		if err != nil || m.Header.Get(nats.MsgIdHdr) != id || m.Header.Get(bus.MetaSeq) != "" || m.Header.Get(bus.MetaSubject) != "" {
			t.Errorf("%d: %+v, %v", seq, m, err)
		}
	}
	if err := pub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := pub.Publish("sync.f1.matter.synced", plain); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	say(t, b, "sync.f1.matter.synced", "the connection goes on")
}
