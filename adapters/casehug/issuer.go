package casehug

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer stands in for CaseHug's sign-in service in the demo and in tests: it signs
// tokens with a key of its own (EdDSA) and serves that key as a JWKS over HTTP.
type Issuer struct {
	name     string
	audience string
	public   ed25519.PublicKey
	signer   jose.Signer
	jwks     []byte
}

// NewIssuer makes a key and signs with it as name, for audience.
func NewIssuer(name, audience string) (*Issuer, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	const keyID = "1"
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("make a signer: %w", err)
	}
	listed := jose.JSONWebKey{Key: public, KeyID: keyID, Algorithm: string(jose.EdDSA), Use: "sig"}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{listed}})
	if err != nil {
		return nil, fmt.Errorf("write the key set: %w", err)
	}
	return &Issuer{name: name, audience: audience, public: public, signer: signer, jwks: jwks}, nil
}

// Sign makes a token for a user; it ends at u.Expires and says no more than u does.
func (i *Issuer) Sign(u domain.User) (string, error) {
	registered := jwt.Claims{
		Issuer:   i.name,
		Audience: jwt.Audience{i.audience},
		Subject:  u.Subject,
		Expiry:   jwt.NewNumericDate(u.Expires),
		IssuedAt: jwt.NewNumericDate(time.Now()),
	}
	own := map[string]any{"firm_id": u.Firm, "role": u.Role}
	if u.Name != "" {
		own["name"] = u.Name
	}
	if u.Called != "" {
		own["firm_name"] = u.Called
	}
	if u.Email != "" {
		own["email"] = u.Email
	}
	token, err := jwt.Signed(i.signer).Claims(registered).Claims(own).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token for user %s: %w", u.Subject, err)
	}
	return token, nil
}

// Users recognises the tokens that i signs, without asking over the network.
func (i *Issuer) Users() *Users {
	keys := &oidc.StaticKeySet{}
	keys.PublicKeys = append(keys.PublicKeys, i.public)
	return &Users{keys: keys, issuer: i.name, audience: i.audience}
}

// ServeHTTP serves the key set that NewUsers asks for.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(i.jwks) // a reader that has gone needs no answer
}
