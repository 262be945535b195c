package eventstore

import (
	"path/filepath"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// A closed journal stands for that of a file system that has stopped writing: bbolt's flush returned
// without an error, and the disk has lost the commit.
func TestNoAppendSucceedsThatTheDiskMayHaveLost(t *testing.T) {
	b, err := OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	again := Commit{Stream: domain.WebhookStream("f_1", "r_1"), At: sample().at, Events: []domain.Event{domain.SyncReleased{Sync: "s_1", Reason: "again"}}}
	if again.Last, err = b.Append(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if err := b.disk.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Append(t.Context(), again); err == nil {
		t.Error("the append succeeds")
	}
}
