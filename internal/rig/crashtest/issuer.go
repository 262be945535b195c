package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// What the engine is told of CaseHug's sign-in.
const (
	issuerName = "https://login.casehug.example"
	audience   = "smokeball-sync"
)

// signIn stands in for CaseHug's sign-in: it serves its key, and token is an admin's of the
// firm.
type signIn struct {
	server *httptest.Server
	token  string
	signer jose.Signer
}

func openSignIn(firm string) (*signIn, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: "1"}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("make a signer: %w", err)
	}
	token, err := adminOf(signer, firm)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "1", Algorithm: string(jose.EdDSA), Use: "sig"}}})
	if err != nil {
		return nil, fmt.Errorf("write the key set: %w", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write(keys) // a reader that has gone needs no answer
	}))
	return &signIn{server, token, signer}, nil
}

// adminOf is the token of a firm's admin.
func adminOf(signer jose.Signer, firm string) (string, error) {
	now := time.Now()
	token, err := jwt.Signed(signer).Claims(jwt.Claims{Issuer: issuerName, Audience: jwt.Audience{audience}, Subject: "u_admin",
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(12 * time.Hour))}).
		Claims(map[string]any{"firm_id": firm, "role": "firm_admin"}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}
