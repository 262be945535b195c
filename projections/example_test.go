package projections_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// The views follow a ledger. A reader waits for the position that it wants to see included.
func ExampleViews() {
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		panic(err)
	}
	defer ledger.Close()
	views, err := projections.Open(filepath.Join(dir, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		panic(err)
	}
	defer views.Close()

	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- views.Run(ctx, ledger) }()

	head, err := ledger.Append(ctx, eventstore.Commit{Stream: domain.MatterStream("f_oak", "m_1"), At: time.Now(), Events: []domain.Event{
		domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1, Title: "Rivera v. Apex Freight"}},
		domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual},
	}})
	if err != nil {
		panic(err)
	}
	if err := views.Wait(ctx, uint64(head.Seq)); err != nil {
		panic(err)
	}
	entry, ok, err := views.Syncs.Sync("f_oak", "s_1")
	fmt.Println("the sync of", entry.Matter, "is", entry.Status, ok, err)
	fmt.Println("due:", len(views.Work.Due()))
	stop()
	fmt.Println(<-done)
	// Output:
	// the sync of m_1 is queued true <nil>
	// due: 1
	// <nil>
}

// A view is a value: which rows an event changes, and what a row is after it.
func ExampleView() {
	titles := projections.View[string]{Name: "titles", Version: 1,
		Keys: func(env eventstore.Envelope) []string {
			switch env.Event.(type) {
			case domain.MatterCreated, domain.MatterUpdated:
				return []string{env.Stream.ID}
			}
			return nil
		},
		Fold: func(title string, env eventstore.Envelope) string {
			switch e := env.Event.(type) {
			case domain.MatterCreated:
				return e.Matter.Title
			case domain.MatterUpdated:
				return e.Matter.Title
			}
			return title
		},
	}
	rows := map[string]string{}
	for _, e := range []domain.Event{
		domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Title: "Rivera"}},
		domain.SyncRequested{Sync: "s_1"},
		domain.MatterUpdated{Matter: domain.MatterData{ID: "m_1", Title: "Rivera v. Apex Freight"}},
	} {
		env := eventstore.Envelope{Stream: domain.MatterStream("f_oak", "m_1"), Event: e}
		for _, key := range titles.Keys(env) {
			rows[key] = titles.Fold(rows[key], env)
		}
	}
	fmt.Println(rows)
	// Output: map[m_1:Rivera v. Apex Freight]
}
