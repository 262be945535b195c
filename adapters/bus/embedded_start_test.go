package bus

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAServerThatReadsOnAndOnIsNotWaitedFor: the engine says why it does not start, and ends when it is told to.
func TestAServerThatReadsOnAndOnIsNotWaitedFor(t *testing.T) {
	reads := make(chan struct{})
	defer close(reads)
	start := func() { <-reads }
	if err := finished(t.Context(), start, time.Millisecond); err == nil || !strings.Contains(err.Error(), "has not read its files within 1ms") {
		t.Errorf("too long: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := finished(ctx, start, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if err := finished(t.Context(), func() {}, time.Hour); err != nil {
		t.Errorf("it has read them: %v", err)
	}
}

func TestMoreFilesHaveMoreTimeToBeRead(t *testing.T) {
	dir := t.TempDir()
	if got := readTime(dir); got != 0 {
		t.Errorf("no files: %s", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "msgs"), 0o700); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "msgs", "1.blk")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 600*readRate); err != nil { // a hole takes no room on disk
		t.Fatal(err)
	}
	if got := readTime(dir); got != 10*time.Minute {
		t.Errorf("6,000 MiB: %s", got)
	}
}
