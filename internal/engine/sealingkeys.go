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
type sealingKeys struct{ secrets *secrets.Bucket }

func (s sealingKeys) SealingKeys(ctx context.Context) ([]api.SealingKey, error) {
	keys, sealed, err := s.secrets.Keys(ctx)
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

func (s sealingKeys) RewrapSecrets(ctx context.Context) (int, error) { return s.secrets.Rewrap(ctx) }

func (s sealingKeys) RetireKey(ctx context.Context, text string) error {
	id, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return noSuchKey(text)
	}
	err = s.secrets.Retire(ctx, vault.KeyID(id))
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
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: "key_in_use", Message: "The key " + id + " " + why, Remedy: remedy}}
}
