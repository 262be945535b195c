package projections_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// TestDamagedViewsAreFoldedAgain: a file whose pages are damaged is found when it is opened, when an
// event is folded or when somebody reads; the rows are those of the ledger again.
func TestDamagedViewsAreFoldedAgain(t *testing.T) {
	page := os.Getpagesize()
	for name, damage := range map[string]func([]byte) []byte{
		"no bbolt file":       func([]byte) []byte { return make([]byte, 5*page) },
		"cut off":             func(b []byte) []byte { return b[:len(b)/2] },
		"cut within a page":   func(b []byte) []byte { return b[:3*page+17] },
		"no page has its id":  func(b []byte) []byte { return spoil(b, page, func(int) bool { return true }) },
		"every fifth has not": func(b []byte) []byte { return spoil(b, page, func(n int) bool { return n%5 == 0 }) },
	} {
		t.Run(name, func(t *testing.T) {
			l := aStory(t)
			path := filepath.Join(t.TempDir(), "views.db")
			want := closedAfter(t, path, l)
			sound, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, damage(sound), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			v := open(t, path)
			run(t, v, l)
			for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
				got, err := v.Dump()
				if err == nil && len(got) == len(want) {
					same(t, "after the damage", got, want)
					return
				}
				if err != nil && !errors.Is(err, boltfile.ErrDamaged) || time.Now().After(end) {
					t.Fatalf("%d rows of %d, %v", len(got), len(want), err)
				}
			}
		})
	}
}

// spoil overwrites the beginning of pages.
func spoil(b []byte, size int, which func(int) bool) []byte {
	for n := 2; n < len(b)/size; n++ {
		if which(n) {
			copy(b[n*size:], "sixteen bytes, x")
		}
	}
	return b
}
