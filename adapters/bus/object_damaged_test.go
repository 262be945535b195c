package bus_test

import (
	"errors"
	"io"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// TestADamagedObjectIsTold: an object whose chunks are not those that were put
// reads to its end and is then known as such, until it is put again.
func TestADamagedObjectIsTold(t *testing.T) {
	t.Parallel()
	b := open(t)
	store, err := b.JetStream().ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	info, err := store.PutBytes(brief(t), "d_9", []byte("bytes"))
	if err != nil {
		t.Fatal(err)
	}
	chunks := "$O." + bus.Documents + ".C." + info.NUID
	stream, err := b.JetStream().Stream(brief(t), "OBJ_"+bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(brief(t), jetstream.WithPurgeSubject(chunks)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.JetStream().Publish(brief(t), chunks, []byte("other")); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, b); !errors.Is(err, bus.ErrDamaged) {
		t.Errorf("reading ends with %v, want ErrDamaged", err)
	}
	if _, err := store.PutBytes(brief(t), "d_9", []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(t, b); got != "bytes" || err != nil {
		t.Errorf("put again it is %q, %v", got, err)
	}
}

func readAll(t *testing.T, b *bus.Bus) (string, error) {
	t.Helper()
	r, err := b.Object(brief(t), domain.ObjectQuestion{Firm: "f_1", Vouched: true}, bus.Documents, "d_9")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	return string(got), err
}
