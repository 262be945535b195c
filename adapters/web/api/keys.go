package api

import (
	"context"
)

// SealingKey is a key of the master keyset, which seals tokens and webhook keys.
type SealingKey struct {
	ID      string `json:"id" doc:"Eight hexadecimal digits."`
	Primary bool   `json:"primary" doc:"What is sealed from now on is sealed with it."`
	Known   bool   `json:"known" doc:"False: the key is in the master key file no more, and what it sealed can't be opened."`
	Secrets int    `json:"secrets" doc:"How many secrets are sealed with it."`
}

// Keys keeps the sealing keys.
type Keys interface {
	SealingKeys(ctx context.Context) ([]SealingKey, error)
	// RotateKey adds a key for what is sealed from now on and returns its id.
	RotateKey(ctx context.Context) (id string, err error)
	// RewrapSecrets seals with the newest key what older ones sealed, and counts it.
	RewrapSecrets(ctx context.Context) (secrets int, err error)
	// RetireKey removes a key. One that is not there is a Rejection (Unknown), one that is
	// still needed a Conflict.
	RetireKey(ctx context.Context, id string) error
}

// SealingKeys rotates and removes sealing keys.
type SealingKeys struct{ Keys Keys }

type keyPath struct {
	ID string `path:"id" doc:"The key's id."`
}

// rotatedBody names the key that seals from now on.
type rotatedBody struct {
	ID string `json:"id"`
}

// rewrappedBody is the outcome of a rewrap.
type rewrappedBody struct {
	Secrets int `json:"secrets" doc:"How many secrets were sealed again."`
}

// List lists the keys.
func (s SealingKeys) List(ctx context.Context, _ *struct{}) (*answer[list[SealingKey]], error) {
	keys, err := s.Keys.SealingKeys(ctx)
	return &answer[list[SealingKey]]{Body: listOf(keys, 0)}, err
}

// Rotate adds a key that seals from now on.
func (s SealingKeys) Rotate(ctx context.Context, _ *struct{}) (*answer[rotatedBody], error) {
	id, err := s.Keys.RotateKey(ctx)
	return &answer[rotatedBody]{Body: rotatedBody{id}}, err
}

// Rewrap seals with the newest key what older ones sealed.
func (s SealingKeys) Rewrap(ctx context.Context, _ *struct{}) (*answer[rewrappedBody], error) {
	n, err := s.Keys.RewrapSecrets(ctx)
	return &answer[rewrappedBody]{Body: rewrappedBody{n}}, err
}

// Retire removes a key that seals nothing any more.
func (s SealingKeys) Retire(ctx context.Context, in *keyPath) (*answer[list[SealingKey]], error) {
	if err := s.Keys.RetireKey(ctx, in.ID); err != nil {
		return nil, err
	}
	return s.List(ctx, nil)
}
