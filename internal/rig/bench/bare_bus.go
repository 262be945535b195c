package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bareBus is embedded JetStream alone, as durable as the engine's: a peer.
type bareBus struct {
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	inbox  jetstream.Stream
	taker  jetstream.Consumer
}

// openBareBus opens it on a folder, with one stream and one durable consumer.
func openBareBus(ctx context.Context, dir string) (*bareBus, error) { return openBus(ctx, dir, true) }

// openBus opens it; durable: an acknowledgement means that the message is on disk.
func openBus(ctx context.Context, dir string, durable bool) (b *bareBus, err error) {
	b = &bareBus{}
	if b.server, err = server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, SyncAlways: durable, NoSigs: true}); err != nil {
		return nil, err
	}
	b.server.Start()
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if !b.server.ReadyForConnections(30 * time.Second) {
		return nil, errors.New("the bare NATS server does not start")
	}
	if b.conn, err = nats.Connect("", nats.InProcessServer(b.server)); err != nil {
		return nil, err
	}
	if b.js, err = jetstream.New(b.conn, jetstream.WithPublishAsyncMaxPending(1024)); err != nil {
		return nil, err
	}
	if b.inbox, err = b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "INBOX", Subjects: []string{"casehug.>", "smokeball.>"}, Storage: jetstream.FileStorage}); err != nil {
		return nil, err
	}
	b.taker, err = b.js.CreateOrUpdateConsumer(ctx, "INBOX", jetstream.ConsumerConfig{Durable: "taker", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 256})
	return b, err
}

func (b *bareBus) close() {
	if b.conn != nil {
		b.conn.Close()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
}
