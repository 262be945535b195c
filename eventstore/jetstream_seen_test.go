package eventstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

func TestSeenForgetsTheStreamsThatCameFirst(t *testing.T) {
	var s seen
	for n := range seenLimit + 1 {
		s.note(fmt.Sprint("stream ", n), Seq(n+1))
	}
	s.note("stream 7", 3) // another tail that lags
	if s.of("stream 0") != 0 || s.of("stream 7") != 8 || s.of(fmt.Sprint("stream ", seenLimit)) != seenLimit+1 {
		t.Errorf("it has %d, %d and %d", s.of("stream 0"), s.of("stream 7"), s.of(fmt.Sprint("stream ", seenLimit)))
	}
	if len(s.at) != seenLimit {
		t.Errorf("it remembers %d streams", len(s.at))
	}
}

// TestReadWaitsForWhatATailYielded: a Read that begins before the leader shows the event has it all the same.
func TestReadWaitsForWhatATailYielded(t *testing.T) {
	store := openEmbedded(t)
	stream := domain.MatterStream("f_1", "m_1")
	store.seen.note(stream.String(), 1)
	appended := make(chan error, 1)
	go func() {
		_, err := store.Append(t.Context(), Commit{Stream: stream, At: time.Now().UTC(), Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}})
		appended <- err
	}()
	n := 0
	for _, err := range store.Read(t.Context(), stream) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if err := <-appended; err != nil || n != 1 {
		t.Errorf("the read has %d events, the append ended with %v", n, err)
	}
}

// TestAReadThatStaysBehindSaysSo: a Read that does not get what a tail of its process yielded fails; it
// does not tell the past.
func TestAReadThatStaysBehindSaysSo(t *testing.T) {
	t.Parallel()
	store := openEmbedded(t)
	stream := domain.MatterStream("f_1", "m_1")
	store.seen.note(stream.String(), 1)
	var err error
	for _, err = range store.Read(t.Context(), stream) {
		if err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "lags behind event 1") {
		t.Errorf("the read ends with %v", err)
	}
}

// openEmbedded opens a ledger on a NATS server of its own.
func openEmbedded(t *testing.T) *JetStream {
	t.Helper()
	return openForm(t, startEmbedded(t), nil)
}

// startEmbedded starts a NATS server without a stream.
func startEmbedded(t *testing.T) jetstream.JetStream {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}
