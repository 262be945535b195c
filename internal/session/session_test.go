package session_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/session"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// engines are two engines that keep sessions in one bucket, and their clock.
func engines(t *testing.T) (one, two session.Sessions, clock *time.Time) {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "session", DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
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
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "sessions"})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := vault.Open(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	kept := session.Sessions{Secrets: secrets.New(keys, kv), Now: func() time.Time { return now }}
	return kept, kept, &now
}

func mark(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

func begin(t *testing.T, s session.Sessions) string {
	t.Helper()
	id, err := s.Begin(t.Context(), "the token")
	if err != nil {
		t.Fatal(err)
	}
	return mark(id)
}

func wantsOpen(t *testing.T, s session.Sessions, tag string, active bool) {
	t.Helper()
	if token, err := s.Token(t.Context(), tag, active); token != "the token" || err != nil {
		t.Errorf("the session gives %q, %v", token, err)
	}
}

func wantsEnded(t *testing.T, s session.Sessions, tag string) {
	t.Helper()
	token, err := s.Token(t.Context(), tag, true)
	if r := domain.AsRejection(err); r == nil || r.Reason != domain.Denied || token != "" {
		t.Errorf("the session that has ended gives %q, %v", token, err)
	}
}

func TestASessionEndsOnEveryEngine(t *testing.T) {
	one, two, _ := engines(t)
	ends, stays := begin(t, one), begin(t, one)
	wantsOpen(t, two, ends, true)
	if err := one.End(t.Context(), ends); err != nil {
		t.Fatal(err)
	}
	wantsEnded(t, one, ends)
	wantsEnded(t, two, ends)
	wantsOpen(t, two, stays, true)
	wantsEnded(t, one, mark("made up"))
}

func TestASessionEndsAfterRest(t *testing.T) {
	s, _, clock := engines(t)
	used, rests := begin(t, s), begin(t, s)
	for range 3 {
		*clock = clock.Add(session.Idle / 2)
		wantsOpen(t, s, used, true)
	}
	wantsEnded(t, s, rests)
	*clock = clock.Add(session.Idle)
	wantsEnded(t, s, used)
}

// What a page asks for by itself keeps no session alive.
func TestAPageThatIsOpenKeepsNoSession(t *testing.T) {
	s, _, clock := engines(t)
	m := begin(t, s)
	*clock = clock.Add(session.Idle - time.Minute)
	wantsOpen(t, s, m, false)
	*clock = clock.Add(time.Minute)
	wantsEnded(t, s, m)
}

func TestASessionEndsAtItsLongest(t *testing.T) {
	s, _, clock := engines(t)
	m := begin(t, s)
	for range int(session.Longest/session.Idle)*2 - 1 {
		*clock = clock.Add(session.Idle / 2)
		wantsOpen(t, s, m, true)
	}
	*clock = clock.Add(session.Idle / 2)
	wantsEnded(t, s, m)
}
