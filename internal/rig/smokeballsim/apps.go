package smokeballsim

import (
	"fmt"
	"net/http"

	"golang.org/x/time/rate"
)

// PrivateApp is an app of one firm: it signs in with client credentials, without anybody's
// consent, and has its own token bucket.
type PrivateApp struct {
	ClientID     string
	ClientSecret string
	APIKey       string
	Account      string  // id of the firm
	Rate         float64 // calls a second; 0: as Config.Rate
	Burst        int     // 0: as Config.Burst
}

// app is the caller: the app that any firm may allow, or a firm's own.
type app struct {
	id, secret, key string
	account         string // "": any firm that allows it
	bucket          *rate.Limiter
}

func newApps(c Config) []*app {
	apps := []*app{{c.ClientID, c.ClientSecret, c.APIKey, "", newBucket(c.Rate, c.Burst)}}
	for _, p := range c.PrivateApps {
		apps = append(apps, &app{p.ClientID, p.ClientSecret, p.APIKey, p.Account, newBucket(p.Rate, p.Burst)})
	}
	return apps
}

func newBucket(perSecond float64, burst int) *rate.Limiter {
	if perSecond < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// checkApps refuses apps that cannot be distinguished, or that belong to no account.
func (c Config) checkApps() error {
	ids, firms := map[string]bool{c.ClientID: true}, map[string]bool{}
	for _, a := range c.Accounts {
		firms[a.ID] = true
	}
	for _, p := range c.PrivateApps {
		switch {
		case p.ClientID == "" || p.ClientSecret == "" || p.APIKey == "":
			return fmt.Errorf("private app %q lacks its client id, secret or API key", p.ClientID)
		case ids[p.ClientID]:
			return fmt.Errorf("two apps have the client id %q", p.ClientID)
		case !firms[p.Account]:
			return fmt.Errorf("private app %q is of the account %q, which there is not", p.ClientID, p.Account)
		}
		ids[p.ClientID] = true
	}
	return nil
}

// app finds the app with a client id; nil: there is none.
func (s *signIn) app(id string) *app {
	for _, a := range s.apps {
		if a.id == id {
			return a
		}
	}
	return nil
}

// caller finds the app by the credentials in the Authorization header and, if present, in the
// form; nil: there is none.
func (s *signIn) caller(r *http.Request) *app {
	id, secret, basic := r.BasicAuth()
	named := r.PostForm.Get("client_id")
	a := s.app(id)
	if !basic || a == nil || !same(secret, a.secret) || (named != "" && named != id) {
		return nil
	}
	return a
}

// keyed reports whether any app has the API key.
func (s *signIn) keyed(key string) bool {
	for _, a := range s.apps {
		if same(key, a.key) {
			return true
		}
	}
	return false
}
