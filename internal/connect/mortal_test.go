package connect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
)

var errKilled = errors.New("the process is gone")

// life is the life of an engine that is killed at its n-th act: an append to the ledger,
// a write of a secret, or a call to Smokeball.
type life struct {
	mu    sync.Mutex
	n     int    // below 1: it goes on for ever
	after bool   // the last act has its effect, and nobody hears of it
	pause func() // before the n-th act; nil: it does not stop there
	goOn  bool   // the n-th act is not the last
	done  int
	over  bool
}

// act does something, or dies before or after it.
func (l *life) act(do func() error) error {
	l.mu.Lock()
	l.done++
	at, over := l.done == l.n, l.over
	last := at && !l.goOn
	l.over = l.over || last
	l.mu.Unlock()
	if at && l.pause != nil {
		l.pause()
	}
	if over || (last && !l.after) {
		return errKilled
	}
	if err := do(); !last {
		return err
	}
	return errKilled
}

type mortalLedger struct {
	eventstore.Store
	*life
}

func (m mortalLedger) Append(ctx context.Context, c eventstore.Commit) (head eventstore.Head, err error) {
	err = m.act(func() (err error) { head, err = m.Store.Append(ctx, c); return err })
	return head, err
}

type mortalBucket struct {
	jetstream.KeyValue
	*life
}

func (m mortalBucket) Create(ctx context.Context, k string, v []byte, o ...jetstream.KVCreateOpt) (n uint64, err error) {
	err = m.act(func() (err error) { n, err = m.KeyValue.Create(ctx, k, v, o...); return err })
	return n, err
}

func (m mortalBucket) Update(ctx context.Context, k string, v []byte, revision uint64) (n uint64, err error) {
	err = m.act(func() (err error) { n, err = m.KeyValue.Update(ctx, k, v, revision); return err })
	return n, err
}

func (m mortalBucket) Put(ctx context.Context, k string, v []byte) (n uint64, err error) {
	err = m.act(func() (err error) { n, err = m.KeyValue.Put(ctx, k, v); return err })
	return n, err
}

func (m mortalBucket) Purge(ctx context.Context, k string, o ...jetstream.KVDeleteOpt) error {
	return m.act(func() error { return m.KeyValue.Purge(ctx, k, o...) })
}

type mortalWire struct {
	http.RoundTripper
	*life
}

func (m mortalWire) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	err = m.act(func() (err error) { answer, err = m.RoundTripper.RoundTrip(r); return err })
	return answer, err
}

// mortal is a service on the counter's ledger, bucket and Smokeball that lives as long as l.
func (c *counter) mortal(l *life) *connect.Service {
	config := c.newConfig(secrets.New(c.Vault, mortalBucket{c.kv, l}), c.Vault, mortalWire{c.sim.Transport(), l})
	config.Ledger = mortalLedger{c.bolt, l}
	return connect.New(config)
}

// killedEverywhere lets a service do something that is killed at each act, before and after
// it; then the reconciler of another engine looks, and the counter has to be as is wanted.
func killedEverywhere(t *testing.T, prepare func(*counter), do func(*counter, *connect.Service) error, want func(*counter)) {
	t.Helper()
	acts := 0
	for _, after := range []bool{false, true} {
		for n, more := 1, true; more; n++ {
			t.Run(fmt.Sprintf("act %d, with its effect %v", n, after), func(t *testing.T) {
				c := newCounter(t)
				prepare(c)
				l := &life{n: n, after: after}
				err := do(c, c.mortal(l))
				if more = l.over; !more {
					c.must(err)
				}
				acts = max(acts, l.done)
				c.look()
				c.look()
				want(c)
			})
		}
	}
	if acts < 5 {
		t.Errorf("there were %d acts", acts)
	}
	t.Logf("killed before and after each of %d acts", acts)
}

// client is a Smokeball client of the counter's app.
func (c *counter) newClient(secrets *secrets.Bucket, way http.RoundTripper) *smokeball.Client {
	client, err := smokeball.New(smokeball.Config{Hosts: smokeball.Hosts{API: "https://smokeball.example", Auth: "https://smokeball.example"},
		ClientID: "sim-client", ClientSecret: "sim-secret", APIKey: "sim-key", Rate: 1000, Burst: 1000, Store: tokens{connect.NewTokens(c.bolt, secrets)}, Log: silent, Transport: way})
	c.must(err)
	c.Cleanup(client.Close)
	return client
}
