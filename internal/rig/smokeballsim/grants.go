package smokeballsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// grant is a firm's consent, as held by a code, an access token or a refresh token.
type grant struct {
	Account string // id of the firm; "": no consent yet
	User    string // id of the staff member who allowed it
	Scopes  []string
	Ends    time.Time

	Client string // id of the app that it was issued to
	From   string // of an access token: the refresh token that it was made from

	Redirect  string // of a code: where it was sent
	Challenge string // of a code: the PKCE challenge
}

func (g grant) allows(scope string) bool { return slices.Contains(g.Scopes, scope) }

func (g grant) alive() bool { return g.Account != "" && time.Now().Before(g.Ends) }

// allScopes are the scopes that exist.
func allScopes() []string {
	var all []string
	for _, resource := range []string{
		"matters", "contacts", "documents", "tasks", "events", "staff", "firm", "webhooks", "memos",
	} {
		all = append(all, resource+"/read", resource+"/write")
	}
	return append(all, "mattertypes/read")
}

// scopesOf parses a scope parameter; an empty one means all scopes that the app was granted.
// unknown is the first scope that the app does not have.
func (s *signIn) scopesOf(text string) (granted []string, unknown string) {
	asked := strings.Fields(text)
	for _, scope := range asked {
		if !slices.Contains(s.config.Scopes, scope) {
			return nil, scope
		}
	}
	if len(asked) == 0 {
		return s.config.Scopes, ""
	}
	return asked, ""
}

// bearer finds the valid grant of an Authorization header.
func (s *signIn) bearer(header string) (grant, bool) {
	token, found := strings.CutPrefix(header, "Bearer ")
	g := s.access[token]
	return g, found && g.alive()
}

// Tokens are the tokens of a firm's consent.
type Tokens struct {
	Access, Refresh string
}

// Grant consents for the firm with the account id, without a browser, and returns its tokens.
// No scopes means all that the app was granted. It fails if there is no such account or
// scope.
func (s *signIn) Grant(accountID string, scopes ...string) (Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(accountID)
	granted, unknown := s.scopesOf(strings.Join(scopes, " "))
	if a == nil || unknown != "" {
		return Tokens{}, fmt.Errorf("grant for account %q: no such account, or no such scope %q", accountID, unknown)
	}
	g := grant{Account: a.ID, User: a.Staff[0].ID, Scopes: granted, Client: s.config.ClientID}
	t := Tokens{Refresh: s.issueRefresh(g)}
	g.From = t.Refresh
	t.Access = s.issueAccess(g)
	return t, s.commit()
}

func (s *signIn) issueAccess(g grant) string {
	g.Ends = time.Now().Add(s.config.AccessLifetime)
	token := s.secret()
	s.keepAccess(token, g)
	return token
}

func (s *signIn) keepAccess(token string, g grant) {
	s.access[token] = g
	forget(s.store, s.access, token, g.Ends)
}

// forget drops the grant under key from memory when it expires. This only frees memory:
// expired grants are refused anyway.
func forget[T any](s *store, held map[string]T, key string, ends time.Time) {
	s.later(time.Until(ends), func() bool { delete(held, key); return false })
}

func (s *signIn) issueRefresh(g grant) string {
	g.Ends = time.Now().Add(s.config.RefreshLifetime)
	token := s.secret()
	s.keepRefresh(token, g)
	return token
}

// keepRefresh stores a refresh token. When it expires, the firm's subscriptions are removed,
// unless the firm has consented again.
func (s *signIn) keepRefresh(token string, g grant) {
	s.refresh[token] = g
	s.later(time.Until(g.Ends), func() bool {
		delete(s.refresh, token)
		a := s.account(g.Account)
		if !s.consented(a) {
			s.unsubscribe(a)
		}
		return true
	})
}

// consented reports whether the firm still has a valid refresh token.
func (s *signIn) consented(a *account) bool {
	for _, g := range s.refresh {
		if g.Account == a.ID && g.alive() {
			return true
		}
	}
	return false
}

func (s *signIn) unsubscribe(a *account) { a.Hooks = newShelf[*subscription]() }

// Revoke removes the app as a firm does inside Smokeball: it ends the firm's tokens and codes
// and removes its subscriptions. It fails if there is no such account.
func (s *signIn) Revoke(accountID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(accountID)
	if a == nil {
		return fmt.Errorf("revoke: no account has the id %q", accountID)
	}
	for _, held := range []map[string]grant{s.codes, s.access, s.refresh} {
		for token, g := range held {
			if g.Account == a.ID {
				delete(held, token)
			}
		}
	}
	s.unsubscribe(a)
	return s.commit()
}
