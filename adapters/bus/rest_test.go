package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/atrest"
)

// busKey is the key of the tests' buses.
var busKey = bytes.Repeat([]byte("k"), 32)

// encrypted opens a bus of a folder whose files are encrypted.
func encrypted(dir string) func(*bus.Config) {
	return func(c *bus.Config) { c.DataDir, c.Key, c.Listen = dir, busKey, "off" }
}

func plainly(dir string) func(*bus.Config) {
	return func(c *bus.Config) { c.DataDir, c.Listen = dir, "off" }
}

// secret is what no file of an encrypted bus may have.
const secret = "Quackenbush"

// fillBus publishes messages that hold the secret, and puts a document.
func fillBus(t *testing.T, b *bus.Bus, from, to int) {
	t.Helper()
	js := b.JetStream()
	for i := from; i < to; i++ {
		if _, err := js.Publish(t.Context(), fmt.Sprintf("casehug.f1.matter.%d", i), fmt.Appendf(nil, "%s %d %s", secret, i, bytes.Repeat([]byte("x"), 500))); err != nil {
			t.Fatal(err)
		}
	}
	store, err := js.ObjectStore(t.Context(), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutBytes(t.Context(), fmt.Sprintf("f1/%d", from), bytes.Repeat([]byte(secret), 60_000)); err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), bus.State)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), secret, secret); err != nil {
		t.Fatal(err)
	}
}

// contentOf returns all that a bus has: the streams' messages, and up to where the intake is.
func contentOf(t *testing.T, b *bus.Bus) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{bus.Inbox, bus.Outbox, "OBJ_" + bus.Documents, "KV_" + bus.State} {
		s, err := b.JetStream().Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for seq := max(s.CachedInfo().State.FirstSeq, 1); seq <= s.CachedInfo().State.LastSeq; seq++ {
			m, err := s.GetMsg(t.Context(), seq)
			if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
				t.Fatal(err)
			}
			if err == nil {
				all[fmt.Sprintf("%s/%d", name, seq)] = fmt.Sprintf("%s %v %s", m.Subject, m.Header, m.Data)
			}
		}
	}
	c, err := b.Durable(t.Context(), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	all["intake"] = fmt.Sprint(c.CachedInfo().AckFloor.Stream)
	return all
}

// ackSome takes in the first messages of the intake.
func ackSome(t *testing.T, b *bus.Bus, n int) {
	t.Helper()
	c, err := b.Durable(t.Context(), bus.Intake)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// files returns the files below a folder whose bytes or name hold a text.
func filesWith(t *testing.T, dir, text string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) || strings.Contains(path, text) {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnEncryptedBusHoldsNothingInTheClear(t *testing.T) {
	dir := t.TempDir()
	b := open(t, encrypted(dir))
	fillBus(t, b, 0, 20)
	ackSome(t, b, 5)
	if found := filesWith(t, dir, secret); found != nil {
		t.Errorf("while the server runs these hold the name: %q", found)
	}
	was := contentOf(t, b)
	shut(t, b)
	if found := filesWith(t, dir, secret); found != nil {
		t.Errorf("these hold the name: %q", found)
	}
	if is := contentOf(t, open(t, encrypted(dir))); !maps.Equal(was, is) {
		t.Errorf("started again it has %v, want %v", is, was)
	}
}

func TestABusOfPlainTextIsEncryptedAndBack(t *testing.T) {
	dir := t.TempDir()
	b := open(t, plainly(dir))
	fillBus(t, b, 0, 300)
	ackSome(t, b, 7)
	if _, err := b.JetStream().Stream(t.Context(), bus.Inbox); err != nil {
		t.Fatal(err)
	}
	was := contentOf(t, b)
	shut(t, b)
	if filesWith(t, dir, secret) == nil {
		t.Fatal("plain text holds no name: the test proves nothing")
	}
	b = open(t, encrypted(dir))
	if found := filesWith(t, dir, secret); found != nil {
		t.Errorf("these hold the name: %q", found)
	}
	if is := contentOf(t, b); !maps.Equal(was, is) {
		t.Errorf("encrypted it has %d messages, want %d; intake %s, want %s", len(is), len(was), is["intake"], was["intake"])
	}
	fillBus(t, b, 300, 310)
	was = contentOf(t, b)
	shut(t, b)
	b = open(t, encrypted(dir), func(c *bus.Config) { c.Plain = true })
	if is := contentOf(t, b); !maps.Equal(was, is) {
		t.Errorf("in plain text again it has %d messages, want %d", len(is), len(was))
	}
	shut(t, b)
	if is := contentOf(t, open(t, plainly(dir))); !maps.Equal(was, is) {
		t.Errorf("without a key it has %d messages, want %d", len(is), len(was))
	}
}

func TestAnotherKeyBeginsNoEmptyBus(t *testing.T) {
	dir := t.TempDir()
	b := open(t, encrypted(dir))
	fillBus(t, b, 0, 3)
	was := contentOf(t, b)
	shut(t, b)
	for name, key := range map[string][]byte{"another": bytes.Repeat([]byte("o"), 32), "none": nil} {
		_, err := bus.Open(t.Context(), bus.Config{DataDir: dir, Key: key, Listen: "off"})
		if err == nil || !errors.Is(err, atrest.ErrKey) || !strings.Contains(err.Error(), "meta.key") || !strings.Contains(err.Error(), "local-keys") {
			t.Errorf("%s key: %v", name, err)
		}
	}
	if is := contentOf(t, open(t, encrypted(dir))); !maps.Equal(was, is) {
		t.Errorf("after the refusals it has %v, want %v", is, was)
	}
}

// TestADamagedKeyFileIsFound: the server would remove a block whose key it can't open.
func TestADamagedKeyFileIsFound(t *testing.T) {
	dir := t.TempDir()
	b := open(t, encrypted(dir))
	fillBus(t, b, 0, 3)
	shut(t, b)
	keys, err := filepath.Glob(filepath.Join(dir, "nats/encrypted/jetstream/*/streams", bus.Inbox, "msgs/*.key"))
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	data, err := os.ReadFile(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() error{
		"flipped": func() error { return os.WriteFile(keys[0], append([]byte{data[0] ^ 1}, data[1:]...), 0o600) },
		"cut":     func() error { return os.WriteFile(keys[0], data[:10], 0o600) },
		"gone":    func() error { return os.Remove(keys[0]) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := bus.Open(t.Context(), bus.Config{DataDir: dir, Key: busKey, Listen: "off"}); !errors.Is(err, atrest.ErrKey) || !strings.Contains(err.Error(), keys[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErasedMessagesAreGoneAlsoForTheKey: an encrypted server leaves what it removes.
func TestErasedMessagesAreGoneAlsoForTheKey(t *testing.T) {
	dir := t.TempDir()
	b := open(t, encrypted(dir))
	fillBus(t, b, 0, 40)
	ackSome(t, b, 40)
	if found := filesWith(t, decrypted(t, dir), secret+" 17 "); found == nil {
		t.Fatal("decrypted there is no name: the test proves nothing")
	}
	until(t, "the messages are taken in and erased", func(ctx context.Context) bool {
		return b.EraseMessages(ctx, "f1", func(body []byte) bool {
			return bytes.HasPrefix(body, []byte(secret+" 17 ")) || bytes.HasPrefix(body, []byte(secret+" 0 "))
		}) == nil
	})
	if err := b.EraseObject(t.Context(), "f1", bus.Documents, "f1/0"); err != nil {
		t.Fatal(err)
	}
	was := contentOf(t, b)
	shut(t, b)
	plain := decrypted(t, dir)
	if found := append(filesWith(t, plain, secret+" 17 "), filesWith(t, plain, secret+" 0 ")...); found != nil {
		t.Errorf("these still hold the erased messages: %q", found)
	}
	if found := filesWith(t, plain, strings.Repeat(secret, 4)); found != nil {
		t.Errorf("these still hold the erased document: %q", found)
	}
	if found := filesWith(t, plain, secret+" 18 "); found == nil {
		t.Error("another message is gone, too")
	}
	for _, index := range indexes(t, dir) {
		if err := os.Remove(index); err != nil { // as after a kill: the server reads every record again
			t.Fatal(err)
		}
	}
	if is := contentOf(t, open(t, encrypted(dir))); !maps.Equal(was, is) {
		t.Errorf("started again it has %d messages, want %d", len(is), len(was))
	}
}

func indexes(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "nats/encrypted/jetstream/*/streams/*/msgs/index.db"))
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

// decrypted copies the files of a bus into a folder, in plain text.
func decrypted(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "plain")
	if err := atrest.Decrypt(filepath.Join(dir, "nats"), to, busKey); err != nil {
		t.Fatal(err)
	}
	return to
}

func until(t *testing.T, what string, done func(context.Context) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(t.Context()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not yet:", what)
		}
	}
}

// TestAnEarlierVersionDoesNotStartOnAnEncryptedBus: it knows no key, and a server without one removes the
// streams that it can't open when they are made again.
func TestAnEarlierVersionDoesNotStartOnAnEncryptedBus(t *testing.T) {
	dir := t.TempDir()
	b := open(t, encrypted(dir))
	fillBus(t, b, 0, 3)
	was := contentOf(t, b)
	shut(t, b)
	s, err := server.NewServer(&server.Options{ServerName: "smokeball-sync", DontListen: true, JetStream: true, StoreDir: filepath.Join(dir, "nats"), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: bus.Inbox}); err == nil {
		t.Error("it makes the stream again")
	}
	conn.Close()
	s.Shutdown()
	s.WaitForShutdown()
	if is := contentOf(t, open(t, encrypted(dir))); !maps.Equal(was, is) {
		t.Errorf("after that the bus has %v, want %v", is, was)
	}
}
