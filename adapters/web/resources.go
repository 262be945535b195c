package web

import (
	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/console"
)

// resources are the API's operations, by resource.
type resources struct {
	connection   api.Connection
	settings     api.Settings
	mappings     api.Mappings
	matters      api.Matters
	versions     api.Versions
	history      api.History
	deadLetters  api.DeadLetters
	subscription api.Webhooks
	audit        api.Audit
	operator     api.Operator
	keys         api.SealingKeys
	intake       *api.Intake
}

func (s *site) resources() resources {
	v, past := s.Views, s.past()
	return resources{
		connection:   api.Connection{Connections: s.connections(), Accounts: s.Accounts, Past: past, Progress: s.progress},
		settings:     api.Settings{Firms: v.Connections, Settings: s.Settings, Past: past, Progress: s.progress},
		mappings:     api.Mappings{Reader: s.mappings(), Mappings: s.Mappings, Past: past, Progress: v.Progress},
		matters:      api.Matters{Rows: v.Matters, History: v.History, Syncs: s.Syncs},
		versions:     api.Versions{Versions: s.Versions, Progress: s.progress},
		history:      api.History{Rows: v.History, Syncs: s.Syncs},
		deadLetters:  api.DeadLetters{Rows: v.DeadLetters, DeadLetters: s.DeadLetters, Progress: s.progress},
		subscription: api.Webhooks{Firms: v.Connections, Webhooks: s.Webhooks, Progress: s.progress, Now: s.Now},
		audit:        api.Audit{Audit: s.audit()},
		operator:     api.Operator{Connections: s.connections()},
		keys:         api.SealingKeys{Keys: s.Keys},
		intake:       api.NewIntake(s.Inbox, s.limits),
	}
}

// pages are the console's pages and forms, by resource.
type pages struct {
	integrations *console.Integrations
	disconnect   *console.Disconnect
	consent      *console.Consent
	settings     *console.Settings
	mappings     *console.Mappings
	advanced     *console.Advanced
	asOf         *console.AsOf
	history      *console.History
	matters      *console.Matters
	deadLetters  *console.DeadLetters
	audit        *console.Audit
	assets       *console.Assets
}

func (s *site) pages(sh *console.Shell, assets *console.Assets) pages {
	v := s.Views
	return pages{
		integrations: &console.Integrations{Shell: sh, Accounts: s.Accounts, History: v.History, Scopes: s.Scopes},
		disconnect:   &console.Disconnect{Shell: sh, Accounts: s.Accounts, History: v.History, Matters: v.Matters},
		consent:      &console.Consent{Shell: sh, Consents: s.Consents, Callers: s.callers, Cookies: s.cookies, Forms: s.forms},
		settings:     &console.Settings{Shell: sh, Settings: s.Settings, Matters: v.Matters, Mappings: s.mappings()},
		mappings:     &console.Mappings{Shell: sh, Reader: s.mappings(), Mappings: s.Mappings},
		advanced: &console.Advanced{Shell: sh, Webhooks: s.Webhooks, History: v.History, Matters: v.Matters, Mappings: s.mappings(),
			PublicURL: s.PublicURL, Types: s.WebhookTypes},
		asOf:        &console.AsOf{Shell: sh, Past: s.past()},
		history:     &console.History{Shell: sh, Rows: v.History, Matters: v.Matters, Syncs: s.Syncs},
		matters:     &console.Matters{Shell: sh, Rows: v.Matters, History: v.History, Syncs: s.Syncs},
		deadLetters: &console.DeadLetters{Shell: sh, Rows: v.DeadLetters, Matters: v.Matters, DeadLetters: s.DeadLetters},
		audit:       &console.Audit{Shell: sh, Audit: s.audit()},
		assets:      assets,
	}
}

func (s *site) shell() *console.Shell {
	return &console.Shell{Templates: s.templates, Errors: s.errors, Gate: s.gate, Trail: s.trail, Firms: s.Views.Connections,
		Connections: s.connections(), Progress: s.progress, Report: s.report, Now: s.Now}
}
