package bus_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestMessagesThatAreDamagedAreFound damages the files of a stopped server whose messages nobody has
// taken in. The copy that is read leaves the files as they are.
func TestMessagesThatAreDamagedAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, func(c *bus.Config) { c.DataDir = dir })
	const n = 30
	for i := range n {
		m := &nats.Msg{Subject: "casehug.f_1.matter.created", Data: fmt.Appendf(nil, `{"n":%d}`, i)}
		if _, err := b.JetStream().PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	block := filepath.Join(dir, "nats", "jetstream", "ENGINE", "streams", bus.Inbox, "msgs", "1.blk")
	sound, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		damage  func([]byte) []byte
		damaged bool
	}{
		"whole":   {func(b []byte) []byte { return b }, false},
		"flipped": {func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, true},
		"cut":     {func(b []byte) []byte { return b[:len(b)/2] }, true},
		"zeros":   {func(b []byte) []byte { clear(b[len(b)/3 : len(b)/2]); return b }, true},
	} {
		if err := os.WriteFile(block, c.damage(bytes.Clone(sound)), 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := bus.OpenCopy(t.Context(), dir, t.TempDir(), nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		list, err := bus.ReadMessages(t.Context(), opened, func(_ string, _ map[string]string, body []byte) bool { return len(body) == len(`{"n":1}`) })
		if err != nil {
			t.Fatal(err)
		}
		shut(t, opened)
		m := list[0]
		if found := len(m.Lost) > 0 || m.Torn; m.Stream != bus.Inbox || found != c.damaged || (!c.damaged && (m.Read != n || m.Waiting != n || len(m.Odd) != n-10)) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
