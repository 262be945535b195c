package casehug_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	issuerName = "https://sign-in.casehug.example"
	audience   = "smokeball-sync"
)

func lee() domain.User {
	return domain.User{Subject: "u_5", Firm: "f_1", Role: domain.FirmAdmin, Name: "Lee", Email: "lee@firm.example",
		Expires: time.Now().Add(time.Hour).Truncate(time.Second)}
}

func newIssuer(t *testing.T) *casehug.Issuer {
	t.Helper()
	i, err := casehug.NewIssuer(issuerName, audience)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func sign(t *testing.T, i *casehug.Issuer, u domain.User) string {
	t.Helper()
	token, err := i.Sign(u)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func remoteUsers(t *testing.T, keys http.Handler) *casehug.Users {
	t.Helper()
	s := httptest.NewServer(keys)
	t.Cleanup(s.Close)
	users, err := casehug.NewUsers(s.URL, issuerName, audience)
	if err != nil {
		t.Fatal(err)
	}
	return users
}

func TestVerifyKnowsTheUser(t *testing.T) {
	i := newIssuer(t)
	for name, users := range map[string]*casehug.Users{"own keys": i.Users(), "keys over HTTP": remoteUsers(t, i)} {
		t.Run(name, func(t *testing.T) {
			want := lee()
			got, err := users.Verify(t.Context(), sign(t, i, want))
			if !got.Expires.Equal(want.Expires) || err != nil {
				t.Fatalf("Verify = %+v, %v", got, err)
			}
			if got.Expires = want.Expires; got != want {
				t.Errorf("Verify = %+v, want %+v", got, want)
			}
		})
	}
}

// key is a private key with the algorithm to sign with.
type key struct {
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

func keys(t *testing.T) []key {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return []key{{jose.EdDSA, ed}, {jose.ES256, ec}, {jose.RS256, rs}, {jose.PS256, rs}, {jose.RS512, rs}}
}

// jwks lists the public halves, each under its algorithm's name.
func jwks(t *testing.T, all []key) []byte {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, k := range all {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: string(k.alg), Use: "sig"})
	}
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func signClaims(t *testing.T, k key, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: jose.JSONWebKey{Key: k.private, KeyID: string(k.alg)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func goodClaims() map[string]any {
	return map[string]any{"iss": issuerName, "aud": []string{"other", audience}, "sub": "u_5", "firm_id": "f_1", "role": "user",
		"exp": time.Now().Add(time.Hour).Unix()}
}

func TestVerifyTakesFourAlgorithms(t *testing.T) {
	all := keys(t)
	set := jwks(t, all)
	users := remoteUsers(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(set) }))
	for _, k := range all {
		_, err := users.Verify(t.Context(), signClaims(t, k, goodClaims()))
		if taken := err == nil; taken != (k.alg != jose.RS512) {
			t.Errorf("%s: %v", k.alg, err)
		}
	}
}

// signInHelps are the cases in which another token may come of signing in again. In all others the
// same one would come again, so that somebody else must act.
var signInHelps = []string{"none", "tampered", "unsigned", "foreign key", "expired"}

var whoActs = regexp.MustCompile(`^(CaseHug’s sign-in service must|Whoever runs the engine) [^;]+\.$`)

func TestVerifySaysWhyNobodyIsSignedIn(t *testing.T) {
	k := keys(t)[1]
	set := jwks(t, []key{k})
	users := remoteUsers(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(set) }))
	with := func(name string, value any) string {
		claims := goodClaims()
		if claims[name] = value; value == nil {
			maps.DeleteFunc(claims, func(k string, _ any) bool { return k == name })
		}
		return signClaims(t, k, claims)
	}
	good := with("name", "Lee")
	if _, err := users.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	body, signature := good[:strings.LastIndex(good, ".")], good[strings.LastIndex(good, "."):]
	flip := map[byte]string{'A': "B"}[signature[2]]
	if flip == "" {
		flip = "A"
	}
	cases := map[string]struct{ token, want string }{
		"none":              {"", "has no token"},
		"garbage":           {"garbage", "compact form"},
		"as JSON":           {asJSON(t, good), "compact form"},
		"another kind":      {signTyped(t, k, "logout+jwt"), "of another kind"},
		"two minutes early": {with("nbf", time.Now().Add(2*time.Minute).Unix()), "not valid yet"},
		"for ever":          {with("exp", time.Now().Add(400*24*time.Hour).Unix()), "more than 31 days"},
		"every firm":        {with("firm_id", "*"), "lacks a firm_id"},
		"long":              {strings.Repeat("x", 20_000), "too long"},
		"tampered":          {body + signature[:2] + flip + signature[3:], "not signed by CaseHug"},
		"unsigned":          {"eyJhbGciOiJub25lIn0" + good[strings.Index(good, "."):strings.LastIndex(good, ".")] + ".", "not signed by CaseHug"},
		"foreign key":       {signClaims(t, keys(t)[1], goodClaims()), "not signed by CaseHug"},
		"other issuer":      {with("iss", "https://evil.example"), "another issuer"},
		"other audience":    {with("aud", "other"), "another service"},
		"expired":           {with("exp", time.Now().Add(-2*time.Minute).Unix()), "has expired"},
		"no end":            {with("exp", nil), "no exp"},
		"not yet":           {with("nbf", time.Now().Add(time.Hour).Unix()), "not valid yet"},
		"no subject":        {with("sub", nil), "lacks sub"},
		"no firm":           {with("firm_id", nil), "lacks a firm_id"},
		"wild firm":         {with("firm_id", "f.>"), "lacks a firm_id"},
		"no role":           {with("role", nil), "lacks the role"},
		"unknown role":      {with("role", "root"), "lacks the role"},
		"name is no text":   {with("name", 5), "claims cannot be read"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := users.Verify(t.Context(), tc.token)
			var se *casehug.SignInError
			if !errors.Is(err, casehug.ErrNotSignedIn) || !errors.As(err, &se) || !strings.Contains(se.Reason, tc.want) {
				t.Fatalf("Verify: %v, want ErrNotSignedIn with %q", err, tc.want)
			}
			if helps := slices.Contains(signInHelps, name); strings.HasPrefix(se.Remedy, "Sign in to CaseHug again.") != helps || !helps && !whoActs.MatchString(se.Remedy) {
				t.Errorf("%s: the remedy is %q", se.Reason, se.Remedy)
			}
		})
	}
	t.Run("a service of every firm", func(t *testing.T) {
		claims := goodClaims()
		claims["role"], claims["firm_id"] = "service", "*"
		if u, err := users.Verify(t.Context(), signClaims(t, k, claims)); err != nil || u.Role != domain.Service || u.Firm != domain.EveryFirm {
			t.Errorf("%+v, %v", u, err)
		}
	})
	for _, typ := range []string{"JWT", "at+jwt", "application/at+jwt"} {
		if _, err := users.Verify(t.Context(), signTyped(t, k, jose.ContentType(typ))); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
	t.Run("a minute late", func(t *testing.T) {
		if _, err := users.Verify(t.Context(), with("exp", time.Now().Add(-30*time.Second).Unix())); err != nil {
			t.Error(err)
		}
	})
}

func TestVerifySaysWhenKeysCannotBeRead(t *testing.T) {
	i := newIssuer(t)
	answers := map[string]http.HandlerFunc{
		"out of order": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"no key set":   func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`<html>`)) },
		"broken off":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			_, err := remoteUsers(t, answer).Verify(t.Context(), sign(t, i, lee()))
			if !errors.Is(err, casehug.ErrKeysUnavailable) || errors.Is(err, casehug.ErrNotSignedIn) {
				t.Errorf("Verify: %v, want ErrKeysUnavailable", err)
			}
		})
	}
}

func TestNewUsersChecksItsSettings(t *testing.T) {
	cases := map[string]struct{ url, issuer, audience string }{
		"no issuer":   {"https://a.example/jwks", "", audience},
		"no audience": {"https://a.example/jwks", issuerName, ""},
		"plain http":  {"http://a.example/jwks", issuerName, audience},
		"no address":  {"", issuerName, audience},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := casehug.NewUsers(tc.url, tc.issuer, tc.audience); err == nil {
				t.Error("NewUsers takes it")
			}
		})
	}
}

// rotating serves one of two issuers' keys, or an error, and counts the readings.
type rotating struct {
	current atomic.Pointer[casehug.Issuer] // nil: out of order
	reads   atomic.Int32
}

func (r *rotating) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.reads.Add(1)
	if i := r.current.Load(); i != nil {
		i.ServeHTTP(w, req)
		return
	}
	w.WriteHeader(http.StatusInternalServerError)
}

func TestKeysAreReadSeldom(t *testing.T) {
	mine, forged := newIssuer(t), newIssuer(t)
	var keys rotating
	keys.current.Store(mine)
	users := remoteUsers(t, &keys)
	if keys.reads.Load() != 0 {
		t.Error("keys are read before they are needed")
	}
	for range 20 {
		if _, err := users.Verify(t.Context(), sign(t, mine, lee())); err != nil {
			t.Fatal(err)
		}
		if _, err := users.Verify(t.Context(), sign(t, forged, lee())); !errors.Is(err, casehug.ErrNotSignedIn) {
			t.Fatal(err)
		}
	}
	if n := keys.reads.Load(); n != 1 {
		t.Errorf("keys were read %d times in a moment", n)
	}
}

// The tests below let hours pass; the keys come through a transport without a
// network, for a fake clock stands still while a socket is waited for.
func TestKeysAgeAndRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newIssuer(t), newIssuer(t)
		var keys rotating
		users := casehug.UsersThrough(&keys, issuerName, audience)
		verify := func(i *casehug.Issuer) error {
			_, err := users.Verify(t.Context(), sign(t, i, lee()))
			synctest.Wait() // keys that were just read are kept a moment after they are used
			return err
		}
		expect := func(when string, i *casehug.Issuer, want error) {
			t.Helper()
			if err := verify(i); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", when, err, want)
			}
		}
		expect("keys are down", old, casehug.ErrKeysUnavailable)
		keys.current.Store(old)
		expect("within the pause", old, casehug.ErrKeysUnavailable)
		time.Sleep(11 * time.Second)
		expect("keys are back", old, nil)

		keys.current.Store(next)
		expect("a new key within the pause", next, casehug.ErrNotSignedIn)
		time.Sleep(11 * time.Second)
		expect("a new key", next, nil)
		expect("the withdrawn key", old, casehug.ErrNotSignedIn)

		time.Sleep(61 * time.Minute)
		keys.current.Store(nil)
		expect("a known key while keys are down", next, nil)
		expect("an unknown key while keys are down", old, casehug.ErrKeysUnavailable)
		keys.current.Store(old)
		time.Sleep(2 * time.Minute)
		expect("the key withdrawn meanwhile", next, casehug.ErrNotSignedIn)
	})
}

// asJSON is a token in the other form that a signature may have.
func asJSON(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	data, err := json.Marshal(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func signTyped(t *testing.T, k key, typ jose.ContentType) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: jose.JSONWebKey{Key: k.private, KeyID: string(k.alg)}}, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(goodClaims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
