package secrets_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/internal/vault"
)

func TestRewrappedSecretsNeedTheOldKeyNoMore(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "a.json"))
	s := secrets.New(v, bucket(t))
	for i := range 20 {
		keep(t, s, fmt.Sprintf("token.f_%d", i))
	}
	old := v.Keys()[0].ID
	id, err := s.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, s, "token.f_new")
	wantSealed(t, s, map[vault.KeyID]int{old: 20, id: 1})
	if err := s.Retire(t.Context(), old); !errors.Is(err, vault.ErrInUse) {
		t.Errorf("retiring a key in use: %v", err)
	}
	if n, err := s.Rewrap(t.Context()); n != 20 || err != nil {
		t.Fatalf("rewrapped %d, %v; want 20", n, err)
	}
	if n, err := s.Rewrap(t.Context()); n != 0 || err != nil {
		t.Errorf("rewrapped again %d, %v; want none", n, err)
	}
	wantSealed(t, s, map[vault.KeyID]int{id: 21})
	if err := s.Retire(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if data, _, err := s.Load(t.Context(), "token.f_7"); err != nil || string(data) != "secret of token.f_7" {
		t.Errorf("opened %q, %v", data, err)
	}
}

func TestSecretsOfAnotherKeyFileAreLost(t *testing.T) {
	kv := bucket(t)
	keep(t, secrets.New(open(t, filepath.Join(t.TempDir(), "a.json")), kv), "token.f_1")
	s := secrets.New(open(t, filepath.Join(t.TempDir(), "b.json")), kv)
	keep(t, s, "token.f_2")
	if names, err := s.Lost(t.Context()); len(names) != 1 || names[0] != "token.f_1" || err != nil {
		t.Errorf("lost are %v, %v", names, err)
	}
	if n, err := s.Forget(t.Context()); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if names, err := s.Lost(t.Context()); len(names) != 0 || err != nil {
		t.Errorf("lost are still %v, %v", names, err)
	}
	if data, _, err := s.Load(t.Context(), "token.f_2"); err != nil || string(data) != "secret of token.f_2" {
		t.Errorf("the other secret is %q, %v", data, err)
	}
}

// TestARewrapDoesNotUndoANewerValue writes secrets while they are rewrapped.
func TestARewrapDoesNotUndoANewerValue(t *testing.T) {
	s := secrets.New(open(t, filepath.Join(t.TempDir(), "a.json")), bucket(t))
	for i := range 50 {
		keep(t, s, fmt.Sprintf("token.f_%d", i))
	}
	if _, err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		var err error
		for i := range 50 {
			err = errors.Join(err, s.Put(t.Context(), fmt.Sprintf("token.f_%d", i), []byte("newer")))
		}
		written <- err
	}()
	_, err := s.Rewrap(t.Context())
	if err = errors.Join(err, <-written); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if data, _, err := s.Load(t.Context(), fmt.Sprintf("token.f_%d", i)); err != nil || string(data) != "newer" {
			t.Fatalf("secret %d is %q, %v", i, data, err)
		}
	}
}

func keep(t *testing.T, s *secrets.Bucket, name string) {
	t.Helper()
	if err := s.Put(t.Context(), name, []byte("secret of "+name)); err != nil {
		t.Fatal(err)
	}
}

func wantSealed(t *testing.T, s *secrets.Bucket, want map[vault.KeyID]int) {
	t.Helper()
	_, sealed, err := s.Keys(t.Context())
	if err != nil || fmt.Sprint(sealed) != fmt.Sprint(want) {
		t.Errorf("sealed are %v, %v; want %v", sealed, err, want)
	}
}

// bucket is a bucket of a bus of the test's own.
func bucket(t *testing.T) jetstream.KeyValue {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the bus does not start")
	}
	c, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "secrets"})
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func open(t *testing.T, path string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
