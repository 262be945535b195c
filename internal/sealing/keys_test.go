package sealing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func key(t *testing.T, k *Keys, subject string) *dataKey {
	t.Helper()
	key, err := k.seals(subject)
	if err == nil && key != nil {
		err = k.settled(key.batch)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeysOutliveARestart, and one subject has one key however many ask for it at once.
func TestKeysOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	k := openKeys(t, dir)
	sealed := make([][]byte, 40)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			if key := key(t, k, fmt.Sprint("matter.f.", i%4)); key != nil {
				sealed[i] = key.Seal(nil, nil, []byte("text"), nil)
			}
		})
	}
	wg.Wait()
	again := openKeys(t, dir)
	for i, bytes := range sealed {
		key, err := again.opens(fmt.Sprint("matter.f.", i%4))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := key.Open(nil, nil, bytes, nil); err != nil || string(plain) != "text" {
			t.Fatalf("text %d opens as %q, %v", i, plain, err)
		}
	}
	if info, _ := os.Stat(Path(dir)); info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %o", info.Mode())
	}
	if f := again.home.(*keyFile); f.length != 4 {
		t.Errorf("the file has %d keys", f.length)
	}
}

// TestTheFileOfKeysGrowsSeldom: a flush that tells the file system of a new size costs several of one that
// does not. What is not used yet is given away neither as a key nor to a backup.
func TestTheFileOfKeysGrowsSeldom(t *testing.T) {
	f, err := openKeyFile(filepath.Join(t.TempDir(), "data-keys"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	grown, size := 0, int64(0)
	const keys = 300
	for n := range int64(keys) {
		s, err := f.add(fmt.Sprint("matter.f_1.m_", n), []byte("wrapped"))
		if err == nil {
			err = f.flush(s.batch)
		}
		if err != nil || s.place != n {
			t.Fatalf("key %d is at place %d, %v", n, s.place, err)
		}
		if info, _ := f.file.Stat(); info.Size() != size {
			grown, size = grown+1, info.Size()
		}
	}
	if grown > 6 {
		t.Errorf("%d keys have grown the file %d times", keys, grown)
	}
	if data, err := f.bytes(); err != nil || len(data) != keys*slotSize {
		t.Errorf("a backup gets %d bytes, %v", len(data), err)
	}
	again, err := openKeyFile(f.path, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.close() })
	if again.length != keys || len(again.slots) != keys {
		t.Errorf("opened again it has %d places, %d keys", again.length, len(again.slots))
	}
}

// TestADestroyedKeyIsNowhereInTheFile, and stays destroyed.
// A closed journal stands for that of a file system that has stopped writing.
func TestNoKeyIsUsedThatTheDiskMayHaveLost(t *testing.T) {
	f, err := openKeyFile(filepath.Join(t.TempDir(), "data-keys"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	if err := f.disk.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := f.add("m.f_1.m_1", []byte("wrapped"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.flush(s.batch); err == nil {
		t.Error("the key counts as written")
	}
}

func TestADestroyedKeyIsNowhereInTheFile(t *testing.T) {
	dir := t.TempDir()
	k := openKeys(t, dir)
	key(t, k, "matter.f.1")
	key(t, k, "matter.f.2")
	wrapped := k.home.find("matter.f.1").wrapped
	for range 2 {
		if err := k.Destroy("matter.f.1", "matter.f.3"); err != nil {
			t.Fatal(err)
		}
	}
	key(t, k, "matter.f.4")
	if data, _ := os.ReadFile(Path(dir)); bytes.Contains(data, wrapped[8:]) || bytes.Contains(data, wrapped[:16]) {
		t.Error("the file still holds the wrapped key")
	}
	for _, k := range []*Keys{k, openKeys(t, dir)} {
		for subject, erased := range map[string]bool{"matter.f.1": true, "matter.f.2": false, "matter.f.3": true, "matter.f.4": false} {
			if key := key(t, k, subject); (key == nil) != erased || k.erased(subject) != erased {
				t.Errorf("%s has a key %v, and counts as erased: %v", subject, key != nil, k.erased(subject))
			}
		}
	}
}

// TestAMissingKeyIsNoErasure: a ledger whose keys were lost is not silently empty.
func TestAMissingKeyIsNoErasure(t *testing.T) {
	dir := t.TempDir()
	key(t, openKeys(t, dir), "matter.f.1")
	data, err := os.ReadFile(Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	data[20] ^= 1
	if err := os.WriteFile(Path(dir), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeys(t, dir).opens("matter.f.1"); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged key is told as %v", err)
	}
}

// TestDataKeysAreWrappedAgain: after a rotation and a rewrap the old master key is in use no more.
func TestDataKeysAreWrappedAgain(t *testing.T) {
	dir := t.TempDir()
	k := openKeys(t, dir)
	sealed := key(t, k, "matter.f.1").Seal(nil, nil, []byte("text"), nil)
	old := k.vault.Keys()[0].ID
	id, err := k.vault.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := k.Rewrap(); n != 1 || err != nil {
		t.Fatalf("%d wrapped again, %v", n, err)
	}
	if n, _ := k.Wrapped(); n[old] != 0 || n[id] != 1 {
		t.Errorf("wrapped are %v", n)
	}
	if err := k.vault.Retire(old); err != nil {
		t.Fatal(err)
	}
	again := openKeys(t, dir)
	key, err := again.opens("matter.f.1")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := key.Open(nil, nil, sealed, nil); err != nil || string(plain) != "text" {
		t.Errorf("it opens as %q, %v", plain, err)
	}
}

// TestKeysThatNothingOpensCountAsErased after an operator has said so.
func TestKeysThatNothingOpensCountAsErased(t *testing.T) {
	dir := t.TempDir()
	key(t, openKeys(t, dir), "matter.f.1")
	if err := os.Remove(filepath.Join(dir, "master-key.json")); err != nil {
		t.Fatal(err)
	}
	k := openKeys(t, dir)
	if _, err := k.opens("matter.f.1"); err == nil {
		t.Error("another master key opens it")
	}
	if n, err := k.Forget(); n != 1 || err != nil || !k.erased("matter.f.1") {
		t.Errorf("%d forgotten, %v", n, err)
	}
}

// TestAnErasureLosesNoKeyThatIsMadeMeanwhile: keys that were used are in the file, whatever was erased
// while they were on their way to it.
func TestAnErasureLosesNoKeyThatIsMadeMeanwhile(t *testing.T) {
	dir := t.TempDir()
	k := openKeys(t, dir)
	var made sync.WaitGroup
	for by := range 8 {
		made.Go(func() {
			for i := range 25 {
				key(t, k, fmt.Sprintf("matter.f.%d-%d", by, i))
			}
		})
	}
	for i := range 40 {
		if err := k.Destroy(fmt.Sprint("matter.f.erased-", i)); err != nil {
			t.Fatal(err)
		}
	}
	made.Wait()
	again := openKeys(t, dir)
	for by := range 8 {
		for i := range 25 {
			if _, err := again.opens(fmt.Sprintf("matter.f.%d-%d", by, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 40 {
		if s := fmt.Sprint("matter.f.erased-", i); !again.erased(s) {
			t.Errorf("%s is not erased", s)
		}
	}
}

// TestAKeyErasedDuringARewrapIsSkipped: the rewrap goes on with the others.
func TestAKeyErasedDuringARewrapIsSkipped(t *testing.T) {
	k := openKeys(t, t.TempDir())
	var subjects []string
	for i := range 60 {
		subjects = append(subjects, fmt.Sprint("matter.f.", i))
		key(t, k, subjects[i])
	}
	if _, err := k.vault.Rotate(); err != nil {
		t.Fatal(err)
	}
	erased := make(chan error)
	go func() { erased <- k.Destroy(subjects...) }()
	if n, err := k.Rewrap(); err != nil {
		t.Errorf("after %d of %d keys: %v", n, len(subjects), err)
	}
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		if !k.erased(s) {
			t.Errorf("%s is not erased", s)
		}
	}
}

// TestAnErasureAlsoOverwritesWhatAKilledRewrapLeft: the key as it was wrapped before.
func TestAnErasureAlsoOverwritesWhatAKilledRewrapLeft(t *testing.T) {
	dir := t.TempDir()
	k := openKeys(t, dir)
	key(t, k, "matter.f.1")
	before := k.home.find("matter.f.1").wrapped
	if _, err := k.vault.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Rewrap(); err != nil {
		t.Fatal(err)
	}
	slot, err := encodeSlot("matter.f.1", slot{state: present, wrapped: before})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.home.(*keyFile).write(slot, 0); err != nil { // as if the kill had come before it was overwritten
		t.Fatal(err)
	}
	again := openKeys(t, dir)
	if err := again.Destroy("matter.f.1"); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(Path(dir)); bytes.Contains(data, before[:16]) {
		t.Error("the file still holds the key as it was wrapped before")
	}
}
