package web

import (
	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
)

// resources are the API's operations, by resource.
type resources struct {
	connection   api.Connection
	settings     api.Settings
	retentions   api.Retentions
	mappings     api.Mappings
	matters      api.Matters
	links        api.Links
	drift        api.Drift
	versions     api.Versions
	erasures     api.Erasures
	previews     api.Previews
	replays      api.Replays
	bulks        api.Bulks
	history      api.History
	deadLetters  api.DeadLetters
	subscription api.Webhooks
	audit        api.Audit
	operator     api.Operator
	keys         api.SealingKeys
	backups      api.BackupJobs
	intake       *api.Intake
	streams      api.Streams
}

func (s *site) resources() resources {
	v, past := s.Views, s.past()
	return resources{
		connection:   api.Connection{Connections: s.connections(), Accounts: s.Accounts, Past: past, Progress: s.progress},
		settings:     api.Settings{Firms: v.Connections, Settings: s.Settings, Past: past, Progress: s.progress},
		retentions:   api.Retentions{Kept: s.kept(), Retentions: s.Retentions, Progress: s.progress},
		mappings:     api.Mappings{Reader: s.mappings(), DryRuns: s.dryRuns(), Mappings: s.Mappings, Past: past, Progress: v.Progress},
		matters:      api.Matters{Rows: v.Matters, History: v.History, Syncs: s.Syncs, Provenances: s.provenances()},
		links:        api.Links{Rows: v.Matters, Links: s.Links, Progress: s.progress, Provenances: s.provenances()},
		drift:        api.Drift{Rows: v.Drift, Firms: v.Connections, Differences: s.Differences, Progress: s.progress},
		versions:     api.Versions{Versions: s.Versions, Progress: s.progress},
		erasures:     api.Erasures{Erasures: s.Erasures, Progress: s.progress},
		bulks:        api.Bulks{Rows: v.Bulks, Matters: v.Matters, History: v.History, Bulks: s.Bulks, Allowance: s.Allowance, Progress: s.progress, Now: s.Now},
		replays:      api.Replays{Reader: reading.ReplayReader{Mappings: s.mappings(), Previews: s.Previews}, Allowance: s.Allowance, Progress: v.Progress},
		previews:     api.Previews{Previews: s.Previews, Allowance: s.Allowance},
		history:      api.History{Rows: v.History, Kept: s.kept(), Syncs: s.Syncs},
		deadLetters:  api.DeadLetters{Rows: v.DeadLetters, Kept: s.kept(), DeadLetters: s.DeadLetters, Progress: s.progress},
		subscription: api.Webhooks{Firms: v.Connections, Webhooks: s.Webhooks, Progress: s.progress, Now: s.Now},
		audit:        api.Audit{Audit: s.audit()},
		operator:     api.Operator{Connections: s.connections(), Report: s.Health, Views: s.Views.Rebuilds},
		keys:         api.SealingKeys{Keys: s.Keys},
		backups:      api.BackupJobs{Backups: s.Backups},
		intake:       api.NewIntake(s.Inbox, s.limits),
		streams:      api.Streams{Rows: v.Changes, Matters: v.Matters, Connections: s.connections(), Progress: v.Progress, Places: s.streams, Stopping: s.Stopping, Heartbeat: s.Heartbeat, Now: s.Now},
	}
}

// pages are the console's pages and forms, by resource.
type pages struct {
	overview     *console.Overview
	integrations *console.Integrations
	disconnect   *console.Disconnect
	consent      *console.Consent
	settings     *console.Settings
	retentions   *console.Retentions
	mappings     *console.Mappings
	advanced     *console.Advanced
	asOf         *console.AsOf
	history      *console.History
	matters      *console.Matters
	previews     *console.Previews
	links        *console.Links
	erasures     *console.Erasures
	drift        *console.Drift
	bulks        *console.Bulks
	deadLetters  *console.DeadLetters
	audit        *console.Audit
	assets       *console.Assets
}

func (s *site) pages(sh *console.Shell, assets *console.Assets) pages {
	v := s.Views
	return pages{
		overview:     &console.Overview{Shell: sh, History: v.History, Matters: v.Matters, Numbers: v.Counts, Bulks: v.Bulks, Rebuilding: s.Rebuilding},
		integrations: &console.Integrations{Shell: sh, Accounts: s.Accounts, History: v.History, Scopes: s.Scopes},
		disconnect:   &console.Disconnect{Shell: sh, Accounts: s.Accounts, History: v.History, Numbers: v.Counts},
		consent:      &console.Consent{Shell: sh, Consents: s.Consents, Callers: s.callers, Cookies: s.cookies, Forms: s.forms},
		settings:     &console.Settings{Shell: sh, Settings: s.Settings, Numbers: v.Counts, Mappings: s.mappings()},
		retentions:   &console.Retentions{Shell: sh, Retentions: s.Retentions},
		mappings:     &console.Mappings{Shell: sh, Reader: s.mappings(), DryRuns: s.dryRuns(), Mappings: s.Mappings},
		advanced: &console.Advanced{Shell: sh, Webhooks: s.Webhooks, History: v.History, Numbers: v.Counts, Mappings: s.mappings(),
			PublicURL: s.PublicURL, Types: s.WebhookTypes},
		asOf:        &console.AsOf{Shell: sh, Past: s.past()},
		history:     &console.History{Shell: sh, Rows: v.History, Matters: v.Matters, Syncs: s.Syncs},
		matters:     &console.Matters{Shell: sh, Rows: v.Matters, Numbers: v.Counts, History: v.History, Syncs: s.Syncs, Provenances: s.provenances()},
		bulks:       &console.Bulks{Shell: sh, Rows: v.Bulks, Matters: v.Matters, Numbers: v.Counts, History: v.History, Bulks: s.Bulks, Allowance: s.Allowance},
		previews:    &console.Previews{Shell: sh, Rows: v.Matters, Previews: s.Previews, Allowance: s.Allowance},
		links:       &console.Links{Shell: sh, Rows: v.Matters, Links: s.Links},
		erasures:    &console.Erasures{Shell: sh, Rows: v.Matters, Erasures: s.Erasures},
		drift:       &console.Drift{Shell: sh, Rows: v.Drift, Differences: s.Differences},
		deadLetters: &console.DeadLetters{Shell: sh, Rows: v.DeadLetters, Matters: v.Matters, DeadLetters: s.DeadLetters},
		audit:       &console.Audit{Shell: sh, Audit: s.audit()},
		assets:      assets,
	}
}

// kept reads how long things are kept.
func (s *site) kept() reading.Kept {
	return reading.Kept{Rows: s.Views.Retentions, Times: s.Retentions.Times}
}

func (s *site) shell() *console.Shell {
	return &console.Shell{Templates: s.templates, Errors: s.errors, Gate: s.gate, Trail: s.trail, Firms: s.Views.Connections, People: s.Views.People, Counts: s.Views.Counts,
		Connections: s.connections(), Progress: s.progress, Kept: s.kept(), Report: s.report, Now: s.Now}
}
