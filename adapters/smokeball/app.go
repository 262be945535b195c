package smokeball

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// PrivateApp is a Smokeball app that belongs to one firm. It signs in by itself (client
// credentials), so nobody has to consent, and has an allowance of its own.
type PrivateApp struct {
	Firm         domain.FirmID
	ClientID     string
	ClientSecret string
	APIKey       string
	Rate         float64 // calls a second
	Burst        int     // calls that Smokeball takes at once
}

// LogValue shows the app without its secrets.
func (p PrivateApp) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("firm", string(p.Firm)), slog.String("client_id", p.ClientID),
		slog.String("client_secret", masked(p.ClientSecret)), slog.String("api_key", masked(p.APIKey)),
		slog.Float64("rate", p.Rate), slog.Int("burst", p.Burst),
	)
}

// Format shows the app without its secrets, whatever the verb.
func (p PrivateApp) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.LogValue().String()) }

// MarshalJSON shows the app without its secrets.
func (p PrivateApp) MarshalJSON() ([]byte, error) { return json.Marshal(p.LogValue().String()) }

// check reports every fault.
func (p PrivateApp) check(need func(ok bool, message string)) {
	of := "the private app of firm " + string(p.Firm) + " "
	need(domain.ValidID(string(p.Firm)), "a private app is of no firm")
	need(p.ClientID != "" && p.ClientSecret != "" && p.APIKey != "", of+"lacks its client id, secret or API key")
	need(p.Rate > 0 && p.Burst >= 1, fmt.Sprintf("%shas rate %v and burst %d: it needs more than 0, and 1 or more", of, p.Rate, p.Burst))
}

// app is one of Smokeball's apps as the client uses it: its credentials, its allowance and
// the sign-ins of the firms that use it.
type app struct {
	own     bool // of one firm
	key     string
	api     *http.Client // limited
	limiter *Limiter
	oauth   *OAuth
	tokens  *tokenSource
}

// ownSignIn obtains tokens for a firm's own app: there is nothing to refresh.
type ownSignIn struct{ *OAuth }

// app is the one that is used for the firm.
func (c *caller) app(firm domain.FirmID) *app {
	if own, ok := c.own[firm]; ok {
		return own
	}
	return c.shared
}

// Private reports whether the firm has an app of its own: it connects by SignIn, without
// a consent page.
func (c *caller) Private(firm domain.FirmID) bool { _, ok := c.own[firm]; return ok }

// ClientID is the id of the app that is used for the firm; webhooks are signed with it.
func (c *caller) ClientID(firm domain.FirmID) string { return c.app(firm).oauth.config.ClientID }
