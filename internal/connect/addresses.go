package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// pair is a secret webhook address and the key that signs what comes there.
type pair struct {
	Secret string `json:"secret"`
	Key    string `json:"key"`
}

func newPair() pair { return pair{Secret: random(), Key: random()} }

// hook is all pairs that a firm has: the one that Smokeball has, the one that a rotation
// is about to give it, and old ones for as long as they are accepted.
type hook struct {
	pair
	Rotation string    `json:"rotation,omitempty"` // the rotation that made the pair
	Next     *pair     `json:"next,omitempty"`
	Old      []oldPair `json:"old,omitempty"`
}

type oldPair struct {
	pair
	Until time.Time `json:"until"`
}

// address is where a secret leads to. It is found by a keyed hash of the secret.
type address struct {
	Firm  domain.FirmID `json:"firm"`
	Key   string        `json:"key"`
	Until time.Time     `json:"until,omitzero"` // zero: no end
}

// read opens a secret that write has kept.
func read[T any](ctx context.Context, s Secrets, name string) (v T, err error) {
	data, _, err := s.Load(ctx, name)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("read secret %s: it is not what was kept", name)
	}
	return v, nil
}

func write(ctx context.Context, s Secrets, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep secret %s: %w", name, err)
	}
	return s.Put(ctx, name, data)
}

func hookName(f domain.FirmID) string { return "hook." + string(f) }

// addresses keeps the secret webhook addresses of firms, and their keys.
type addresses struct {
	secrets Secrets
	vault   *vault.Vault
	now     func() time.Time

	mu    sync.Mutex
	found map[string]foundAddress // by name; see find
}

// foundAddress is an address that was read a moment ago.
type foundAddress struct {
	address
	at time.Time
}

const (
	// addressFresh is how long an address is not read again: webhooks come in bursts. When another
	// engine closes an address, this one accepts it for that long.
	addressFresh = time.Second
	mostFound    = 1000
)

// find returns where a secret leads to. One that leads nowhere is vault.ErrNone.
func (a *addresses) find(ctx context.Context, secret string) (address, error) {
	name, err := a.addressName(secret)
	if err != nil {
		return address{}, err
	}
	now := a.now()
	a.mu.Lock()
	known, ok := a.found[name]
	a.mu.Unlock()
	if ok && now.Sub(known.at).Abs() < addressFresh {
		return known.address, nil
	}
	to, err := read[address](ctx, a.secrets, name)
	if err == nil {
		a.remember(name, foundAddress{to, now})
	}
	return to, err
}

func (a *addresses) remember(name string, f foundAddress) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found == nil || len(a.found) >= mostFound {
		a.found = map[string]foundAddress{}
	}
	a.found[name] = f
}

func (a *addresses) forget(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.found, name)
}

func (a *addresses) addressName(secret string) (string, error) {
	name, err := a.vault.Name("webhook address " + secret)
	return "address." + name, err
}

// hook is the firm's pairs, the first made on first use.
func (a *addresses) hook(ctx context.Context, f domain.FirmID) (hook, error) {
	h, err := read[hook](ctx, a.secrets, hookName(f))
	if !errors.Is(err, vault.ErrNone) {
		return h, err
	}
	h = hook{pair: newPair()}
	if err := a.open(ctx, f, h.pair, time.Time{}); err != nil {
		return h, err
	}
	data, err := json.Marshal(h)
	if err != nil {
		return h, fmt.Errorf("make webhook address: %w", err)
	}
	if _, err := a.secrets.Save(ctx, hookName(f), data, 0); errors.Is(err, vault.ErrStale) {
		return read[hook](ctx, a.secrets, hookName(f)) // another engine was first
	} else if err != nil {
		return h, err
	}
	return h, nil
}

// open accepts webhooks at the pair's address until a time (zero: for ever).
func (a *addresses) open(ctx context.Context, f domain.FirmID, p pair, until time.Time) error {
	name, err := a.addressName(p.Secret)
	if err != nil {
		return err
	}
	defer a.forget(name)
	return write(ctx, a.secrets, name, address{Firm: f, Key: p.Key, Until: until})
}

// deleteAddresses destroys addresses; what arrives there later is refused.
func (a *addresses) deleteAddresses(ctx context.Context, secrets ...string) error {
	for _, s := range secrets {
		name, err := a.addressName(s)
		if err != nil {
			return err
		}
		err = a.secrets.Destroy(ctx, name)
		a.forget(name)
		if err != nil {
			return err
		}
	}
	return nil
}

// closeHook destroys the firm's secret addresses and keys.
func (a *addresses) closeHook(ctx context.Context, f domain.FirmID) error {
	h, err := read[hook](ctx, a.secrets, hookName(f))
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	all := []string{h.Secret}
	if h.Next != nil {
		all = append(all, h.Next.Secret)
	}
	for _, o := range h.Old {
		all = append(all, o.Secret)
	}
	if err := a.deleteAddresses(ctx, all...); err != nil {
		return err
	}
	return a.secrets.Destroy(ctx, hookName(f))
}
