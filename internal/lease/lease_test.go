package lease_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/lease"
)

const life = 500 * time.Millisecond

func TestOneAtATimeAndTheNextAtOnce(t *testing.T) {
	kv := bucket(t)
	var now, most, terms atomic.Int32
	work := func(ctx context.Context) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		terms.Add(1)
		<-ctx.Done()
		now.Add(-1)
		return nil
	}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		began := terms.Load()
		for range 2 {
			wg.Go(func() { _ = claim(kv).Run(ctx, work) })
		}
		until(t, func() bool { return terms.Load() > began })
		cancel()
		wg.Wait()
	}
	if most.Load() != 1 {
		t.Fatalf("%d engines led at once", most.Load())
	}
}

func TestALostEntryEndsTheWork(t *testing.T) {
	kv := bucket(t)
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}, 9), make(chan struct{}, 9)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = claim(kv).Run(ctx, func(ctx context.Context) error {
			began <- struct{}{}
			if !lease.Held(ctx) {
				t.Error("the lease is not held when the work begins")
			}
			<-ctx.Done()
			ended <- struct{}{}
			return nil
		})
	})
	<-began
	if _, err := kv.Put(t.Context(), "a", []byte("somebody else")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * life):
		t.Fatal("the work went on without the lease")
	}
	cancel()
	wg.Wait()
}

func TestAnEntryOfADeadEngineEndsByItself(t *testing.T) {
	kv := bucket(t)
	if _, err := kv.Create(t.Context(), "a", []byte("dead")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*life)
	defer cancel()
	led := false
	_ = claim(kv).Run(ctx, func(context.Context) error { led = true; cancel(); return nil })
	if !led {
		t.Fatal("nobody took over")
	}
}

// forgetful is a bucket that does what it is asked and loses an answer of three.
type forgetful struct {
	jetstream.KeyValue
	asked atomic.Int32
}

func (f *forgetful) Update(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	revision, err := f.KeyValue.Update(ctx, key, value, last)
	if f.asked.Add(1)%3 == 1 {
		return 0, context.DeadlineExceeded
	}
	return revision, err
}

// TestALostAnswerLosesNoLease tells that an entry which was prolonged, but nobody heard of
// it, is not taken for another engine's.
func TestALostAnswerLosesNoLease(t *testing.T) {
	kv := &forgetful{KeyValue: bucket(t)}
	ctx, cancel := context.WithCancel(t.Context())
	terms := 0
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = claim(kv).Run(ctx, func(ctx context.Context) error { terms++; <-ctx.Done(); return nil })
	}()
	until(t, func() bool { return kv.asked.Load() > 12 })
	cancel()
	<-ended
	if terms != 1 {
		t.Errorf("it was held %d times, want once without an end", terms)
	}
}

func claim(kv jetstream.KeyValue) lease.Lease {
	return lease.Lease{KV: kv, Key: "a", Owner: "me", Life: life, Log: slog.New(slog.DiscardHandler)}
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * life)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not in time")
		}
	}
}

func bucket(t *testing.T) jetstream.KeyValue {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "lease", DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "leases", TTL: life})
	if err != nil {
		t.Fatal(err)
	}
	return kv
}
