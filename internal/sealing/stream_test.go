package sealing

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// cluster is a NATS server, and the master key file that its engines share.
type cluster struct {
	dir  string
	key  string
	name *server.Server
}

func startCluster(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{dir: t.TempDir(), key: filepath.Join(t.TempDir(), "master-key.json")}
	c.start(t)
	return c
}

func (c *cluster) start(t testing.TB) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{ServerName: "keys", DontListen: true, JetStream: true, StoreDir: c.dir, SyncAlways: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	c.name = srv
	t.Cleanup(c.stop)
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
}

func (c *cluster) stop() {
	c.name.Shutdown()
	c.name.WaitForShutdown()
}

func (c *cluster) connect(t testing.TB) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(c.name), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// engine are the keys of one more engine.
func (c *cluster) engine(t testing.TB) *Shared {
	t.Helper()
	v, err := vault.Open(c.key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := OpenShared(t.Context(), c.connect(t), v, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// ledger is a sealed ledger in JetStream.
func (c *cluster) ledger(t testing.TB, seals eventstore.Sealer) *eventstore.JetStream {
	t.Helper()
	l, err := eventstore.OpenJetStream(t.Context(), c.connect(t), eventstore.JetStreamConfig{Seals: seals})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// holds reports whether a file of the server has the bytes.
func (c *cluster) holds(t testing.TB, text []byte) (found bool) {
	t.Helper()
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found = found || bytes.Contains(data, text)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return found
}

// TestASealedLedgerInJetStreamKeepsEveryPromise runs the suite of all ledgers on it.
func TestASealedLedgerInJetStreamKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Ledger {
		c := startCluster(t)
		l := c.ledger(t, &Sealer{Keys: c.engine(t).Keys})
		return eventstoretest.Ledger{Store: l, Reopen: func(t *testing.T) eventstore.Store {
			_ = l.Close()
			c.stop()
			c.start(t)
			return c.ledger(t, &Sealer{Keys: c.engine(t).Keys})
		}}
	})
}

// TestEnginesOfAClusterShareTheirKeys: one subject has one key, whichever engine asks for it first.
func TestEnginesOfAClusterShareTheirKeys(t *testing.T) {
	c := startCluster(t)
	engines := []*Shared{c.engine(t), c.engine(t), c.engine(t)}
	sealed := make([][]byte, 60)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			if key := key(t, engines[i%3].Keys, fmt.Sprint("matter.f.", i%5)); key != nil {
				sealed[i] = key.Seal(nil, nil, []byte("text"), nil)
			}
		})
	}
	wg.Wait()
	for n, k := range append(engines, c.engine(t)) {
		for i, bytes := range sealed {
			key, err := k.opens(fmt.Sprint("matter.f.", i%5))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := key.Open(nil, nil, bytes, nil); err != nil || string(plain) != "text" {
				t.Fatalf("engine %d opens text %d as %q, %v", n, i, plain, err)
			}
		}
	}
}

// TestADestroyedKeyIsOnNoServer, and no engine uses it or makes it again.
func TestADestroyedKeyIsOnNoServer(t *testing.T) {
	c := startCluster(t)
	one, other := c.engine(t), c.engine(t)
	key(t, one.Keys, "matter.f.1")
	key(t, other.Keys, "matter.f.1")
	key(t, one.Keys, "matter.f.2")
	wrapped := one.home.find("matter.f.1").wrapped
	if !c.holds(t, wrapped) {
		t.Fatal("the key is nowhere before, so this test proves nothing")
	}
	for range 2 {
		if err := one.Destroy("matter.f.1", "matter.f.3"); err != nil {
			t.Fatal(err)
		}
	}
	if c.holds(t, wrapped[8:]) || c.holds(t, wrapped[:16]) {
		t.Error("the server's files still have the wrapped key")
	}
	if err := other.Refresh(); err != nil {
		t.Fatal(err)
	}
	if at, _ := other.Destroyed(); at == 0 {
		t.Error("the other engine knows of no destruction")
	}
	for n, k := range []*Shared{one, other, c.engine(t)} {
		for subject, erased := range map[string]bool{"matter.f.1": true, "matter.f.2": false, "matter.f.3": true, "matter.f.4": false} {
			if key := key(t, k.Keys, subject); (key == nil) != erased || k.erased(subject) != erased {
				t.Errorf("engine %d: %s has a key %v, and counts as erased: %v", n, subject, key != nil, k.erased(subject))
			}
		}
	}
}

// TestADestructionThatWasKilledIsFinished: the destruction was noted, and the key not yet overwritten.
func TestADestructionThatWasKilledIsFinished(t *testing.T) {
	c := startCluster(t)
	k := c.engine(t)
	key(t, k.Keys, "matter.f.1")
	is := k.home.find("matter.f.1")
	if _, err := k.stream.put(t.Context(), "matter.f.1", slot{state: destroyed}, uint64(is.place)); err != nil {
		t.Fatal(err)
	}
	again := c.engine(t)
	if !again.erased("matter.f.1") || !c.holds(t, is.wrapped) {
		t.Fatal("the kill came at another moment than this test is about")
	}
	if err := again.Destroy("matter.f.1"); err != nil {
		t.Fatal(err)
	}
	if c.holds(t, is.wrapped) {
		t.Error("the server's files still have the wrapped key")
	}
}

// TestAKeyThatAnotherEngineWrapsAgainStillOpens: the old master key may be retired then.
func TestAKeyThatAnotherEngineWrapsAgainStillOpens(t *testing.T) {
	c := startCluster(t)
	one, other := c.engine(t), c.engine(t)
	sealed := key(t, one.Keys, "matter.f.1").Seal(nil, nil, []byte("text"), nil)
	was := one.home.find("matter.f.1").wrapped
	old := one.vault.Keys()[0].ID
	if _, err := one.vault.Rotate(); err != nil {
		t.Fatal(err)
	}
	if n, err := other.Rewrap(); n != 1 || err != nil {
		t.Fatalf("%d wrapped again, %v", n, err)
	}
	if n, err := one.Wrapped(); n[old] != 0 || err != nil {
		t.Errorf("the old key still wraps %v, %v", n, err)
	}
	if c.holds(t, was[8:]) {
		t.Error("the server's files still have what the old key wraps")
	}
	if err := one.vault.Retire(old); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*Shared{one, other, c.engine(t)} {
		key, err := k.opens("matter.f.1")
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := key.Open(nil, nil, sealed, nil); err != nil || string(plain) != "text" {
			t.Errorf("it opens as %q, %v", plain, err)
		}
	}
}

// TestASealedEventIsNotTakenForAnother: a version that can't open it knows no event of its name. The
// server's files have nothing of what it says.
func TestASealedEventIsNotTakenForAnother(t *testing.T) {
	c := startCluster(t)
	l := c.ledger(t, &Sealer{Keys: c.engine(t).Keys})
	if _, err := l.Append(t.Context(), eventstore.Commit{Stream: somewhere, At: time.Unix(1, 0), Events: []domain.Event{rivera}}); err != nil {
		t.Fatal(err)
	}
	s, err := c.connect(t).Stream(t.Context(), eventstore.LedgerStream)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := domain.Unmarshal(m.Header.Get("Ledger-Event"), m.Data); err == nil || !strings.Contains(err.Error(), "older than the ledger") {
		t.Errorf("an earlier version reads it: %v", err)
	}
	if !l.IsSealed() || c.holds(t, []byte(rivera.Matter.Title)) {
		t.Errorf("sealed: %v; the server's files have the title: %v", l.IsSealed(), c.holds(t, []byte(rivera.Matter.Title)))
	}
	for env, err := range c.ledger(t, nil).Read(t.Context(), somewhere) {
		if err == nil {
			t.Errorf("without keys it is read as %+v", env)
		}
	}
}

// TestALedgerThatWasNotSealedStaysReadableByAll: engines of earlier versions still work on it.
func TestALedgerThatWasNotSealedStaysReadableByAll(t *testing.T) {
	c := startCluster(t)
	at := time.Unix(1, 0)
	head, err := c.ledger(t, nil).Append(t.Context(), eventstore.Commit{Stream: somewhere, At: at, Events: []domain.Event{rivera}})
	if err != nil {
		t.Fatal(err)
	}
	l := c.ledger(t, &Sealer{Keys: c.engine(t).Keys})
	if _, err := l.Append(t.Context(), eventstore.Commit{Stream: somewhere, Last: head, At: at, Events: []domain.Event{domain.MatterUpdated{Matter: rivera.Matter}}}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for env, err := range c.ledger(t, nil).Read(t.Context(), somewhere) {
		if err != nil || env.Sealed {
			t.Fatalf("event %d is sealed: %v, %v", env.Version, env.Sealed, err)
		}
		n++
	}
	if l.IsSealed() || n != 2 {
		t.Errorf("sealed: %v; %d events", l.IsSealed(), n)
	}
}
