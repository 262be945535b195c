package projections_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// persons are what the story says of persons and their matter, as a search has them too.
var persons = []string{"Maria", "Rivera", "maria.rivera@example.com", "555-0142", "Rivera v. Apex Freight", "Apex Freight", "retainer agreement"}

// ofPersons names what of these bytes says something of a person, in UTF-8 or UTF-16.
func ofPersons(data []byte) (found []string) {
	data = bytes.ToLower(data)
	for _, text := range persons {
		text = strings.ToLower(text)
		for order, wide := range map[string]func([]byte, uint16) []byte{"little": binary.LittleEndian.AppendUint16, "big": binary.BigEndian.AppendUint16} {
			var b []byte
			for _, c := range utf16.Encode([]rune(text)) {
				b = wide(b, c)
			}
			if bytes.Contains(data, b) {
				found = append(found, text+" in UTF-16, "+order+" end first")
			}
		}
		if bytes.Contains(data, []byte(text)) {
			found = append(found, text)
		}
	}
	return found
}

// TestTheFileSaysNothingOfPersons: with its free pages, after many rows were changed, also while a copy
// of it is made; the rows and the search answer all the same.
func TestTheFileSaysNothingOfPersons(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	v := open(t, path)
	stop := run(t, v, l)
	caughtUp(t, v, l)
	for _, e := range []domain.Event{requested("s_late", domain.TriggerManual), begun("s_late", 1), approved()} {
		l.tell(t, domain.MatterStream(oak, matterOfMaria), e)
		caughtUp(t, v, l)
	}
	if list, _, err := v.Matters.Matters(oak, projections.MatterQuery{Text: "rivera"}); len(list) == 0 || err != nil {
		t.Fatalf("the search finds %d matters, %v", len(list), err)
	}
	said := false
	for _, value := range rows(t, v) {
		said = said || len(ofPersons([]byte(value))) > 0
	}
	if !said {
		t.Fatal("the rows say nothing of persons: the story tells nothing that could be found")
	}
	saysNothing(t, path)
	v.Rebuild()
	for v.LastRebuild().Done == 0 {
		saysNothing(t, path)
		time.Sleep(time.Millisecond)
	}
	stop()
	saysNothing(t, path)
}

// saysNothing looks through the files of views.
func saysNothing(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if found := ofPersons(data); len(found) > 0 {
			t.Errorf("%s holds %q in plain text", filepath.Base(file), found)
		}
	}
}

// TestAnotherFileHasAnotherKey: when a file takes the place of the old one, the key of the old one ends:
// whoever kept the old file can't read it.
func TestAnotherFileHasAnotherKey(t *testing.T) {
	for name, renew := range map[string]func(*projections.Views){"folded again": (*projections.Views).Rebuild, "copied": (*projections.Views).Renew} {
		t.Run(name, func(t *testing.T) {
			l := aStory(t)
			path := filepath.Join(t.TempDir(), "views.db")
			want := closedAfter(t, path, l)
			before := keysOf(path).Names("")
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v := open(t, path)
			stop := run(t, v, l)
			renew(v)
			for v.Renewed() == 0 {
				time.Sleep(time.Millisecond)
			}
			stop()
			same(t, name, rows(t, v), want)
			after := keysOf(path).Names("")
			if len(before) != 1 || len(after) != 1 || before[0] == after[0] {
				t.Fatalf("the keys were %q and are %q", before, after)
			}
			kept := path + ".kept"
			if err := os.WriteFile(kept, old, 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := projections.OpenStored(kept, keysOf(path)); !errors.Is(err, projections.ErrNoKey) {
				t.Errorf("the old file opens: %v, %v", s, err)
			}
		})
	}
}

// TestAnAlteredOrSwappedRowIsFound when it is read, and the views are folded again.
func TestAnAlteredOrSwappedRowIsFound(t *testing.T) {
	for name, change := range map[string]func(rows *bbolt.Bucket) error{
		"a bit of each row": func(rows *bbolt.Bucket) error {
			return forEach(rows, func(_ int, value []byte) []byte { value[len(value)/2] ^= 4; return value })
		},
		"a row in the place of another": func(rows *bbolt.Bucket) error {
			var first []byte
			return forEach(rows, func(n int, value []byte) []byte {
				if n == 0 {
					first = value
				}
				return first
			})
		},
		"a row that nobody has sealed": func(rows *bbolt.Bucket) error {
			return forEach(rows, func(int, []byte) []byte { return []byte(`{"firm":"f_oak"}`) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := aStory(t)
			path := filepath.Join(t.TempDir(), "views.db")
			want := closedAfter(t, path, l)
			edit(t, path, func(tx *bbolt.Tx, _ *projections.MemoryKeys) error {
				return change(tx.Bucket([]byte(bucket(projections.History, 0))).Bucket([]byte("rows")))
			})
			stored, err := projections.OpenStored(path, keysOf(path))
			if err != nil {
				t.Fatal(err)
			}
			where, err := stored.Unlike(folded(t, l))
			if closed := stored.Close(); err != nil || closed != nil || !strings.Contains(where, bucket(projections.History, 0)+"/rows/") {
				t.Errorf("differs at %q, %v, %v", where, err, closed)
			}
			v := open(t, path)
			run(t, v, l)
			waiting, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for v.Renewed() == 0 && waiting.Err() == nil {
				_, _ = v.Dump() // reads the row
				time.Sleep(time.Millisecond)
			}
			same(t, name, rows(t, v), want)
		})
	}
}

// forEach puts something in the place of each value.
func forEach(b *bbolt.Bucket, other func(n int, value []byte) []byte) error {
	values := map[string][]byte{}
	n := 0
	err := b.ForEach(func(k, value []byte) error {
		values[string(k)] = other(n, bytes.Clone(value))
		n++
		return nil
	})
	if n < 2 {
		err = errors.New("the story has fewer than two rows")
	}
	for k, value := range values {
		err = errors.Join(err, b.Put([]byte(k), value))
	}
	return err
}

// TestViewsWhoseKeyIsLostAreFoldedAgain, and the keys that killed engines have left end.
func TestViewsWhoseKeyIsLostAreFoldedAgain(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	want := closedAfter(t, path, l)
	if err := keysOf(path).Drop(keysOf(path).Names("")...); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"views.left", "views.other"} {
		if _, err := keysOf(path).Key(left); err != nil {
			t.Fatal(err)
		}
	}
	v := open(t, path)
	if v.Damage() == nil {
		t.Error("nobody is told that the key is lost")
	}
	if names := keysOf(path).Names(""); len(names) != 1 || strings.HasPrefix(names[0], "views.left") {
		t.Errorf("the keys are %q", names)
	}
	run(t, v, l)
	caughtUp(t, v, l)
	same(t, "without the key", rows(t, v), want)
}

// TestAFileInPlainTextIsSealed when it is opened: its rows answer, nothing is folded again, and nothing
// of it is left in the folder.
func TestAFileInPlainTextIsSealed(t *testing.T) {
	l := aStory(t)
	path := filepath.Join(t.TempDir(), "views.db")
	v := folded(t, l)
	want := rows(t, v)
	if err := projections.WritePlain(v, path); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if data, _ := io.ReadAll(old); len(ofPersons(data)) < len(persons)/2 {
		t.Fatalf("the plain file says only %q", ofPersons(data))
	}
	sealed := open(t, path)
	if sealed.Damage() != nil || sealed.Position() != l.last() {
		t.Errorf("the views are at %d of %d, damage %v", sealed.Position(), l.last(), sealed.Damage())
	}
	same(t, "sealed", rows(t, sealed), want)
	saysNothing(t, path)
	if _, err := old.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(old); len(ofPersons(data)) > 0 {
		t.Errorf("what was the plain file still says %q", ofPersons(data))
	}
}
