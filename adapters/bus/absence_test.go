package bus_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// unreadable stores what put stores, starts the bus again, so that its server has nothing in memory,
// and puts links that lead to themselves in the place of the stream's files until the test calls
// back: opening one fails, as it does without a file descriptor.
func unreadable(t *testing.T, stream string, put func(*bus.Bus)) (b *bus.Bus, back func()) {
	t.Helper()
	dir := t.TempDir()
	first := open(t, func(c *bus.Config) { c.DataDir = dir })
	put(first)
	shut(t, first)
	b = open(t, func(c *bus.Config) { c.DataDir = dir })
	blocks, err := filepath.Glob(filepath.Join(dir, "nats/jetstream/*/streams", stream, "msgs/*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("the files of %s: %v, %v", stream, blocks, err)
	}
	for _, block := range blocks {
		if err := errors.Join(os.Rename(block, block+".away"), os.Symlink(block, block)); err != nil {
			t.Fatal(err)
		}
	}
	return b, func() {
		for _, block := range blocks {
			if err := os.Rename(block+".away", block); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// moreThanOneFile is more than the server keeps in one file, the last of which it keeps open.
const moreThanOneFile = 12 << 20

// TestAKeyThatCannotBeReadIsNotAbsent: a server that can't read its files says that there is no such
// key. That is an error, and not the same as a key that nobody put or somebody deleted.
func TestAKeyThatCannotBeReadIsNotAbsent(t *testing.T) {
	t.Parallel()
	b, back := unreadable(t, "KV_"+bus.Tokens, func(b *bus.Bus) {
		kv := secretsOf(t, b)
		for _, key := range []string{"token.f_1", "token.f_2"} {
			if _, err := kv.Put(brief(t), key, []byte("sealed")); err != nil {
				t.Fatal(err)
			}
		}
		if err := kv.Delete(brief(t), "token.f_2"); err != nil {
			t.Fatal(err)
		}
	})
	kv := secretsOf(t, b)
	if _, err := kv.Get(brief(t), "token.f_1"); err == nil || errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("a key that can't be read: %v", err)
	}
	if _, err := kv.Get(brief(t), "token.f_3"); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("a key that nobody put: %v", err)
	}
	back()
	if entry, err := kv.Get(brief(t), "token.f_1"); err != nil || string(entry.Value()) != "sealed" {
		t.Errorf("once it can be read again: %v", err)
	}
	if _, err := kv.Get(brief(t), "token.f_2"); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("a key that was deleted: %v", err)
	}
}

func secretsOf(t *testing.T, b *bus.Bus) jetstream.KeyValue {
	t.Helper()
	kv, err := b.KeyValue(brief(t), bus.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

// TestAnObjectThatCannotBeReadIsNeitherAbsentNorDamaged: its document is read later, and nobody is
// told to put it again.
func TestAnObjectThatCannotBeReadIsNeitherAbsentNorDamaged(t *testing.T) {
	t.Parallel()
	b, back := unreadable(t, "OBJ_"+bus.Documents, func(b *bus.Bus) {
		store, err := b.JetStream().ObjectStore(brief(t), bus.Documents)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutBytes(brief(t), "d_9", make([]byte, moreThanOneFile)); err != nil {
			t.Fatal(err)
		}
	})
	read := func() (int, error) {
		r, err := b.Object(brief(t), domain.ObjectQuestion{Firm: "f_1", Vouched: true}, bus.Documents, "d_9")
		if err != nil {
			return 0, err
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		return len(got), err
	}
	if _, err := read(); err == nil || errors.Is(err, bus.ErrNoObject) || errors.Is(err, bus.ErrDamaged) {
		t.Errorf("an object that can't be read: %v", err)
	}
	back()
	if n, err := read(); n != moreThanOneFile || err != nil {
		t.Errorf("once it can be read again: %d bytes, %v", n, err)
	}
}

// TestAMessageThatCannotBeReadIsNotGone: only a message that the stream no longer has is gone.
func TestAMessageThatCannotBeReadIsNotGone(t *testing.T) {
	t.Parallel()
	b, back := unreadable(t, bus.Outbox, func(b *bus.Bus) {
		for range 24 {
			if _, err := b.JetStream().Publish(brief(t), "sync.f_1.sync.started", make([]byte, moreThanOneFile/24)); err != nil {
				t.Fatal(err)
			}
		}
		s, err := b.JetStream().Stream(brief(t), bus.Outbox)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteMsg(brief(t), 23); err != nil {
			t.Fatal(err)
		}
	})
	s, err := b.JetStream().Stream(brief(t), bus.Outbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.AbsentAt(brief(t), s, 2); err == nil {
		t.Error("a message that can't be read is said to be gone")
	}
	if err := bus.AbsentAt(brief(t), s, 99); err != nil {
		t.Errorf("a message that never was: %v", err)
	}
	back()
	if err := bus.AbsentAt(brief(t), s, 23); err != nil {
		t.Errorf("a message that was deleted: %v", err)
	}
	if _, err := s.GetMsg(brief(t), 2); err != nil {
		t.Errorf("once it can be read again: %v", err)
	}
}
