package projections_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/projections"
)

// TestARebuildFoldsAllRowsBesideThoseThatAnswer: a row that is wrong in the file answers until the
// rebuild is done, and then the rows are those that the ledger gives.
func TestARebuildFoldsAllRowsBesideThoseThatAnswer(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	v := open(t, path)
	run(t, v, l)
	caughtUp(t, v, l)
	want := rows(t, v)
	v.Rebuild()
	v.Rebuild() // the same one
	wait, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for v.LastRebuild().Done == 0 {
		answers(t, v)
		_, moved := v.Changes()
		select {
		case <-moved:
		case <-time.After(time.Millisecond):
		case <-wait.Done():
			t.Fatalf("the rebuild is at %+v", v.LastRebuild())
		}
	}
	if r := v.LastRebuild(); r != (projections.Rebuild{Done: 1}) {
		t.Errorf("the rebuild is %+v", r)
	}
	same(t, "after the rebuild", rows(t, v), want)
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is left beside: %v", err)
	}
}

// TestAnInterruptedRebuildLeavesTheRowsAsTheyWere stops Run while a rebuild waits for the ledger.
func TestAnInterruptedRebuildLeavesTheRowsAsTheyWere(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	v := open(t, path)
	stop := run(t, v, l)
	caughtUp(t, v, l)
	want := rows(t, v)
	stop()
	slow := &gated{ledger: l, until: make(chan struct{})}
	v.Rebuild()
	stop = run(t, v, slow)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(path + ".new"); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the rebuild did not begin")
		}
	}
	answers(t, v)
	stop()
	if r := v.LastRebuild(); r.Done != 0 {
		t.Errorf("the rebuild is %+v", r)
	}
	same(t, "after the interruption", rows(t, v), want)
}
