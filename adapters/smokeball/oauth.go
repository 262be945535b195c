package smokeball

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// usualLifetime is how long Smokeball's access tokens last when the answer does not say.
const usualLifetime = time.Hour

var errNoRefresh = errors.New("the stored tokens hold no refresh token")

// OAuth obtains tokens from Smokeball's sign-in host.
type OAuth struct {
	config    oauth2.Config
	revokeURL string
	http      *http.Client
	pages     *http.Client // what a browser would be shown
}

// newOAuth makes an OAuth whose calls go through client, which must not follow
// redirects and must end on its own.
func newOAuth(h Hosts, clientID, clientSecret string, client *http.Client) *OAuth {
	return &OAuth{
		config: oauth2.Config{
			ClientID:     clientID,
			ClientSecret: clientSecret,
			Endpoint: oauth2.Endpoint{
				AuthURL:   h.Auth + "/oauth2/authorize",
				TokenURL:  h.Auth + "/oauth2/token",
				AuthStyle: oauth2.AuthStyleInHeader,
			},
		},
		revokeURL: h.Auth + "/oauth2/revoke",
		http:      &http.Client{Transport: tidied{client.Transport}, CheckRedirect: client.CheckRedirect},
		pages:     client,
	}
}

// Format shows nothing of the sign-in's secrets.
func (o *OAuth) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "sign-in at "+o.config.Endpoint.TokenURL)
}

// AuthorizeURL is where a firm admin's browser goes to allow the scopes. verifier is
// the PKCE secret that Exchange needs again; redirectURL must be registered at
// Smokeball to the letter.
func (o *OAuth) AuthorizeURL(state, verifier, redirectURL string, scopes []string) string {
	config := o.config
	config.RedirectURL = redirectURL
	config.Scopes = scopes
	return config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
}

// Exchange turns the code of a callback into tokens. A code works once, whatever the
// outcome: after an error (always a *domain.CallError) the flow starts over.
func (o *OAuth) Exchange(ctx context.Context, code, verifier, redirectURL string) (Tokens, error) {
	config := o.config
	config.RedirectURL = redirectURL
	token, err := config.Exchange(o.calling(ctx, opExchange), code,
		oauth2.VerifierOption(verifier), oauth2.SetAuthURLParam("client_id", config.ClientID))
	if err != nil {
		return Tokens{}, tokenFault(opExchange, err)
	}
	t := o.tokensOf(token)
	t.Issued = t.Obtained
	return t, nil
}

// Refresh obtains a new access token. Smokeball's answer carries no refresh token: the
// old one stays in the result. Issued is left empty, because the grant is as old as it
// was. A dead refresh token is a *domain.CallError of class SignIn.
func (o *OAuth) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	if refreshToken == "" {
		return Tokens{}, deadGrant(opRefresh, errNoRefresh)
	}
	return o.refresh(ctx, opRefresh, refreshToken)
}

func (o *OAuth) refresh(ctx context.Context, op, refreshToken string) (Tokens, error) {
	// x/oauth2 leaves client_id out of a refresh and Smokeball asks for it. Its client
	// credentials flow takes any grant type and any form field.
	request := clientcredentials.Config{
		ClientID:     o.config.ClientID,
		ClientSecret: o.config.ClientSecret,
		TokenURL:     o.config.Endpoint.TokenURL,
		AuthStyle:    oauth2.AuthStyleInHeader,
		EndpointParams: url.Values{
			"grant_type":    {"refresh_token"},
			"client_id":     {o.config.ClientID},
			"refresh_token": {refreshToken},
		},
	}
	token, err := request.Token(o.calling(ctx, op))
	if err != nil {
		return Tokens{}, tokenFault(op, err)
	}
	t := o.tokensOf(token)
	t.Refresh = cmp.Or(t.Refresh, refreshToken)
	return t, nil
}

// ClientCredentials obtains an access token for a firm's own app, with the scopes of
// Permissions. It has no refresh token and no end but the access token's own.
func (o *OAuth) ClientCredentials(ctx context.Context) (Tokens, error) {
	return o.ownTokens(ctx, opOwnFirst)
}

func (o *OAuth) ownTokens(ctx context.Context, op string) (Tokens, error) {
	request := clientcredentials.Config{
		ClientID:       o.config.ClientID,
		ClientSecret:   o.config.ClientSecret,
		TokenURL:       o.config.Endpoint.TokenURL,
		Scopes:         ScopeNames(),
		AuthStyle:      oauth2.AuthStyleInHeader,
		EndpointParams: url.Values{"client_id": {o.config.ClientID}},
	}
	token, err := request.Token(o.calling(ctx, op))
	if err != nil {
		return Tokens{}, tokenFault(op, err)
	}
	return o.tokensOf(token), nil
}

// Refresh obtains tokens again.
func (o ownSignIn) Refresh(ctx context.Context, _ string) (Tokens, error) {
	return o.ownTokens(ctx, opOwn)
}

func (o *OAuth) calling(ctx context.Context, op string) context.Context {
	return context.WithValue(withOp(ctx, op), oauth2.HTTPClient, o.http)
}

func (o *OAuth) tokensOf(token *oauth2.Token) Tokens {
	now := time.Now()
	t := Tokens{
		Access:   token.AccessToken,
		Refresh:  token.RefreshToken,
		Expiry:   token.Expiry,
		Scopes:   scopesOf(token),
		Obtained: now,
		Client:   o.config.ClientID,
	}
	if t.Expiry.IsZero() {
		t.Expiry = now.Add(usualLifetime)
	}
	return t
}

// scopesOf reads the granted scopes from the answer or, where they are missing, from
// inside the access token. They are shown, never trusted, so no signature is checked.
func scopesOf(token *oauth2.Token) []string {
	if told, ok := token.Extra("scope").(string); ok && told != "" {
		return strings.Fields(told)
	}
	parts := strings.Split(token.AccessToken, ".")
	if len(parts) != 3 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims struct {
		Scope string `json:"scope"`
	}
	if json.Unmarshal(text, &claims) != nil {
		return nil
	}
	return strings.Fields(claims.Scope)
}
