package smokeballsim

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Config configures the simulated Smokeball. The zero value of each field means the default
// beside it; for no delay at all, use Delay{Max: 1}.
type Config struct {
	ClientID     string   // the app's OAuth client id ("sim-client")
	ClientSecret string   // its secret ("sim-secret")
	APIKey       string   // the value that x-api-key must carry ("sim-key")
	RedirectURIs []string // registered redirect URIs; none: any https or loopback one
	Scopes       []string // what the app was granted; none: all that exist

	PrivateApps []PrivateApp // apps of one firm each, beside the one above

	// TypesChange lets PATCH change a matter's type, as the vendor's OpenAPI description says.
	// By default PATCH refuses it, as the vendor's guide says.
	TypesChange bool

	Accounts    []Account // the law firms; none: one firm "Brown LLC" in IL
	AutoConsent string    // id of the account that signs in without a consent page; "": ask
	URL         string    // the server's public address; "": where it listens, or the request's host

	// StateFile keeps the firms' data across restarts; "": nothing is kept. Only one server at
	// a time may use a file. It holds tokens: treat it as a secret.
	StateFile string

	Seed            uint64        // of the random ids, delays and chances
	VisibleAfter    Delay         // how long a write stays invisible (300 ms to 1.5 s)
	AccessLifetime  time.Duration // how long an access token is valid (1 h)
	RefreshLifetime time.Duration // how long a refresh token is valid, from issue (30 days)
	UploadLifetime  time.Duration // how long an upload or download address is valid (30 min)
	Rate            float64       // calls a second for all firms together (5); below 0: no limit
	Burst           int           // size of the token bucket (5)

	RetryPauses []time.Duration // pauses between webhook attempts (1 s, 5 s, 15 s)
	KeepBytes   int64           // file contents kept for download, in total (64 MiB)
	HTTP        *http.Client    // delivers webhooks; nil: a client of its own, 10 s a call
	Log         *slog.Logger    // nil: silent
}

// Account is one law firm that uses Smokeball.
type Account struct {
	ID         string // the account id, as in webhooks and GET /firm
	Name       string // the firm's name
	Location   string // a US state (IL, NY) or an Australian one (NSW); "": IL
	Staff      []Staff
	AutoNumber bool // Smokeball numbers matters that have no number
}

// Staff is a person who works at a firm.
type Staff struct {
	ID, FirstName, LastName, Email string
	Former                         bool // has left the firm
	Disabled                       bool // can't sign in, though they have not left
}

// Delay is a range of time, both ends included.
type Delay struct{ Min, Max time.Duration }

func (c Config) withDefaults() Config {
	c.ClientID = cmp.Or(c.ClientID, "sim-client")
	c.ClientSecret = cmp.Or(c.ClientSecret, "sim-secret")
	c.APIKey = cmp.Or(c.APIKey, "sim-key")
	c.VisibleAfter = cmp.Or(c.VisibleAfter, Delay{300 * time.Millisecond, 1500 * time.Millisecond})
	c.AccessLifetime = cmp.Or(c.AccessLifetime, time.Hour)
	c.RefreshLifetime = cmp.Or(c.RefreshLifetime, 30*24*time.Hour)
	c.UploadLifetime = cmp.Or(c.UploadLifetime, 30*time.Minute)
	c.Rate = cmp.Or(c.Rate, 5)
	c.Burst = cmp.Or(c.Burst, 5)
	c.KeepBytes = cmp.Or(c.KeepBytes, 64<<20)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if len(c.Scopes) == 0 {
		c.Scopes = allScopes()
	}
	if c.RetryPauses == nil {
		c.RetryPauses = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second}
	}
	c.Accounts = withStaff(c.Accounts)
	c.PrivateApps = slices.Clone(c.PrivateApps)
	for i := range c.PrivateApps {
		p := &c.PrivateApps[i]
		p.Rate, p.Burst = cmp.Or(p.Rate, c.Rate), cmp.Or(p.Burst, c.Burst)
	}
	return c
}

// withStaff gives every firm a name, a location and a staff member.
func withStaff(accounts []Account) []Account {
	if len(accounts) == 0 {
		accounts = []Account{{ID: "f4ff1eff-b7fe-4d46-8e46-01d985838d76", Name: "Brown LLC"}}
	}
	accounts = slices.Clone(accounts)
	for i := range accounts {
		a := &accounts[i]
		a.Name = cmp.Or(a.Name, a.ID)
		a.Location = cmp.Or(a.Location, "IL")
		if len(a.Staff) == 0 {
			a.Staff = []Staff{
				{FirstName: "Lee", LastName: "Chen", Email: "lee@firm.example"},
				{FirstName: "Ana", LastName: "Brown", Email: "ana@firm.example"},
			}
		}
	}
	return accounts
}
