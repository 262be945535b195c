package bus_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/atrest"
)

// TestADamagedNumberOfAMessageIsFound: in files with headers, gaps and overwritten messages, encrypted and
// not, no number is damaged; a bit of a number that changes is found, whichever it is, by name of the file.
func TestADamagedNumberOfAMessageIsFound(t *testing.T) {
	for name, at := range map[string]func(string) func(*bus.Config){"plain": plainly, "encrypted": encrypted} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, at(dir))
			fillBus(t, b, 0, 20)
			ackSome(t, b, 20)
			if _, err := b.JetStream().PublishMsg(brief(t), &nats.Msg{Subject: "sync.f1.matter.synced", Header: nats.Header{"Nats-Msg-Id": {"1"}}, Data: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			s, err := b.JetStream().Stream(brief(t), bus.Inbox)
			if err == nil {
				err = s.DeleteMsg(brief(t), 7)
			}
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			until(t, "every third message is erased", func(ctx context.Context) bool {
				return b.EraseMessages(ctx, "f1", func([]byte) bool { n++; return n%3 == 0 }) == nil
			})
			shut(t, b)
			c := bus.Config{DataDir: dir, Key: busKey}
			if list, err := c.Misnumbered(); err != nil || len(list) != 0 {
				t.Fatalf("undamaged files have %v, %v", list, err)
			}
			block := filepath.Join(atrest.Root(filepath.Join(dir, "nats"), name == "encrypted"), "jetstream", "ENGINE", "streams", bus.Inbox, "msgs", "1.blk")
			data, err := os.ReadFile(block)
			if err != nil {
				t.Fatal(err)
			}
			for bit := range 62 { // the two highest are flags
				data[4+bit/8] ^= 1 << (bit % 8)
				if err := os.WriteFile(block, data, 0o600); err != nil {
					t.Fatal(err)
				}
				if list, err := c.Misnumbered(); err != nil || fmt.Sprint(list) != fmt.Sprint([]atrest.Misnumbered{{Block: block, Number: 1 ^ 1<<bit}}) {
					t.Errorf("bit %d: %v, %v", bit, list, err)
				}
				data[4+bit/8] ^= 1 << (bit % 8)
			}
		})
	}
}
