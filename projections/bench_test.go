package projections_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// BenchmarkFold measures how fast all views are folded from an empty file. Reading and
// decoding the same ledger, in the same run, is the yardstick.
func BenchmarkFold(b *testing.B) {
	for _, kind := range []struct {
		name  string
		story func(n int) []domain.Event
	}{{"whole syncs", wholeMatter}, {"waiting syncs", waitingMatter}} {
		b.Run(kind.name, func(b *testing.B) {
			l, last := benchLedger(b, 100, 5000, kind.story)
			for b.Loop() {
				read := timed(b, func() { readAll(b, l, last) })
				fold := timed(b, func() { foldAll(b, l, last) })
				b.ReportMetric(float64(last)/read, "read/s")
				b.ReportMetric(float64(last)/fold, "fold/s")
				b.ReportMetric(read/fold, "ratio")
			}
		})
	}
}

func timed(b *testing.B, work func()) (seconds float64) {
	b.Helper()
	began := time.Now()
	work()
	return time.Since(began).Seconds()
}

func readAll(b *testing.B, l eventstore.Store, last eventstore.Seq) {
	b.Helper()
	for env, err := range l.Tail(b.Context(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		if env.Seq == last {
			return
		}
	}
}

func foldAll(b *testing.B, l eventstore.Store, last eventstore.Seq) {
	b.Helper()
	v, err := projections.Open(filepath.Join(b.TempDir(), "views.db"), &projections.MemoryKeys{})
	if err != nil {
		b.Fatal(err)
	}
	follow(b, v, l, uint64(last))
	if err := v.Close(); err != nil {
		b.Fatal(err)
	}
}

// follow runs the views until they have reached a position.
func follow(t testing.TB, v *projections.Views, l eventstore.Store, last uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx, l) }()
	err := v.Wait(t.Context(), last)
	cancel()
	if ran := <-ended; err != nil || ran != nil {
		t.Fatal(err, ran)
	}
}

// benchLedger has the stories of so many matters of so many firms, 64 of them at a time.
func benchLedger(t testing.TB, firms, matters int, story func(n int) []domain.Event) (*eventstore.Bolt, eventstore.Seq) {
	t.Helper()
	l, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var wg sync.WaitGroup
	for worker := range 64 {
		wg.Go(func() {
			for n := worker; n < matters; n += 64 {
				tellMatter(t, l, domain.FirmID(fmt.Sprintf("f_%d", n%firms)), n, story(n))
			}
		})
	}
	wg.Wait()
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l, last
}

func tellMatter(t testing.TB, l eventstore.Store, firm domain.FirmID, n int, story []domain.Event) {
	var head eventstore.Head
	for i, e := range story {
		next, err := l.Append(t.Context(), eventstore.Commit{Stream: domain.MatterStream(firm, domain.MatterID(fmt.Sprintf("m_%d", n))), Last: head,
			At: start.Add(time.Duration(n*20+i) * time.Second), Events: []domain.Event{e}})
		if err != nil {
			t.Error(err)
			return
		}
		head = next
	}
}

// wholeMatter is a matter with a document, synced to the end.
func wholeMatter(n int) []domain.Event {
	events := append([]domain.Event{created(), approved()}, wholeSync(domain.SyncID(fmt.Sprintf("s_%d", n)))...)
	for i, e := range events {
		events[i] = numbered(e, n)
	}
	return events
}

// numbered gives an event of the sample story ids of its own.
func numbered(e domain.Event, n int) domain.Event {
	id := func(s domain.SmokeballID) domain.SmokeballID { return domain.SmokeballID(fmt.Sprintf("%s-%d", s, n)) }
	switch e := e.(type) {
	case domain.MatterCreated:
		e.Matter.ID, e.Matter.Title = domain.MatterID(fmt.Sprintf("m_%d", n)), fmt.Sprintf("Rivera v. Apex Freight %d", n)
		e.Matter.Client.ID = domain.ClientID(fmt.Sprintf("c_%d", n))
		return e
	case domain.ContactResolved:
		e.Contact, e.Request = id(e.Contact), domain.RequestID(id("r-contact"))
		return e
	case domain.MatterCreationStarted:
		e.Request = domain.RequestID(id("r-matter"))
		return e
	case domain.MatterAccepted:
		e.Matter, e.Request = id(e.Matter), domain.RequestID(id("r-matter"))
		return e
	case domain.FileCreationStarted:
		e.Request = domain.RequestID(id("r-file"))
		return e
	case domain.FileAccepted:
		e.File, e.Request = id(e.File), domain.RequestID(id("r-file"))
		return e
	case domain.DocumentUploaded:
		e.File = id(e.File)
		return e
	case domain.MatterConfirmed:
		e.Matter, e.Request = id(e.Matter), domain.RequestID(id("r-matter"))
		return e
	case domain.ContactSeen:
		e.Contact = id(e.Contact)
		return e
	case domain.DocumentConfirmed:
		e.File = id(e.File)
		return e
	}
	return e
}

// waitingMatter is a matter whose sync waits for the firm's connection.
func waitingMatter(n int) []domain.Event {
	id := domain.SyncID(fmt.Sprintf("s_%d", n))
	return []domain.Event{numbered(created(), n), approved(), requested(id, domain.TriggerDocumentApproved), begun(id, 1),
		domain.SyncDeferred{Sync: id, Failure: notConnected}}
}

// entries is how many syncs the firm of BenchmarkHistory has.
var entries = flag.Int("entries", 100_000, "syncs of the firm of BenchmarkHistory")

// BenchmarkHistory measures what the slowest of a hundred questions takes about a firm with a
// long history, for every filter, on its first page and in the middle.
func BenchmarkHistory(b *testing.B) {
	v, err := projections.Open(filepath.Join(b.TempDir(), "views.db"), &projections.MemoryKeys{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { v.Close() })
	v.Careless()
	longHistory(b, v, *entries)
	middle := uint64(*entries / 2)
	day := start.Add(time.Duration(middle) * time.Second)
	for name, q := range map[string]projections.HistoryQuery{
		"all": {}, "middle": {Before: middle}, "status": {Status: []domain.Status{domain.Queued}}, "no status": {Status: []domain.Status{domain.Failed, domain.Waiting}},
		"status and trigger": {Status: []domain.Status{domain.Queued}, Trigger: domain.TriggerManual}, "no trigger": {Trigger: domain.TriggerRetry},
		"matter": {Matter: "m_777"}, "matter and status": {Matter: "m_777", Status: []domain.Status{domain.Queued}},
		"time": {From: day.Add(-time.Hour), To: day}, "no time": {To: start}, "text": {Text: "apex"}, "no text": {Text: "nowhere"},
		"text and status": {Text: "nowhere", Status: []domain.Status{domain.Queued}},
	} {
		b.Run(name, func(b *testing.B) {
			slowest(b, func() error { _, err := v.Syncs.History(oak, q); return err })
		})
	}
	b.Run("counts", func(b *testing.B) { slowest(b, func() error { _, err := v.Syncs.Counts(oak); return err }) })
	b.Run("matters", func(b *testing.B) {
		slowest(b, func() error {
			_, _, err := v.Matters.Matters(oak, projections.MatterQuery{Status: domain.Queued})
			return err
		})
	})
}

// slowest reports the slowest of a hundred questions.
func slowest(b *testing.B, ask func() error) {
	var most, all time.Duration
	for b.Loop() {
		most, all = 0, 0
		for range 100 {
			began := time.Now()
			if err := ask(); err != nil {
				b.Fatal(err)
			}
			took := time.Since(began)
			most, all = max(most, took), all+took
		}
	}
	b.ReportMetric(float64(most.Microseconds())/1000, "slowest-ms")
	b.ReportMetric(float64(all.Microseconds())/100_000, "mean-ms")
}
