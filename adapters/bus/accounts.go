package bus

import (
	"encoding/json"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	engineAccount = "ENGINE"
	engineInbox   = "_ENGINE.inbox"
	gatePrefix    = "_ENGINE.gate" // _ENGINE.gate.{tenant}.{subject on which the tenant published}
	tenantPrefix  = "_GUEST"       // _GUEST.{tenant}.{subject on which the tenant receives}
	infoSubject   = "_ENGINE.info" // answers the tenants' $JS.API.INFO
	inboxPrefix   = "_INBOX."      // where clients expect answers
)

// tenant is one NATS account for outsiders: the shared one, or one firm's. Accounts share no
// subject, so tenants of one firm cannot detect those of another.
type tenant struct {
	firm string // "": all firms
}

// token names the tenant in the engine's subjects.
func (g tenant) token() string {
	if g.firm == "" {
		return "open"
	}
	return "firm-" + g.firm
}

func (g tenant) account() string {
	if g.firm == "" {
		return "GUESTS"
	}
	return "FIRM-" + g.firm
}

// scope narrows a subject space such as "sync." to what the tenant may name.
func (g tenant) scope(space string) string {
	if g.firm == "" {
		return space + ">"
	}
	return space + g.firm + ".>"
}

// gated are the subjects that a tenant publishes and the gate answers.
func (g tenant) gated() []string {
	return []string{
		g.scope("casehug."),
		"$JS.API.>",
		"$JS.ACK." + Outbox + ".>",
		"$JS.FC." + Outbox + ".>",
		"$O." + Documents + ".>",
	}
}

func (g tenant) permissions() *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: g.gated()},
		Subscribe: &server.SubjectPermission{Allow: []string{g.scope("sync."), inboxPrefix + ">"}},
	}
}

// source is a subject of another account, as the NATS configuration writes it.
type source struct {
	Account string `json:"account"`
	Subject string `json:"subject"`
}

type crossing struct {
	Stream  any    `json:"stream,omitempty"`
	Service any    `json:"service,omitempty"`
	Prefix  string `json:"prefix,omitempty"`
	To      string `json:"to,omitempty"`
}

type account struct {
	JetStream string     `json:"jetstream,omitempty"`
	Exports   []crossing `json:"exports,omitempty"`
	Imports   []crossing `json:"imports,omitempty"`
}

// accountsConfig is the server configuration that connects the tenants' accounts to the
// engine's by exports and imports. NATS accepts JSON as configuration.
func accountsConfig(tenants []tenant) (string, error) {
	engine := account{
		JetStream: "enabled",
		Exports:   []crossing{{Stream: "sync.>"}, {Service: infoSubject}, {Stream: tenantPrefix + ".>"}},
	}
	accounts := map[string]account{}
	for _, g := range tenants {
		for _, subject := range g.gated() {
			engine.Imports = append(engine.Imports, crossing{
				Stream: source{g.account(), subject}, Prefix: gatePrefix + "." + g.token(),
			})
		}
		accounts[g.account()] = g.accountConfig()
	}
	accounts[engineAccount] = engine
	var conf strings.Builder
	enc := json.NewEncoder(&conf)
	enc.SetEscapeHTML(false) // NATS does not know \u003e
	err := enc.Encode(map[string]any{"accounts": accounts})
	return conf.String(), err
}

func (g tenant) accountConfig() account {
	var own account
	for _, subject := range g.gated() {
		own.Exports = append(own.Exports, crossing{Stream: subject})
	}
	own.Imports = []crossing{
		{Stream: source{engineAccount, g.scope("sync.")}},
		// Without this import the server itself would answer every request with "not enabled".
		{Service: source{engineAccount, infoSubject}, To: apiPrefix + "INFO"},
		{Stream: source{engineAccount, g.inbox(inboxPrefix + ">")}, To: inboxPrefix + ">"},
	}
	return own
}

// inbox is the subject of the engine's account from which the tenant receives at subject.
func (g tenant) inbox(subject string) string {
	return tenantPrefix + "." + g.token() + "." + subject
}

// ownSubject is the inverse of inbox.
func (g tenant) ownSubject(inbox string) string {
	return strings.TrimPrefix(inbox, tenantPrefix+"."+g.token()+".")
}

// tenantsOf returns the accounts that the users need; without users, the shared one.
func tenantsOf(users []user) []tenant {
	if len(users) == 0 {
		return []tenant{{}}
	}
	var tenants []tenant
	seen := map[string]bool{}
	for _, u := range users {
		if !seen[u.Firm] {
			tenants = append(tenants, tenant{u.Firm})
		}
		seen[u.Firm] = true
	}
	return tenants
}

// signIns adds who may connect: the engine itself, inside the process and with a key made at
// this start, and the users. Without users anyone may connect.
func signIns(o *server.Options, engineKey string, users []user) {
	o.Nkeys = []*server.NkeyUser{{
		Nkey: engineKey, Account: lookup(o, engineAccount),
		AllowedConnectionTypes: map[string]struct{}{jwt.ConnectionTypeInProcess: {}},
	}}
	for _, u := range users {
		g := tenant{u.Firm}
		acc := lookup(o, g.account())
		if u.Nkey != "" {
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: u.Nkey, Account: acc, Permissions: g.permissions()})
			continue
		}
		o.Users = append(o.Users, &server.User{Username: u.Name, Password: u.Password, Account: acc, Permissions: g.permissions()})
	}
}

func lookup(o *server.Options, name string) *server.Account {
	for _, a := range o.Accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}
