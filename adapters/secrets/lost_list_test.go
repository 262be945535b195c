package secrets_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// deaf is a bucket whose lists never arrive, as after a change of leaders that lost the request.
type deaf struct{ jetstream.KeyValue }

type silence struct{ jetstream.KeyWatcher }

func (silence) Updates() <-chan jetstream.KeyValueEntry { return nil }
func (silence) Stop() error                             { return nil }

func (deaf) WatchAll(context.Context, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return silence{}, nil
}

type noKeys struct{ all chan string }

func (n noKeys) Keys() <-chan string { return n.all }
func (noKeys) Stop() error           { return nil }

func (deaf) ListKeysFiltered(ctx context.Context, _ ...string) (jetstream.KeyLister, error) {
	n := noKeys{make(chan string)}
	go func() { <-ctx.Done(); close(n.all) }()
	return n, nil
}

// TestAListThatIsLostIsNotWaitedFor: it is an error, which can be retried.
func TestAListThatIsLostIsNotWaitedFor(t *testing.T) {
	v, err := vault.Open(filepath.Join(t.TempDir(), "master-key.json"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		kept := secrets.New(v, deaf{})
		if _, err := kept.Lost(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("what is lost: %v", err)
		}
		if _, err := kept.Names(t.Context(), "token"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("names: %v", err)
		}
	})
}
