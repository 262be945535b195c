package eventstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// TestAStreamThatCannotBeReadIsNotEmpty: a server that can't open its files answers that there is no
// message. Who believed that would take a matter that is known for a new one.
func TestAStreamThatCannotBeReadIsNotEmpty(t *testing.T) {
	opts := server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true}
	srv := listen(t, opts)
	store := openJetStream(t, connectTo(t, srv), eventstore.JetStreamConfig{})
	grow(t, store, 3)
	fill(t, store)
	stopServer(srv)

	srv = listen(t, opts)
	store = openJetStream(t, connectTo(t, srv), eventstore.JetStreamConfig{})
	files, err := filepath.Glob(filepath.Join(opts.StoreDir, "jetstream/*/streams", eventstore.LedgerStream, "msgs/*.blk"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files of the ledger: %v, %v", files, err)
	}
	if err := os.Rename(files[0], files[0]+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(files[0], files[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := length(t, store, one); err == nil {
		t.Errorf("a stream that can't be read has %d events", n)
	}
	if n, err := length(t, store, domain.MatterStream("f_1", "m_nobody")); n != 0 || err != nil {
		t.Errorf("a stream without events has %d, %v", n, err)
	}
	if err := os.Rename(files[0]+".away", files[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := length(t, store, one); n == 0 || err != nil {
		t.Errorf("once it can be read again it has %d events, %v", n, err)
	}
}

// fill appends more to another stream than the server keeps in one file, the last of which it keeps
// open.
func fill(t *testing.T, store eventstore.Store) {
	t.Helper()
	var head eventstore.Head
	long := domain.ReleaseReason(strings.Repeat("again ", 100_000))
	for range 20 {
		var err error
		head, err = store.Append(t.Context(), eventstore.Commit{Stream: domain.MatterStream("f_1", "m_2"), Last: head, At: t0,
			Events: []domain.Event{domain.SyncReleased{Sync: "s_1", Reason: long}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func connectTo(t *testing.T, srv *server.Server) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(srv.ClientURL(), nats.Timeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func length(t *testing.T, store eventstore.Store, s domain.Stream) (n int, err error) {
	t.Helper()
	for _, err := range store.Read(t.Context(), s) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
