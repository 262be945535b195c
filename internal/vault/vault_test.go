package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/casehug/smokeball-sync/internal/vault"
)

func TestSealedValuesOpenAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "master.json")
	first := open(t, path)
	sealed, err := first.Seal([]byte("refresh-token"), "token.f_1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("refresh-token")) {
		t.Fatal("the sealed value shows the secret")
	}
	data, err := open(t, path).Unseal(sealed, "token.f_1")
	if err != nil || string(data) != "refresh-token" {
		t.Fatalf("opened %q, %v", data, err)
	}
}

func TestAValueOpensOnlyUnderItsLabelAndKey(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "a.json"))
	sealed, err := v.Seal([]byte("x"), "token.f_1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Unseal(sealed, "token.f_2"); err == nil {
		t.Error("another firm's label opened the value")
	}
	if _, err := open(t, filepath.Join(t.TempDir(), "b.json")).Unseal(sealed, "token.f_1"); err == nil {
		t.Error("another master key opened the value")
	}
}

func TestNamesAreStableAndKeyed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	a, b := name(t, open(t, path)), name(t, open(t, path))
	if a != b {
		t.Errorf("one key gave two names: %s, %s", a, b)
	}
	if c := name(t, open(t, filepath.Join(t.TempDir(), "b.json"))); c == a {
		t.Error("two keys gave one name")
	}
	if strings.ContainsAny(a, ".@ ") || len(a) != 26 {
		t.Errorf("name %q is no id", a)
	}
}

func TestAFileThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	open(t, path)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("got %v, want a refusal with the remedy", err)
	}
}

func TestADamagedFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(path); err == nil || !strings.Contains(err.Error(), "ENGINE_MASTER_KEY_FILE") {
		t.Fatalf("got %v, want an error that names the variable", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "{}" {
		t.Fatal("the damaged file was overwritten")
	}
}

func TestTwoProcessesThatStartTogetherShareOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _, _ = vault.Open(path) }) // the losers of the race report it
	}
	wg.Wait()
	want := name(t, open(t, path))
	if got := name(t, open(t, path)); got != want {
		t.Fatal("the key changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".master-*")); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func open(t *testing.T, path string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func name(t *testing.T, v *vault.Vault) string {
	t.Helper()
	n, err := v.Name("maria@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestADamagedMasterKeyFileIsRefused, whichever bit was flipped, or opens and names as it did.
func TestADamagedMasterKeyFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	v := open(t, path)
	sealed, named := seal(t, v, "x"), name(t, v)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := range sound {
		damaged := bytes.Clone(sound)
		damaged[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := vault.Open(path)
		if err != nil {
			refused++
			continue
		}
		if name(t, v) != named {
			t.Errorf("byte %d: the names are others", at)
		}
		wantOpens(t, v, sealed, "x")
	}
	if refused < len(sound)/2 {
		t.Errorf("%d of %d files are refused", refused, len(sound))
	}
}
