package eventstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// appendable is what the benchmark of appends needs of a store.
type appendable func(c Commit) (Head, error)

// BenchmarkAppend measures durable appends of one event of half a kilobyte. The raw
// file, with the same group commit and one fdatasync a group, is the yardstick: ratio
// is a store's rate divided by the file's in the same run.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		var yardstick float64 // seconds of one append
		for _, s := range []struct {
			name string
			open func(*testing.B) appendable
		}{{"file", rawFile}, {"bolt", benchBolt}, {"jetstream", benchJetStream}} {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, s.name), func(b *testing.B) {
				write := s.open(b)
				b.ResetTimer()
				appendBy(b, writers, write)
				b.StopTimer()
				each := b.Elapsed().Seconds() / float64(b.N)
				if s.name == "file" {
					yardstick = each
				}
				b.ReportMetric(1/each, "events/s")
				b.ReportMetric(yardstick/each, "ratio")
			})
		}
	}
}

// appendBy spreads b.N appends over writers, each with a stream of its own.
func appendBy(b *testing.B, writers int, write appendable) {
	event := domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", 480))}
	var done atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			var head Head
			stream := domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", w)))
			for done.Add(1) <= int64(b.N) {
				next, err := write(Commit{Stream: stream, Last: head, At: time.Unix(1, 0), Events: []domain.Event{event}})
				if err != nil {
					b.Error(err)
					return
				}
				head = next
			}
		})
	}
	wg.Wait()
}

func rawFile(b *testing.B) appendable {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	a := startAppender(boltGroup, nil, func(group []*pending) {
		var page []byte
		for _, p := range group {
			page = append(page, encodeRecord(p.parts[0].records[0], 0)...)
		}
		_, err := f.Write(page)
		if err == nil {
			err = datasync(f)
		}
		for _, p := range group {
			p.settle(lastOf(p.own().records, 1), err)
		}
	})
	b.Cleanup(func() { a.close(); f.Close() })
	return func(c Commit) (Head, error) { return a.append(b.Context(), c) }
}

func benchBolt(b *testing.B) appendable {
	s, err := OpenBolt(filepath.Join(b.TempDir(), "ledger.db"), BoltOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return func(c Commit) (Head, error) { return s.Append(b.Context(), c) }
}

func benchJetStream(b *testing.B) appendable {
	s := newJetStream(b)
	return func(c Commit) (Head, error) { return s.Append(b.Context(), c) }
}

// newJetStream is a ledger in a server of this process that syncs each write.
func newJetStream(b *testing.B) *JetStream {
	srv, err := server.NewServer(&server.Options{
		DontListen: true, JetStream: true, StoreDir: b.TempDir(), SyncAlways: true, NoSigs: true})
	if err != nil {
		b.Fatal(err)
	}
	srv.Start()
	b.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		b.Fatal("the NATS server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	s, err := OpenJetStream(b.Context(), js, JetStreamConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkCommitOfThree measures a commit of several events, which JetStream needs an
// atomic batch for.
func BenchmarkCommitOfThree(b *testing.B) {
	for name, open := range map[string]func(*testing.B) appendable{"bolt": benchBolt, "jetstream": benchJetStream} {
		b.Run(name, func(b *testing.B) {
			write := open(b)
			var head Head
			event := domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", 480))}
			for b.Loop() {
				next, err := write(Commit{Stream: domain.MatterStream("f_1", "m_1"), Last: head, At: time.Unix(1, 0),
					Events: []domain.Event{event, event, event}})
				if err != nil {
					b.Fatal(err)
				}
				head = next
			}
		})
	}
}

// stores are both kinds of ledger, for the benchmarks that read.
var stores = map[string]func(*testing.B) Store{
	"bolt": func(b *testing.B) Store {
		s, err := OpenBolt(filepath.Join(b.TempDir(), "ledger.db"), BoltOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	},
	"jetstream": func(b *testing.B) Store { return newJetStream(b) },
}

// fill writes streams of n events each.
func fill(b *testing.B, s Store, streams, n int) {
	b.Helper()
	events := make([]domain.Event, n)
	for i := range events {
		events[i] = domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", 480))}
	}
	for m := range streams {
		_, err := s.Append(b.Context(), Commit{Stream: nth(m), At: time.Unix(1, 0), Events: events})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func nth(m int) domain.Stream {
	return domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", m)))
}

// BenchmarkRead measures loading one stream of a usual length.
func BenchmarkRead(b *testing.B) {
	for name, open := range stores {
		for _, length := range []int{1, 10, 40} {
			b.Run(fmt.Sprintf("%s/events=%d", name, length), func(b *testing.B) {
				s := open(b)
				fill(b, s, 100, length)
				m := 0
				for b.Loop() {
					n := 0
					for _, err := range s.Read(b.Context(), nth(m%100)) {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != length {
						b.Fatalf("read %d events of %d", n, length)
					}
					m++
				}
			})
		}
	}
}

// BenchmarkReplay measures the replay of a whole log.
func BenchmarkReplay(b *testing.B) {
	const streams, length = 200, 100
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			fill(b, s, streams, length)
			for b.Loop() {
				n := 0
				for _, err := range s.Tail(b.Context(), 0) {
					if err != nil {
						b.Fatal(err)
					}
					if n++; n == streams*length {
						break
					}
				}
			}
			b.ReportMetric(float64(b.N)*streams*length/b.Elapsed().Seconds(), "events/s")
		})
	}
}
