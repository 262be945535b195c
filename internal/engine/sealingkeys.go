package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// sealingKeys are the vault's keys as operators know them.
type sealingKeys struct {
	secrets *secrets.Bucket
	others  []wrappedKeys // data keys and local keys
}

// wrappedKeys are keys that the master keyset wraps.
type wrappedKeys interface {
	Wrapped() (map[vault.KeyID]int, error)
	Rewrap() (int, error)
	Forget() (int, error)
}

// wrappedKeys are those that an engine keeps.
func (s *storage) wrappedKeys() (list []wrappedKeys) {
	if s.keys != nil {
		list = append(list, s.keys)
	}
	if s.local != nil {
		list = append(list, s.local)
	}
	return list
}

// sealed is how many secrets and other keys each key has sealed.
func (s sealingKeys) sealed(ctx context.Context) (keys []vault.Key, sealed map[vault.KeyID]int, err error) {
	keys, sealed, err = s.secrets.Keys(ctx)
	wrapped, err := s.wrapped(err)
	for id, n := range wrapped {
		sealed[id] += n
	}
	return keys, sealed, err
}

// wrapped is how many other keys each key wraps, unless err is an error.
func (s sealingKeys) wrapped(err error) (map[vault.KeyID]int, error) {
	sum := map[vault.KeyID]int{}
	for _, keys := range s.others {
		if err != nil {
			break
		}
		var counts map[vault.KeyID]int
		counts, err = keys.Wrapped()
		for id, n := range counts {
			sum[id] += n
		}
	}
	return sum, err
}

func (s sealingKeys) SealingKeys(ctx context.Context) ([]api.SealingKey, error) {
	keys, sealed, err := s.sealed(ctx)
	list := []api.SealingKey{}
	for _, k := range keys {
		list = append(list, api.SealingKey{ID: k.ID.String(), Primary: k.Primary, Known: true, Secrets: sealed[k.ID]})
		delete(sealed, k.ID)
	}
	for id, n := range sealed {
		list = append(list, api.SealingKey{ID: id.String(), Secrets: n})
	}
	return list, err
}

func (s sealingKeys) RotateKey(context.Context) (string, error) {
	id, err := s.secrets.Rotate()
	return id.String(), err
}

func (s sealingKeys) RewrapSecrets(ctx context.Context) (int, error) {
	done, err := s.secrets.Rewrap(ctx)
	return s.andOthers(done, err, wrappedKeys.Rewrap)
}

// andOthers does to the other keys what was done to secrets, unless err is an error.
func (s sealingKeys) andOthers(done int, err error, do func(wrappedKeys) (int, error)) (int, error) {
	for _, keys := range s.others {
		if err != nil {
			break
		}
		var more int
		more, err = do(keys)
		done += more
	}
	return done, err
}

func (s sealingKeys) RetireKey(ctx context.Context, text string) error {
	id, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return noSuchKey(text)
	}
	wrapped, err := s.wrapped(nil)
	switch {
	case err != nil:
	case wrapped[vault.KeyID(id)] > 0 && !s.secrets.Vault.IsPrimary(vault.KeyID(id)):
		err = vault.ErrInUse
	default:
		err = s.secrets.Retire(ctx, vault.KeyID(id))
	}
	switch {
	case errors.Is(err, vault.ErrNoKey):
		return noSuchKey(text)
	case errors.Is(err, vault.ErrPrimary):
		return keyNeeded(text, "seals new secrets", "Run “keys rotate” first.")
	case errors.Is(err, vault.ErrInUse):
		return keyNeeded(text, "still opens secrets", "Run “keys rewrap” first.")
	}
	return err
}

func noSuchKey(id string) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound,
		Message: fmt.Sprintf("The master key file has no key %s", id), Remedy: "“keys list” shows those that it has."}}
}

func keyNeeded(id, why, remedy string) error {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeKeyInUse, Message: "The key " + id + " " + why, Remedy: remedy}}
}
