package vault_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/casehug/smokeball-sync/internal/vault"
)

func TestAfterARotationOldValuesOpenAndNewOnesAreSealedWithTheNewKey(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "a.json"))
	old := seal(t, v, "before")
	first := sealedBy(t, old)
	id, err := v.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if got := sealedBy(t, seal(t, v, "after")); got != id || got == first {
		t.Errorf("a new value is sealed by %s, want the new key %s", got, id)
	}
	wantOpens(t, v, old, "before")
	if keys := v.Keys(); len(keys) != 2 || keys[0] != (vault.Key{ID: first}) || keys[1] != (vault.Key{ID: id, Primary: true}) {
		t.Errorf("the keys are %v", keys)
	}
}

// TestEnginesTakeARotationOver rotates in one engine while another one runs on the same
// file.
func TestEnginesTakeARotationOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	a, b := open(t, path), open(t, path)
	id, err := a.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	wantOpens(t, b, seal(t, a, "by the new key"), "by the new key")
	if got := sealedBy(t, seal(t, b, "x")); got != id {
		t.Errorf("the other engine seals with %s, want %s", got, id)
	}
	if name(t, a) != name(t, b) || name(t, a) != name(t, open(t, path)) {
		t.Error("the rotation changed what names are derived")
	}
}

func TestRotationsAtTheSameTimeLoseNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	open(t, path)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			v, err := vault.Open(path)
			if err == nil {
				_, err = v.Rotate()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if keys := open(t, path).Keys(); len(keys) != 9 {
		t.Errorf("%d keys after 8 rotations, want 9", len(keys))
	}
}

func TestOnlyAKeyThatSealsNothingNewIsRetired(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "a.json"))
	sealed := seal(t, v, "x")
	first := sealedBy(t, sealed)
	if err := v.Retire(first); !errors.Is(err, vault.ErrPrimary) {
		t.Errorf("the only key: %v", err)
	}
	if err := v.Retire(first + 1); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("a key that is none: %v", err)
	}
	if _, err := v.Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := v.Retire(first); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Unseal(sealed, "label"); err == nil {
		t.Error("what the retired key sealed still opens")
	}
}

func TestAValueThatIsNotSealedHasNoKey(t *testing.T) {
	for _, data := range [][]byte{nil, {1, 2, 3, 4}, []byte("plain text")} {
		if id, ok := vault.SealedBy(data); ok {
			t.Errorf("%q was sealed by %s", data, id)
		}
	}
}

func seal(t *testing.T, v *vault.Vault, text string) []byte {
	t.Helper()
	sealed, err := v.Seal([]byte(text), "label")
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func sealedBy(t *testing.T, sealed []byte) vault.KeyID {
	t.Helper()
	id, ok := vault.SealedBy(sealed)
	if !ok {
		t.Fatalf("%q is not sealed", sealed)
	}
	return id
}

func wantOpens(t *testing.T, v *vault.Vault, sealed []byte, want string) {
	t.Helper()
	if data, err := v.Unseal(sealed, "label"); err != nil || string(data) != want {
		t.Errorf("opened %q, %v; want %q", data, err, want)
	}
}
