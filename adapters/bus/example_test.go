package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// A subscriber delivers the messages of one key one at a time, until each is acknowledged.
func ExampleNewSubscriber() {
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	b, err := bus.Open(ctx, bus.Config{DataDir: dir, Listen: "off", Logger: quiet}) // an embedded server
	if err != nil {
		panic(err)
	}
	defer b.Close(ctx)
	s, err := bus.NewSubscriber(bus.SubscriberConfig{Bind: b.Durable, Logger: quiet})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	messages, err := s.Subscribe(ctx, bus.Intake)
	if err != nil {
		panic(err)
	}
	for _, version := range []string{"version 1", "version 2"} { // of one subject, and so of one key
		if err := b.Publish(ctx, "casehug.f_oak.matter.updated", "/example/"+version, nil, []byte(version)); err != nil {
			panic(err)
		}
	}
	for range 2 {
		m := <-messages
		fmt.Println(m.Metadata.Get(bus.MetaSubject), string(m.Payload))
		m.Ack() // after its facts are on disk
	}
	// Output:
	// casehug.f_oak.matter.updated version 1
	// casehug.f_oak.matter.updated version 2
}
