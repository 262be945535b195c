package sealing

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/internal/vault"
)

func openLocal(t *testing.T, dir string) (*LocalKeys, *vault.Vault) {
	t.Helper()
	v, err := vault.Open(filepath.Join(dir, "master-key.json"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := OpenLocalKeys(LocalPath(dir), v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, v
}

func localKey(t *testing.T, l *LocalKeys, name string) []byte {
	t.Helper()
	key, err := l.Key(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestALocalKeyOutlivesARestartAndARotation, and is in the file only as the master keyset wraps it.
func TestALocalKeyOutlivesARestartAndARotation(t *testing.T) {
	dir := t.TempDir()
	l, v := openLocal(t, dir)
	views, bus := localKey(t, l, "views.1"), localKey(t, l, "bus")
	if len(views) != 32 || bytes.Equal(views, bus) {
		t.Fatalf("two names have the keys %x and %x", views, bus)
	}
	old := v.Keys()[0].ID
	if _, err := v.Rotate(); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Rewrap(); n != 2 || err != nil {
		t.Fatalf("%d wrapped again, %v", n, err)
	}
	if n, _ := l.Wrapped(); n[old] != 0 {
		t.Errorf("wrapped are %v", n)
	}
	if err := v.Retire(old); err != nil {
		t.Fatal(err)
	}
	again, _ := openLocal(t, dir)
	if got := localKey(t, again, "views.1"); !bytes.Equal(got, views) {
		t.Error("the key is another one after a restart")
	}
	data, err := os.ReadFile(LocalPath(dir))
	if err != nil || bytes.Contains(data, views) || bytes.Contains(data, bus) {
		t.Errorf("the file holds a key as it is (%v)", err)
	}
}

// TestADroppedLocalKeyIsNowhereInTheFile, and its name gets another one.
func TestADroppedLocalKeyIsNowhereInTheFile(t *testing.T) {
	dir := t.TempDir()
	l, v := openLocal(t, dir)
	first, kept := localKey(t, l, "views.1"), localKey(t, l, "views.2")
	wrapped := [][]byte{l.file.find("views.1").wrapped}
	if _, err := v.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Rewrap(); err != nil {
		t.Fatal(err)
	}
	wrapped = append(wrapped, l.file.find("views.1").wrapped)
	for range 2 {
		if err := l.Drop("views.1", "views.3"); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(LocalPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrapped {
		if bytes.Contains(data, w[8:]) {
			t.Error("the file still holds the wrapped key")
		}
	}
	for _, l := range []*LocalKeys{l, func() *LocalKeys { again, _ := openLocal(t, dir); return again }()} {
		if key, err := l.Find("views.1"); key != nil || err != nil {
			t.Errorf("the dropped key is found: %x, %v", key, err)
		}
		if names := l.Names("views."); !slices.Equal(names, []string{"views.2"}) {
			t.Errorf("the names are %q", names)
		}
	}
	if bytes.Equal(localKey(t, l, "views.1"), first) || !bytes.Equal(localKey(t, l, "views.2"), kept) {
		t.Error("the dropped key has returned, or the other one was changed")
	}
}

// TestALocalKeyThatDoesNotOpenIsNotReplaced unless it is forgotten: what it has sealed would be lost.
func TestALocalKeyThatDoesNotOpenIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	l, _ := openLocal(t, dir)
	localKey(t, l, "bus")
	if err := os.Remove(filepath.Join(dir, "master-key.json")); err != nil {
		t.Fatal(err)
	}
	lost, _ := openLocal(t, dir)
	if key, err := lost.Key("bus"); err == nil {
		t.Fatalf("the key is %x", key)
	}
	if n, err := lost.Forget(); n != 1 || err != nil {
		t.Fatalf("forgot %d, %v", n, err)
	}
	localKey(t, lost, "bus")
}

// TestLocalKeysAreReadWithoutTheirEngine, and nothing is written then.
func TestLocalKeysAreReadWithoutTheirEngine(t *testing.T) {
	dir := t.TempDir()
	master := filepath.Join(dir, "master-key.json")
	none, err := OpenLocalKeysReadOnly(LocalPath(dir), master)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := none.Find("bus"); key != nil || err != nil {
		t.Fatalf("without a file the key is %x, %v", key, err)
	}
	l, _ := openLocal(t, dir)
	want := localKey(t, l, "bus")
	read, err := OpenLocalKeysReadOnly(LocalPath(dir), master)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if got, err := read.Find("bus"); !bytes.Equal(got, want) || err != nil {
		t.Errorf("the key is read as %x, %v", got, err)
	}
	if _, err := read.Key("another"); err == nil {
		t.Error("a key was made in a file that is only read")
	}
	if err := read.Drop("bus"); err == nil {
		t.Error("a key was dropped in a file that is only read")
	}
}
