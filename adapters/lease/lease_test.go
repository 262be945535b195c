package lease_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/lease"
)

const life = time.Second

func TestOneAtATimeAndTheNextAtOnce(t *testing.T) {
	kv := bucket(t, life)
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
			wg.Go(func() { _ = claim(kv, rand.Text()).Run(ctx, work) })
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
	kv := bucket(t, life)
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}, 9), make(chan struct{}, 9)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = claim(kv, "me").Run(ctx, func(ctx context.Context) error {
			began <- struct{}{}
			if err := lease.Sure(ctx); err != nil {
				t.Errorf("the lease is not held when the work begins: %v", err)
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
	kv := bucket(t, life)
	if _, err := kv.Create(t.Context(), "a", []byte("dead")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*life)
	defer cancel()
	led := false
	_ = claim(kv, "me").Run(ctx, func(context.Context) error { led = true; cancel(); return nil })
	if !led {
		t.Fatal("nobody took over")
	}
}

// forgetful is a bucket that carries out every request and loses every third answer.
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

// TestALostAnswerLosesNoLease: an entry that was renewed, but whose answer was lost, does not
// count as another engine's.
func TestALostAnswerLosesNoLease(t *testing.T) {
	kv := &forgetful{KeyValue: bucket(t, life)}
	ctx, cancel := context.WithCancel(t.Context())
	terms := 0
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = claim(kv, "me").Run(ctx, func(ctx context.Context) error { terms++; <-ctx.Done(); return nil })
	}()
	until(t, func() bool { return kv.asked.Load() > 12 })
	cancel()
	<-ended
	if terms != 1 {
		t.Errorf("it was held %d times, want once without an end", terms)
	}
}

// interrupted is a bucket whose writes of an owner end the owner's context: they are carried out, and
// nobody learns of it.
type interrupted struct {
	jetstream.KeyValue
	now  atomic.Bool
	stop context.CancelFunc
}

func (i *interrupted) Update(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	return i.written(ctx, func(ctx context.Context) (uint64, error) { return i.KeyValue.Update(ctx, key, value, last) })
}

func (i *interrupted) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (uint64, error) {
	return i.written(ctx, func(ctx context.Context) (uint64, error) { return i.KeyValue.Create(ctx, key, value, opts...) })
}

func (i *interrupted) written(ctx context.Context, write func(context.Context) (uint64, error)) (uint64, error) {
	if !i.now.Load() {
		return write(ctx)
	}
	revision, err := write(context.WithoutCancel(ctx))
	if err != nil {
		return revision, err
	}
	i.stop()
	return 0, ctx.Err()
}

// TestAWriteOnItsWayKeepsNoLease: an engine that is stopped while it writes the entry deletes what was
// written, whether it renews the entry or takes it.
func TestAWriteOnItsWayKeepsNoLease(t *testing.T) {
	for name, renews := range map[string]bool{"renewal": true, "claim": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			kv := &interrupted{KeyValue: bucket(t, life), stop: cancel}
			kv.now.Store(!renews)
			_ = claim(kv, "me").Run(ctx, func(ctx context.Context) error { kv.now.Store(true); <-ctx.Done(); return nil })
			if e, err := kv.Get(t.Context(), "a"); !errors.Is(err, jetstream.ErrKeyNotFound) {
				t.Errorf("after the engine stopped there is %v, %v", e, err)
			}
		})
	}
}

// TestTheLeaseIsHandedOverBeforeAllIsDrained: the next engine leads while the last one's work is
// still ending, and the last one sends nothing by then.
func TestTheLeaseIsHandedOverBeforeAllIsDrained(t *testing.T) {
	kv := bucket(t, life)
	first, stop := context.WithCancel(t.Context())
	began, next, drained := make(chan struct{}), make(chan struct{}, 9), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = claim(kv, "first").Run(first, func(ctx context.Context) error {
			close(began)
			<-ctx.Done()
			err := lease.Sure(context.WithoutCancel(ctx))
			for err == nil { // the term learns of the stop at the same moment as this work
				runtime.Gosched()
				err = lease.Sure(context.WithoutCancel(ctx))
			}
			if !errors.Is(err, lease.ErrLeaving) {
				t.Errorf("a call that is begun while the engine stops gets %v", err)
			}
			<-drained
			return nil
		})
	})
	<-began
	second, end := context.WithCancel(t.Context())
	wg.Go(func() {
		_ = claim(kv, "second").Run(second, func(ctx context.Context) error {
			next <- struct{}{}
			<-ctx.Done()
			return nil
		})
	})
	stop()
	select {
	case <-next:
	case <-time.After(20 * life):
		t.Error("the next engine waits until all is drained")
	}
	close(drained)
	end()
	wg.Wait()
}

// TestAnEntryThatIsNotRenewedIsTakenOver: another engine takes over an entry that was not renewed
// for its lifetime, even if the entry does not expire by itself.
func TestAnEntryThatIsNotRenewedIsTakenOver(t *testing.T) {
	kv := bucket(t, time.Hour)
	me := claim(kv, "me")
	if _, err := kv.Create(t.Context(), "a", []byte("dead")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*life)
	defer cancel()
	led := false
	_ = me.Run(ctx, func(context.Context) error { led = true; cancel(); return nil })
	if took := time.Since(began); !led || took < life {
		t.Errorf("taken over: %v, after %s", led, took)
	}
}

func claim(kv jetstream.KeyValue, owner string) lease.Lease {
	return lease.Lease{KV: kv, Key: "a", Owner: owner, Lifetime: life, Drain: life / 5, Log: slog.New(slog.DiscardHandler)}
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

func bucket(t *testing.T, ttl time.Duration) jetstream.KeyValue {
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
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "leases", TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return kv
}
