//go:build unix

package bus_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// BenchmarkFiles compares a bus of plain text with an encrypted one: events one at a time, events in
// flight, and documents that are put and read. CPU time says more than the time of a loaded machine.
func BenchmarkFiles(b *testing.B) {
	for _, work := range []struct {
		name  string
		bytes int
		do    func(*testing.B, *bus.Bus)
	}{
		{"event", 0, publishEach},
		{"events", 0, publishMany},
		{"document 20 MB", 20 << 20, func(b *testing.B, s *bus.Bus) { putAndRead(b, s, 20<<20) }},
		{"document 100 MB", 100 << 20, func(b *testing.B, s *bus.Bus) { putAndRead(b, s, 100<<20) }},
	} {
		for _, kind := range []struct {
			name string
			key  []byte
		}{{"plain", nil}, {"encrypted", busKey}} {
			b.Run(work.name+"/"+kind.name, func(b *testing.B) {
				server := open(b, quiet, func(c *bus.Config) { c.Key = kind.key })
				b.SetBytes(int64(work.bytes))
				began := cpu(b)
				for b.Loop() {
					work.do(b, server)
				}
				b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "µs-CPU/op")
			})
		}
	}
}

// cpu is the time that the process has worked.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var event = bytes.Repeat([]byte("e"), 1000)

func publishEach(b *testing.B, s *bus.Bus) {
	if _, err := s.JetStream().Publish(b.Context(), "casehug.f1.matter.created", event); err != nil {
		b.Fatal(err)
	}
}

func publishMany(b *testing.B, s *bus.Bus) {
	for range 1000 {
		if _, err := s.JetStream().PublishAsync("casehug.f1.matter.created", event); err != nil {
			b.Fatal(err)
		}
	}
	<-s.JetStream().PublishAsyncComplete()
}

func putAndRead(b *testing.B, s *bus.Bus, size int) {
	store, err := s.JetStream().ObjectStore(b.Context(), bus.Documents)
	if err != nil {
		b.Fatal(err)
	}
	name := fmt.Sprintf("f1/%d", time.Now().UnixNano())
	if _, err := store.Put(b.Context(), jetstream.ObjectMeta{Name: name}, bytes.NewReader(make([]byte, size))); err != nil {
		b.Fatal(err)
	}
	if _, err := store.GetBytes(b.Context(), name); err != nil {
		b.Fatal(err)
	}
	if err := store.Delete(b.Context(), name); err != nil {
		b.Fatal(err)
	}
}
