package syncing_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// BenchmarkIntake measures how fast events of matters are taken in: of each matter first that it was made, then a document's approval.
func BenchmarkIntake(b *testing.B) {
	for name, open := range map[string]func(*testing.B) eventstore.Store{"bolt": boltLedger, "jetstream": jetStreamLedger} {
		for _, lanes := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/lanes=%d", name, lanes), func(b *testing.B) {
				intake := syncing.Intake{Ledger: open(b), Now: time.Now}
				var next atomic.Int64
				var wg sync.WaitGroup
				b.ResetTimer()
				for range lanes {
					wg.Go(func() {
						for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
							takeInTwo(b, intake, n)
						}
					})
				}
				wg.Wait()
				b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

func takeInTwo(b *testing.B, intake syncing.Intake, n int64) {
	m := numbered(int(n), maria())
	d := domain.DocumentData{ID: domain.DocumentID(fmt.Sprint("d_", n)), Matter: m.ID, FileName: "Signed retainer.pdf", ContentType: "application/pdf",
		Content: domain.Content{Object: fmt.Sprint("casehug-documents/d_", n)}, Folder: "Intake"}
	for _, e := range []domain.CaseHugEvent{under(fmt.Sprint("made-", n), created(m)), under(fmt.Sprint("approved-", n), approved(d))} {
		if err := intake.TakeIn(b.Context(), e); err != nil {
			b.Error(err)
		}
	}
}

func boltLedger(b *testing.B) eventstore.Store {
	s, err := eventstore.OpenBolt(filepath.Join(b.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// jetStreamLedger is a ledger in a server of this process that syncs each write.
func jetStreamLedger(b *testing.B) eventstore.Store {
	srv, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: b.TempDir(), SyncAlways: true, NoSigs: true})
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
	s, err := eventstore.OpenJetStream(b.Context(), js, eventstore.JetStreamConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}
