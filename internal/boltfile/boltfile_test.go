package boltfile_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// file is a closed file with three levels of pages, a bucket within a bucket and free pages.
func file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := boltfile.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	fill := func(tx *bbolt.Tx) error {
		log, err := tx.CreateBucketIfNotExists([]byte("log"))
		if err != nil {
			return err
		}
		for i := range uint64(3000) {
			if err := log.Put(binary.BigEndian.AppendUint64([]byte("a long key, so that there are branches "), i), make([]byte, 40+i%100)); err != nil {
				return err
			}
		}
		rows, err := tx.CreateBucketIfNotExists([]byte("view"))
		if err != nil {
			return err
		}
		small, err := rows.CreateBucketIfNotExists([]byte("rows"))
		if err != nil {
			return err
		}
		return small.Put([]byte("k"), make([]byte, 9000)[:tx.ID()*2000])
	}
	if err := errors.Join(boltfile.Update(db, fill), boltfile.Update(db, fill), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAWholeFileHasNoFault(t *testing.T) {
	path := file(t)
	if faults, err := boltfile.Check(path); len(faults) > 0 || err != nil {
		t.Errorf("faults: %v, %v", faults, err)
	}
	if faults, err := boltfile.Check(path + ".none"); len(faults) > 0 || err != nil {
		t.Errorf("faults of no file: %v, %v", faults, err)
	}
}

// TestDamageIsNeitherAPanicNorACircle flips bits, puts pages in the place of others and cuts the file
// off. A file in which Check finds nothing is read by bbolt to its end, with as many keys.
func TestDamageIsNeitherAPanicNorACircle(t *testing.T) {
	path := file(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found, size := 0, os.Getpagesize()
	for seed := range uint64(300) {
		chance := rand.New(rand.NewPCG(seed, 1))
		data := append([]byte(nil), sound...)
		page := func() []byte { n := chance.IntN(len(data) / size); return data[size*n : size*n+size] }
		switch seed % 4 {
		case 0:
			page()[chance.IntN(64)] ^= 1 << chance.IntN(8) // where pages say what they are
		case 1:
			data[chance.IntN(len(data))] ^= 1 << chance.IntN(8)
		case 2:
			copy(page(), page())
		case 3:
			data = data[:chance.IntN(len(data))]
		}
		broken := filepath.Join(t.TempDir(), fmt.Sprint(seed))
		if err := os.WriteFile(broken, data, 0o600); err != nil {
			t.Fatal(err)
		}
		faults, err := boltfile.Check(broken)
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) > 0 {
			found++
			continue
		}
		if n, err := count(broken); len(data) > 0 && (n != 3001 || err != nil) {
			t.Errorf("seed %d: bbolt reads %d keys, %v, and no fault was found", seed, n, err)
		}
	}
	if found < 100 {
		t.Errorf("faults in %d of 300 files", found)
	}
}

// TestGuardedReadsReturnErrors, whatever bbolt does.
func TestGuardedReadsReturnErrors(t *testing.T) {
	path := file(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 2 * os.Getpagesize(); at < len(sound); at += os.Getpagesize() {
		copy(sound[at:at+16], "sixteen bytes, x") // no page says what it is
	}
	if err := os.WriteFile(path, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := count(path); !errors.Is(err, boltfile.ErrDamaged) {
		t.Errorf("reading returns %v", err)
	}
	if _, err := count(filepath.Join(filepath.Dir(path), "none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestPagesInACircleAreRefused lets each branch page lead to each of those above it, and to itself: the
// file is refused when it is opened, and Check says which page it is.
func TestPagesInACircleAreRefused(t *testing.T) {
	path := file(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size, tried := os.Getpagesize(), 0
	branches := branchesOf(t, path)
	for _, lower := range branches {
		for _, upper := range branches {
			data := append([]byte(nil), sound...)
			n := int(binary.LittleEndian.Uint16(data[lower*size+10:]))
			if upper == lower || leadsTo(data, size, upper, lower) {
				binary.LittleEndian.PutUint64(data[lower*size+16+16*(tried%n)+8:], uint64(upper))
			} else {
				continue
			}
			tried++
			broken := filepath.Join(t.TempDir(), fmt.Sprint(tried))
			if err := os.WriteFile(broken, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, only := range []bool{true, false} {
				db, err := boltfile.Open(broken, 0o600, &bbolt.Options{ReadOnly: only})
				if err == nil {
					_ = db.Close()
				}
				if !errors.Is(err, boltfile.ErrDamaged) {
					t.Errorf("page %d leads to page %d: opening it returns %v", lower, upper, err)
				}
			}
			if faults, err := boltfile.Check(broken); err != nil || len(faults) == 0 {
				t.Errorf("page %d leads to page %d: %v, %v", lower, upper, faults, err)
			}
		}
	}
	if tried < 5 {
		t.Fatalf("%d circles were tried", tried)
	}
}

// branchesOf are the branch pages that the file uses.
func branchesOf(t *testing.T, path string) (list []int) {
	t.Helper()
	db, err := boltfile.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 2; ; id++ {
			p, err := tx.Page(id)
			if p == nil || err != nil {
				return err
			}
			if p.Type == "branch" {
				list = append(list, id)
			}
		}
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return list
}

// leadsTo reports whether a branch page leads to another one.
func leadsTo(data []byte, size, from, to int) bool {
	for i := range int(binary.LittleEndian.Uint16(data[from*size+10:])) {
		child := int(binary.LittleEndian.Uint64(data[from*size+16+16*i+8:]))
		if child == to || (binary.LittleEndian.Uint16(data[child*size+8:]) == 1 && leadsTo(data, size, child, to)) {
			return true
		}
	}
	return false
}

// count reads all keys and values.
func count(path string) (n int, err error) {
	db, err := boltfile.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	var all func(*bbolt.Bucket) error
	all = func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return all(b.Bucket(k))
			}
			n++
			return nil
		})
	}
	err = boltfile.View(db, func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return all(b) })
	})
	return n, errors.Join(err, db.Close())
}
