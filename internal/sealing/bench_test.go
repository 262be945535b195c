package sealing

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// benched is a ledger of either kind.
type benched interface {
	eventstore.Source
	Close() error
}

// kinds are both kinds of ledger. Without keys what it is told is not sealed.
var kinds = map[string]func(b *testing.B, sealed bool) benched{
	"bolt": func(b *testing.B, sealed bool) benched {
		dir := b.TempDir()
		o := eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)}
		if sealed {
			keys := openKeys(b, dir)
			b.Cleanup(func() { _ = keys.Close() })
			o.Seals = &Sealer{Keys: keys}
		}
		l, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), o)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = l.Close() })
		return l
	},
	"jetstream": func(b *testing.B, sealed bool) benched {
		c := startCluster(b)
		if !sealed {
			return c.ledger(b, nil)
		}
		return c.ledger(b, &Sealer{Keys: c.engine(b).Keys})
	},
}

// ratio measures both forms of each kind of ledger in turns, and reports the sealed one's speed as a part
// of the other's. run returns how many events it has written or read.
func ratio(b *testing.B, prepare func(b *testing.B, l benched), run func(b *testing.B, l benched, round int) int) {
	for _, kind := range []string{"bolt", "jetstream"} {
		b.Run(kind, func(b *testing.B) {
			var took [2]time.Duration
			var events [2]int
			ledgers := []benched{kinds[kind](b, false), kinds[kind](b, true)}
			for _, l := range ledgers {
				prepare(b, l)
			}
			for round := 0; b.Loop(); round++ {
				for i := range ledgers {
					form := (i + round) % 2 // whichever comes first finds the disk at rest
					began := time.Now()
					events[form] += run(b, ledgers[form], round)
					took[form] += time.Since(began)
				}
			}
			plain, sealed := float64(events[0])/took[0].Seconds(), float64(events[1])/took[1].Seconds()
			b.ReportMetric(plain, "plain-events/s")
			b.ReportMetric(sealed, "sealed-events/s")
			b.ReportMetric(sealed/plain, "ratio")
		})
	}
}

// tell appends what CaseHug and a sync say of a matter that nobody has heard of.
func tell(b *testing.B, l benched, n int) {
	id := domain.MatterID(fmt.Sprintf("m_%d", n))
	m := rivera
	m.Matter.ID, m.Matter.Client.ID, m.Matter.OtherClients = id, domain.ClientID(fmt.Sprintf("c_%d", n)), nil
	last := eventstore.Head{}
	for _, events := range [][]domain.Event{{m, domain.SyncRequested{Sync: "s_1", Title: m.Matter.Title}}, {domain.SyncStarted{Sync: "s_1", Attempt: 1, Title: m.Matter.Title}},
		{domain.MatterCreationStarted{Sync: "s_1", Request: "r_1", Sent: domain.MatterDraft{Description: m.Matter.Title, Number: "CH-1"}}},
		{domain.MatterAccepted{Sync: "s_1", Matter: "sb", Sent: domain.MatterDraft{Description: m.Matter.Title, Number: "CH-1"}}}, {domain.SyncConfirming{Sync: "s_1"}}, {domain.SyncSucceeded{Sync: "s_1"}}} {
		var err error
		if last, err = l.Append(b.Context(), eventstore.Commit{Stream: domain.MatterStream("f_1", id), Last: last, At: time.Unix(1, 0), Events: events}); err != nil {
			b.Error(err)
			return
		}
	}
}

// BenchmarkSync appends the events of new matters' first syncs, 64 matters at once.
func BenchmarkSync(b *testing.B) {
	const matters, atOnce = 512, 64
	ratio(b, func(*testing.B, benched) {}, func(b *testing.B, l benched, round int) int {
		var next atomic.Int64
		var all sync.WaitGroup
		for range atOnce {
			all.Go(func() {
				for n := int(next.Add(1)); n <= matters; n = int(next.Add(1)) {
					tell(b, l, round*matters+n)
				}
			})
		}
		all.Wait()
		return 7 * matters
	})
}

// BenchmarkReplay reads and decodes a ledger from its first event on, as the views do.
func BenchmarkReplay(b *testing.B) {
	const matters = 200
	prepare := func(b *testing.B, l benched) {
		for n := range matters {
			tell(b, l, n)
		}
	}
	ratio(b, prepare, func(b *testing.B, l benched, _ int) int {
		end, err := l.Last(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for env, err := range l.Tail(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			if env.Seq >= end {
				break
			}
		}
		return int(end)
	})
}
