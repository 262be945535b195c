package eventstore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	bolt "go.etcd.io/bbolt"
)

// Each damage is done to a closed ledger that holds versions 1 to 5 of one stream at
// positions 1 to 5. Its mark is removed, so that only the reading can notice.
func TestBoltNoticesDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage     func(*bolt.Tx) error
		read, tail bool // who notices
	}{
		"nothing": {damage: func(*bolt.Tx) error { return nil }},
		"a flipped byte of the data": {
			damage: change("log", 3, func(v []byte) []byte { v[len(v)-3] ^= 1; return v }), read: true, tail: true},
		"a flipped byte of the hash": {
			damage: change("log", 3, func(v []byte) []byte { v[30] ^= 1; return v }), read: true, tail: true},
		"a record cut off": {
			damage: change("log", 2, func(v []byte) []byte { return v[:20] }), read: true, tail: true},
		"a record taken from elsewhere": {
			damage: func(tx *bolt.Tx) error {
				return tx.Bucket([]byte("log")).Put(key(2), tx.Bucket([]byte("log")).Get(key(4)))
			},
			read: true},
		"the last record removed": {
			damage: func(tx *bolt.Tx) error { return tx.Bucket([]byte("log")).Delete(key(5)) }, read: true},
		"a record in the middle removed": {
			damage: func(tx *bolt.Tx) error { return tx.Bucket([]byte("log")).Delete(key(3)) }, read: true, tail: true},
		"a flipped byte of the way back": {
			damage: change("log", 4, func(v []byte) []byte { v[12] ^= 1; return v }), read: true, tail: true},
		"the head of an older version": {
			damage: func(tx *bolt.Tx) error {
				h := tx.Bucket([]byte("heads"))
				older := append(key(4), h.Get([]byte(one.String()))[8:]...)
				return h.Put([]byte(one.String()), older)
			}, read: true},
		"a flipped byte of the head": {
			damage: func(tx *bolt.Tx) error {
				h := tx.Bucket([]byte("heads"))
				changed := append([]byte(nil), h.Get([]byte(one.String()))...)
				changed[40] ^= 1
				return h.Put([]byte(one.String()), changed)
			}, read: true},
		"the head cut off": {
			damage: func(tx *bolt.Tx) error { return tx.Bucket([]byte("heads")).Put([]byte(one.String()), []byte{1}) }, read: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := fiveEvents(t)
			tamper(t, path, c.damage)
			store := openBolt(t, path)
			if err := readAll(store); errors.Is(err, eventstore.ErrDamaged) != c.read || (err == nil) == c.read {
				t.Errorf("read: %v, want damage %v", err, c.read)
			}
			if err := replayAll(store); errors.Is(err, eventstore.ErrDamaged) != c.tail || (err == nil) == c.tail {
				t.Errorf("tail: %v, want damage %v", err, c.tail)
			}
		})
	}
}

var one = domain.MatterStream("f_1", "m_1")

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// change edits a stored value.
func change(bucket string, position uint64, edit func([]byte) []byte) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		return b.Put(key(position), edit(append([]byte(nil), b.Get(key(position))...)))
	}
}

// fiveEvents is the path of a closed ledger with versions 1 to 5 of one stream.
func fiveEvents(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	store := openBolt(t, path)
	grow(t, store, 5)
	closeStore(t, store)
	return path
}

// grow appends n events to the stream, one by one.
func grow(t testing.TB, store eventstore.Store, n int) {
	t.Helper()
	_, head, err := eventstore.Load[counter](t.Context(), store, one)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		head, err = store.Append(t.Context(), eventstore.Commit{
			Stream: one, Last: head, At: t0, Events: []domain.Event{domain.SyncReleased{Sync: "s_1", Reason: "again"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tamper changes a closed ledger and removes its mark.
func tamper(t *testing.T, path string, damage func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(damage), db.Close(), os.Remove(mark(path))); err != nil {
		t.Fatal(err)
	}
}

func mark(path string) string { return strings.TrimSuffix(path, ".db") + ".mark" }

func readAll(store eventstore.Store) error {
	for _, err := range store.Read(context.Background(), one) {
		if err != nil {
			return err
		}
	}
	return nil
}

// replayAll is the log up to where a store says that it ends.
func replayAll(store *eventstore.Bolt) error {
	last, err := store.Last(context.Background())
	if err != nil {
		return err
	}
	for env, err := range store.Tail(context.Background(), 0) {
		if err != nil {
			return err
		}
		if env.Seq == last {
			return nil
		}
	}
	return errors.New("the tail ended early")
}

func TestBoltBehindItsMark(t *testing.T) {
	path := fiveEvents(t)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	store := openBolt(t, path)
	grow(t, store, 3)
	closeStore(t, store)
	if got, err := os.ReadFile(mark(path)); err != nil || string(got) != "8\n" {
		t.Fatalf("the mark holds %q, %v", got, err)
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, open := range opens {
		_, err := open(path)
		if !errors.Is(err, eventstore.ErrDamaged) || !strings.Contains(err.Error(), "position 5") || !strings.Contains(err.Error(), "seen 8") {
			t.Errorf("%s a ledger that went back: %v", name, err)
		}
	}
}

// opens are the two ways to open a ledger.
var opens = map[string]func(string) (*eventstore.Bolt, error){
	"open": func(path string) (*eventstore.Bolt, error) {
		return eventstore.OpenBolt(path, eventstore.BoltOptions{})
	},
	"open for reading": func(path string) (*eventstore.Bolt, error) {
		return eventstore.OpenBoltReadOnly(path, eventstore.BoltOptions{})
	},
}

func TestBoltMark(t *testing.T) {
	path := fiveEvents(t)
	for name, c := range map[string]struct {
		text    string
		damaged bool
	}{
		"behind the log": {"3\n", false}, "at its end": {"5\n", false},
		"ahead of it": {"6\n", true}, "not a number": {"five", true}, "empty": {"", true},
	} {
		if err := os.WriteFile(mark(path), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := eventstore.OpenBoltReadOnly(path, eventstore.BoltOptions{})
		if errors.Is(err, eventstore.ErrDamaged) != c.damaged || (err == nil) == c.damaged {
			t.Errorf("mark %s: %v", name, err)
		}
		if err == nil {
			closeStore(t, store)
		}
	}
}

func TestBoltFileCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	store := openBolt(t, path)
	grow(t, store, 200)
	closeStore(t, store)
	if err := os.Truncate(path, 4*int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	for name, open := range opens {
		if _, err := open(path); !errors.Is(err, eventstore.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s a ledger without most of its pages: %v", name, err)
		}
	}
}

// TestLossesAreNamedEventByEvent: of a damaged ledger each event that is gone, and no other.
func TestLossesAreNamedEventByEvent(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*bolt.Tx) error
		want   string
	}{
		"nothing": {damage: func(*bolt.Tx) error { return nil }},
		"a flipped byte": {damage: change("log", 3, func(v []byte) []byte { v[len(v)-3] ^= 1; return v }),
			want: "position 3: the stored record does not match its checksum; stream matter.f_1.m_1 version 3: it is missing"},
		"two removed": {damage: func(tx *bolt.Tx) error {
			return errors.Join(tx.Bucket([]byte("log")).Delete(key(2)), tx.Bucket([]byte("log")).Delete(key(5)))
		}, want: "position 2: it is missing; stream matter.f_1.m_1 version 2: it is missing; position 5: it is missing; stream matter.f_1.m_1 version 5: it is missing"},
		"the head removed": {damage: func(tx *bolt.Tx) error { return tx.Bucket([]byte("heads")).Delete([]byte(one.String())) },
			want: "position 5, stream matter.f_1.m_1 version 5: the stream's head does not name it as the newest one"},
	} {
		t.Run(name, func(t *testing.T) {
			path := fiveEvents(t)
			tamper(t, path, c.damage)
			ledger, err := eventstore.OpenBoltDamaged(path, eventstore.BoltOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer closeStore(t, ledger)
			losses, err := ledger.Losses(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range losses {
				got = append(got, l.String())
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("the losses are\n%s, want\n%s", strings.Join(got, "; "), c.want)
			}
		})
	}
}

// TestALedgerShorterThanItsMarkNamesWhatIsGone, by position.
func TestALedgerShorterThanItsMarkNamesWhatIsGone(t *testing.T) {
	path := fiveEvents(t)
	if err := os.WriteFile(mark(path), []byte("7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ledger, err := eventstore.OpenBoltDamaged(path, eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, ledger)
	losses, err := ledger.Losses(t.Context())
	if err != nil || len(losses) != 2 || losses[0].Seq != 6 || losses[1].Seq != 7 {
		t.Errorf("the losses are %v, %v", losses, err)
	}
}

// TestDamageIsNamedByItsPosition: which event of the ledger is not there, or can't be read.
func TestDamageIsNamedByItsPosition(t *testing.T) {
	for name, damage := range map[string]func(*bolt.Tx) error{
		"removed": func(tx *bolt.Tx) error { return tx.Bucket([]byte("log")).Delete(key(3)) },
		"cut off": change("log", 3, func(v []byte) []byte { return v[:20] }),
	} {
		path := fiveEvents(t)
		tamper(t, path, damage)
		if err := replayAll(openBolt(t, path)); err == nil || !strings.Contains(err.Error(), "ledger position 3:") {
			t.Errorf("%s: the tail says %v", name, err)
		}
	}
}
