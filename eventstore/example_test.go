package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// versions is an aggregate: the newest version of a matter.
type versions struct{ newest int }

func (v versions) Apply(e domain.Event, _ time.Time) versions {
	switch e := e.(type) {
	case domain.MatterCreated:
		v.newest = e.Matter.Version
	case domain.MatterUpdated:
		v.newest = e.Matter.Version
	}
	return v
}

// observe decides what a version of the matter means: one that is known means nothing.
func observe(version int) func(versions) ([]domain.Event, error) {
	return func(v versions) ([]domain.Event, error) {
		if version <= v.newest {
			return nil, nil
		}
		return []domain.Event{domain.MatterUpdated{Matter: domain.MatterData{ID: "m_1", Version: version}}}, nil
	}
}

// Execute loads an aggregate, decides, and appends with the version that it has seen.
func ExampleExecute() {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		panic(err)
	}
	defer ledger.Close()
	stream := domain.MatterStream("f_oak", "m_1")
	for _, version := range []int{1, 2, 2, 1} {
		v, head, err := eventstore.Execute(context.Background(), ledger, time.Now, stream, observe(version))
		fmt.Println("version", version, "→ newest", v.newest, "at position", head.Seq, err)
	}
	// Output:
	// version 1 → newest 1 at position 1 <nil>
	// version 2 → newest 2 at position 2 <nil>
	// version 2 → newest 2 at position 2 <nil>
	// version 1 → newest 2 at position 2 <nil>
}

// A commit carries the head that its writer has seen: whoever comes second has to read again.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	bolt, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		panic(err)
	}
	defer bolt.Close()

	var ledger eventstore.Store = bolt
	stream := domain.MatterStream("f_oak", "m_1")
	seen := eventstore.Head{} // the stream is empty
	for _, writer := range []string{"this engine", "another engine"} {
		_, err := ledger.Append(context.Background(), eventstore.Commit{Stream: stream, Last: seen, At: time.Now(),
			Events: []domain.Event{domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1}}}})
		fmt.Println(writer, "conflicts:", errors.Is(err, eventstore.ErrConflict))
	}
	for env, err := range ledger.Read(context.Background(), stream) {
		fmt.Println(env.Version, env.Event.EventName(), err)
	}
	// Output:
	// this engine conflicts: false
	// another engine conflicts: true
	// 1 matter.created.v1 <nil>
}
