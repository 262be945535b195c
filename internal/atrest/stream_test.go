package atrest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAFileThatAKilledServerLeftIsNoStream: NATS makes a file in each folder to see whether it can write
// there, and removes it. One that was left beside the accounts, the streams or a stream's messages
// keeps no engine from its start.
func TestAFileThatAKilledServerLeftIsNoStream(t *testing.T) {
	root := t.TempDir()
	one := streamOf(root, "ENGINE", "INBOX")
	if err := os.MkdirAll(one.messages(), 0o700); err != nil {
		t.Fatal(err)
	}
	left := []string{filepath.Join(root, guard), filepath.Join(root, guard, "ENGINE"), filepath.Dir(one.dir), one.dir, one.messages()}
	for _, dir := range left {
		if err := os.WriteFile(filepath.Join(dir, "_test_183780481"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(one.dir, metaFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := streams(root); err != nil || len(list) != 1 || list[0] != one {
		t.Errorf("the streams are %v: %v", list, err)
	}
}
