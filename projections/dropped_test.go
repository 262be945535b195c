package projections_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/casehug/smokeball-sync/projections"
)

// brittleKeys are keys that can't be destroyed while the disk fails.
type brittleKeys struct {
	projections.MemoryKeys
	failing atomic.Bool
}

var errDisk = errors.New("the disk fails")

func (k *brittleKeys) Drop(names ...string) error {
	if k.failing.Load() {
		return errDisk
	}
	return k.MemoryKeys.Drop(names...)
}

// TestAKeyWhoseEndFailedEndsWithTheNextFile: a rebuild whose old key can't be destroyed has failed, though
// another file has taken the place; when it is repeated, the keys of both earlier files end.
func TestAKeyWhoseEndFailedEndsWithTheNextFile(t *testing.T) {
	l, keys := aStory(t), &brittleKeys{}
	v, err := projections.Open(filepath.Join(t.TempDir(), "views.db"), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	first := keys.Names("")
	keys.failing.Store(true)
	failed := make(chan error, 1)
	go func() { failed <- v.Run(context.WithoutCancel(t.Context()), l) }()
	caughtUp(t, v, l)
	if err := v.Refold(t.Context()); err == nil {
		t.Error("the rebuild is done, and the key of the old rows is there")
	}
	if err := <-failed; !errors.Is(err, errDisk) {
		t.Errorf("the run ended with %v", err)
	}
	caughtUp(t, v, l) // with the rows that the file has
	keys.failing.Store(false)
	run(t, v, l)
	if err := v.Refold(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := keys.Names("")
	if len(first) != 1 || len(left) != 1 || left[0] == first[0] {
		t.Errorf("after %v the keys are %v", first, left)
	}
}
