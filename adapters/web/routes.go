package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/domain"
)

// Who may use a route.
var (
	everybody          = auth.Access{Open: true}
	users              = auth.Access{Role: domain.StandardUser}
	readers            = auth.Access{Role: domain.StandardUser, Operator: true}
	admins             = auth.Access{Role: domain.FirmAdmin}
	adminsAndOperators = auth.Access{Role: domain.FirmAdmin, Operator: true}
	operators          = auth.Access{Operator: true}
	senders            = auth.Access{Role: domain.FirmAdmin, Service: true}
	// deadLetterReaders are firm admins; operators may ask for those of no firm, too.
	deadLetterReaders = auth.Access{Role: domain.FirmAdmin, Operator: true, Nobody: true}
)

// The audit actions of routes that change no firm's data; those of commands are the domain's.
const (
	none domain.Action = "" // everybody may use the route

	readConnection  domain.Action = "connection.read"
	readSettings    domain.Action = "settings.read"
	readMappings    domain.Action = "mapping.read"
	tryMapping      domain.Action = "mapping.try"
	readMatterTypes domain.Action = "matter_type.read"
	readWebhooks    domain.Action = "webhooks.read"
	readMatters     domain.Action = "matter.read"
	readSyncs       domain.Action = "sync.read"
	readDeadLetters domain.Action = "dead_letter.read"
	readAudit       domain.Action = "audit.read"
	publishEvent    domain.Action = "event.publish"
	readOperator    domain.Action = "operator.read"
	changeKeys      domain.Action = "operator.keys"
)

// routes mounts every route of the engine. They all stand in this file.
func (s *site) routes() (*router, error) {
	m := &router{ServeMux: http.NewServeMux(), shell: s.shell()}
	m.api = api.New(m, s.Version, s.gate, s.trail, s.progress, s.report)
	a := s.resources()
	assets, err := console.NewAssets(s.errors)
	if err != nil {
		return nil, err
	}
	p := s.pages(m.shell, assets)
	for _, table := range [][]route{a.firmRoutes(), a.matterRoutes(), a.operatorRoutes(), p.pageRoutes(), p.formRoutes(), s.signInRoutes(p)} {
		if err := m.mount(table); err != nil {
			return nil, err
		}
	}
	description, err := m.api.Describe()
	if err != nil {
		return nil, err
	}
	return m, m.mount(s.operationRoutes(p, description))
}

// firmRoutes are about a firm as a whole.
func (a resources) firmRoutes() []route {
	return []route{
		{"GET /v1/firms/{firm}/connection", readers, readConnection, operation("Connection status", a.connection.Get)},
		{"DELETE /v1/firms/{firm}/connection", admins, domain.ActionDisconnect, operation("Disconnect: webhooks removed, tokens destroyed, history kept", a.connection.Delete)},
		{"POST /v1/firms/{firm}/connection/authorize", admins, domain.ActionAuthorize, operation("Make a link to Smokeball's consent page: one use, 10 minutes", a.connection.Authorize)},
		{"POST /v1/firms/{firm}/connection/confirm", admins, domain.ActionConfirmAccount, operation("Take over another Smokeball account than before", a.connection.Confirm)},
		{"DELETE /v1/firms/{firm}/connection/pending", admins, domain.ActionDropAccount, operation("Drop another account that waits to be confirmed", a.connection.DeletePending)},
		{"GET /v1/firms/{firm}/settings", readers, readSettings, operation("Sync settings", a.settings.Get)},
		{"PUT /v1/firms/{firm}/settings", admins, domain.ActionChangeSettings, operation("Change the sync settings, as a whole", a.settings.Put)},
		{"GET /v1/firms/{firm}/case-type-mappings", users, readMappings, operation("What case types become: the firm's own mappings and the defaults", a.mappings.List)},
		{"PUT /v1/firms/{firm}/case-type-mappings", admins, domain.ActionReviseMapping, operation("Make or change the mapping for these matters", a.mappings.PutNameless)},
		{"PUT /v1/firms/{firm}/case-type-mappings/{id}", admins, domain.ActionReviseMapping, operation("Make or change a mapping", a.mappings.Put)},
		{"DELETE /v1/firms/{firm}/case-type-mappings/{id}", admins, domain.ActionRemoveMapping, operation("Take a mapping back", a.mappings.Delete)},
		{"POST /v1/firms/{firm}/case-type-mappings/dry-run", admins, tryMapping, operation("What past and waiting matters would get under a changed mapping", a.mappings.DryRun, api.Described(api.DryRunDoc))},
		{"GET /v1/firms/{firm}/smokeball/matter-types", users, readMatterTypes, operation("The matter types of the firm's Smokeball account", a.mappings.Types)},
		{"GET /v1/firms/{firm}/webhooks", adminsAndOperators, readWebhooks, operation("The webhook subscription", a.subscription.Get)},
		{"POST /v1/firms/{firm}/webhooks", admins, domain.ActionRegisterWebhooks, operation("Make or renew the webhook subscription", a.subscription.Register)},
		{"DELETE /v1/firms/{firm}/webhooks", admins, domain.ActionRemoveWebhooks, operation("Remove the webhook subscription", a.subscription.Remove)},
		{"GET /v1/firms/{firm}/audit", admins, readAudit, operation("What people did and what they were refused, newest first", a.audit.List)},
		{"POST /v1/firms/{firm}/webhooks/rotate", admins, domain.ActionRotateWebhooks, operation("Make a new webhook key and address; the old pair is accepted for an hour more", a.subscription.Rotate)},
		{"POST /v1/firms/{firm}/webhooks/test", admins, domain.ActionTestWebhooks, operation("Have Smokeball send its test notification, and wait for it up to 10 seconds", a.subscription.Test)},
	}
}

// matterRoutes are about matters, their syncs and dead letters.
func (a resources) matterRoutes() []route {
	return []route{
		{"GET /v1/firms/{firm}/matters", readers, readMatters, operation("Matters, newest first", a.matters.List)},
		{"GET /v1/firms/{firm}/matters/{matter}", readers, readMatters, operation("A matter as both sides have it", a.matters.Get)},
		{"POST /v1/firms/{firm}/matters/{matter}/rebase", admins, domain.ActionRebaseMatter, operation("Let CaseHug's changes of the matter count again from a version on", a.versions.RebaseMatter)},
		{"POST /v1/firms/{firm}/clients/{client}/rebase", admins, domain.ActionRebaseClient, operation("Let CaseHug's changes of the client count again from a version on", a.versions.RebaseClient)},
		{"POST /v1/firms/{firm}/matters/{matter}/sync", users, domain.ActionRequestSync, operation("Sync a matter to Smokeball", a.matters.Sync, api.Accepted)},
		{"GET /v1/firms/{firm}/sync-history", readers, readSyncs, operation("The sync log, newest first", a.history.List)},
		{"GET /v1/firms/{firm}/sync-history/{id}", readers, readSyncs, operation("One sync", a.history.Get)},
		{"POST /v1/firms/{firm}/sync-history/{id}/retry", users, domain.ActionRetrySync, operation("Sync the matter of an ended sync again", a.history.Retry, api.Accepted)},
		{"POST /v1/firms/{firm}/sync-history/{id}/cancel", users, domain.ActionCancelSync, operation("Call off a sync that is queued or waits", a.history.Cancel)},
		{"GET /v1/firms/{firm}/dead-letters", deadLetterReaders, readDeadLetters, operation("Events that could not be taken in, newest first", a.deadLetters.List)},
		{"GET /v1/firms/{firm}/dead-letters/{id}", deadLetterReaders, readDeadLetters, operation("One event that could not be taken in", a.deadLetters.Get)},
		{"POST /v1/firms/{firm}/dead-letters/{id}/retry", deadLetterReaders, domain.ActionRetryDeadLetter, operation("Take it in again", a.deadLetters.Retry)},
		{"DELETE /v1/firms/{firm}/dead-letters/{id}", deadLetterReaders, domain.ActionDiscardDeadLetter, operation("Discard it; it stays readable", a.deadLetters.Discard)},
	}
}

// operatorRoutes are for services, Smokeball and operators.
func (a resources) operatorRoutes() []route {
	return []route{
		{"POST /v1/firms/{firm}/events", senders, publishEvent, operation("Take in a CloudEvent of a CaseHug service", a.intake.Event, api.Accepted, api.RawBody)},
		{"GET /v1/operator/firms", operators, readOperator, operation("Every firm's connection", a.operator.Firms)},
		{"GET /v1/operator/keys", operators, readOperator, operation("The keys that seal secrets", a.keys.List)},
		{"POST /v1/operator/keys", operators, changeKeys, operation("Seal with a new key from now on", a.keys.Rotate)},
		{"DELETE /v1/operator/keys/{id}", operators, changeKeys, operation("Remove a key that seals nothing any more", a.keys.Retire)},
		{"POST /v1/operator/keys/rewrap", operators, changeKeys, operation("Seal with the newest key what older ones sealed", a.keys.Rewrap)},
		{"POST /webhooks/smokeball/{secret}", everybody, none, operation("Smokeball's notifications", a.intake.Webhook, api.RawBody, a.intake.Addressed)},
	}
}

// pageRoutes are the pages of the console.
func (p pages) pageRoutes() []route {
	return []route{
		{"GET /integrations", users, readConnection, page(p.integrations.Show)},
		{"GET /integrations/settings", admins, domain.ActionChangeSettings, page(p.settings.Show)},
		{"GET /integrations/mappings", admins, readMappings, page(p.mappings.Show)},
		{"GET /integrations/advanced", admins, readWebhooks, page(p.advanced.Show)},
		{"GET /integrations/disconnect", admins, domain.ActionDisconnect, page(p.disconnect.Show)},
		{"GET /integrations/unregister", admins, domain.ActionRemoveWebhooks, page(p.advanced.ShowRemove)},
		{"GET /history", users, readSyncs, page(p.history.Show)},
		{"GET /history/{id}", users, readSyncs, page(p.history.ShowSync)},
		{"GET /matters", users, readMatters, page(p.matters.Show)},
		{"GET /matters/{matter}", users, readMatters, page(p.matters.ShowMatter)},
		{"GET /dead-letters", admins, readDeadLetters, page(p.deadLetters.Show)},
		{"GET /dead-letters/{id}/discard", admins, domain.ActionDiscardDeadLetter, page(p.deadLetters.ShowDiscard)},
		{"GET /audit", admins, readAudit, page(p.audit.Show)},
		{"GET /integrations/as-of", users, readConnection, page(p.asOf.Show)},
	}
}

// formRoutes are the forms of the console.
func (p pages) formRoutes() []route {
	return []route{
		{"POST /integrations/connect", admins, domain.ActionAuthorize, page(p.integrations.Connect)},
		{"POST /integrations/disconnect", admins, domain.ActionDisconnect, page(p.disconnect.Disconnect)},
		{"POST /integrations/account/confirm", admins, domain.ActionConfirmAccount, page(p.integrations.ConfirmAccount)},
		{"POST /integrations/account/drop", admins, domain.ActionDropAccount, page(p.integrations.DropAccount)},
		{"POST /integrations/settings", admins, domain.ActionChangeSettings, page(p.settings.Save)},
		{"POST /integrations/mappings", admins, domain.ActionReviseMapping, page(p.mappings.Save)},
		{"POST /integrations/mappings/remove", admins, domain.ActionRemoveMapping, page(p.mappings.Remove)},
		{"POST /integrations/webhooks", admins, domain.ActionRegisterWebhooks, page(p.advanced.Register)},
		{"POST /integrations/webhooks/remove", admins, domain.ActionRemoveWebhooks, page(p.advanced.Remove)},
		{"POST /integrations/webhooks/rotate", admins, domain.ActionRotateWebhooks, page(p.advanced.Rotate)},
		{"POST /integrations/webhooks/test", admins, domain.ActionTestWebhooks, page(p.advanced.Test)},
		{"POST /matters/{matter}/sync", users, domain.ActionRequestSync, page(p.matters.Sync)},
		{"POST /history/{id}/retry", users, domain.ActionRetrySync, page(p.history.Retry)},
		{"POST /history/{id}/cancel", users, domain.ActionCancelSync, page(p.history.Cancel)},
		{"POST /dead-letters/{id}/retry", admins, domain.ActionRetryDeadLetter, page(p.deadLetters.Retry)},
		{"POST /dead-letters/{id}/discard", admins, domain.ActionDiscardDeadLetter, page(p.deadLetters.Discard)},
	}
}

// signInRoutes begin and end sessions and connections.
func (s *site) signInRoutes(p pages) []route {
	in := s.signIn()
	table := []route{
		{"POST /session", everybody, none, plain(s.bodies.Form(s.errors, in.Begin))},
		{"POST /session/end", everybody, none, plain(in.End)},
		{"GET /oauth/smokeball/callback", everybody, none, plain(p.consent.Finish)},
		{"POST /oauth/smokeball/confirm", everybody, none, plain(s.bodies.Form(s.errors, p.consent.Confirm))},
	}
	if s.OneTime != nil {
		table = append(table, route{"GET /session/demo/{code}", everybody, none, plain(in.Once)})
	}
	return table
}

// operationRoutes are for browsers' files, machines and operators.
func (s *site) operationRoutes(p pages, description []byte) []route {
	o := operations{version: s.Version, ready: s.Ready, schema: s.Schema, report: s.report}
	table := []route{
		{"GET /{$}", everybody, none, plain(http.RedirectHandler("/integrations", http.StatusSeeOther).ServeHTTP)},
		{"GET /static/{file}", everybody, none, plain(p.assets.Serve)},
		{"GET /openapi.json", everybody, none, plain(serveBytes("application/openapi+json", description))},
		{"GET /healthz", everybody, none, plain(o.health)},
		{"GET /readyz", everybody, none, plain(o.readiness)},
		{"GET /metrics", everybody, none, plain(promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{}).ServeHTTP)},
	}
	if s.Schema != nil {
		table = append(table, route{"GET /schemas/{file}", everybody, none, plain(o.eventSchema)})
	}
	return table
}
