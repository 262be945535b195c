package bus_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestWhoTriesPasswordsIsSlowedDown tries a hundred wrong ones, each of which the server alone
// would compare slowly. Who was let in before still is, from the same
// address, and so is who has a key.
func TestWhoTriesPasswordsIsSlowedDown(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), 9)
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "users:\n- {user: a, password: %q}\n- {user: b, password: %q}\n- {nkey: %s}\n", hash, hash, pub), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, func(c *bus.Config) { c.UsersFile = file })
	patient := nats.Timeout(time.Minute)
	dial(t, b, nats.UserInfo("a", "right"), patient)
	began := time.Now()
	if err := bcrypt.CompareHashAndPassword(hash, []byte("wrong")); err == nil {
		t.Fatal("it fits")
	}
	once := time.Since(began)
	began = time.Now()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 5 {
				if conn, err := bus.Dial(b.ClientURL(), nats.UserInfo("a", "wrong"), nats.Timeout(2*time.Minute)); err == nil {
					conn.Close()
					t.Error("a wrong password is let in")
				}
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 50*once {
		t.Errorf("a hundred wrong passwords take %s, one comparison %s", took, once)
	}
	dial(t, b, nats.UserInfo("a", "right"), patient)
	dial(t, b, nats.Nkey(pub, key.Sign), patient)
	if _, err := bus.Dial(b.ClientURL(), nats.UserInfo("b", "right"), patient); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a new user from an address that has tried too often: %v", err)
	}
	other, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bus.Dial(b.ClientURL(), nats.Nkey(pub, other.Sign), patient); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("another's key: %v", err)
	}
}
