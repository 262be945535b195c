package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
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
	replayHistory   domain.Action = "mapping.replay"
	previewSync     domain.Action = "sync.preview"
	readBulks       domain.Action = "bulk.read"
	readMatterTypes domain.Action = "matter_type.read"
	readWebhooks    domain.Action = "webhooks.read"
	readMatters     domain.Action = "matter.read"
	readDrift       domain.Action = "drift.read"
	readSyncs       domain.Action = "sync.read"
	readDeadLetters domain.Action = "dead_letter.read"
	readAudit       domain.Action = "audit.read"
	readErasures    domain.Action = "erasure.read"
	publishEvent    domain.Action = "event.publish"
	readOperator    domain.Action = "operator.read"
	changeKeys      domain.Action = "operator.keys"
	makeBackup      domain.Action = "operator.backup"
	rebuildViews    domain.Action = "operator.views"
)

// routes mounts every route of the engine. They all stand in this file.
func (s *site) routes() (*router, error) {
	m := &router{ServeMux: http.NewServeMux(), shell: s.shell()}
	m.api = api.New(m, s.Version, api.Parts{Gate: s.gate, Trail: s.trail, Progress: s.progress, Revisions: s.Views.Revisions, Calls: s.Calls, Report: s.report})
	a := s.resources()
	assets, err := console.NewAssets(s.errors)
	if err != nil {
		return nil, err
	}
	p := s.pages(m.shell, assets)
	for _, table := range [][]route{a.firmRoutes(), a.matterRoutes(), a.bulkRoutes(), a.operatorRoutes(), p.pageRoutes(), p.formRoutes(), s.signInRoutes(p)} {
		if err := m.mount(table); err != nil {
			return nil, err
		}
	}
	m.api.Elsewhere()
	description, err := m.api.Describe()
	if err != nil {
		return nil, err
	}
	reference, err := m.api.Pages()
	if err != nil {
		return nil, err
	}
	return m, m.mount(s.operationRoutes(p, description, reference))
}

// firmRoutes are about a firm as a whole.
func (a resources) firmRoutes() []route {
	return []route{
		{"GET /v1/firms/{firm}/connection", readers, readConnection, operation("Connection status", a.connection.Get, api.Digested("position"))},
		{"DELETE /v1/firms/{firm}/connection", admins, domain.ActionDisconnect, operation("Disconnect: webhooks removed, tokens destroyed, history kept", a.connection.Delete)},
		{"POST /v1/firms/{firm}/connection/authorize", admins, domain.ActionAuthorize, operation("Make a link to Smokeball's consent page: one use, 10 minutes", a.connection.Authorize)},
		{"POST /v1/firms/{firm}/connection/confirm", admins, domain.ActionConfirmAccount, operation("Take over another Smokeball account than before", a.connection.Confirm)},
		{"DELETE /v1/firms/{firm}/connection/pending", admins, domain.ActionDropAccount, operation("Drop another account that waits to be confirmed", a.connection.DeletePending)},
		{"GET /v1/firms/{firm}/stream", readers, readSyncs, operation("History, matters and connection as they change", a.streams.Open, api.EventStream)},
		{"GET /v1/firms/{firm}/settings", readers, readSettings, operation("Sync settings", a.settings.Get, api.Digested())},
		{"PUT /v1/firms/{firm}/settings", admins, domain.ActionChangeSettings, operation("Change the sync settings, as a whole", a.settings.Put)},
		{"GET /v1/firms/{firm}/retention", readers, readSettings, operation("How long the history, the audit trail and dead letters are kept", a.retentions.Get, api.Digested())},
		{"PUT /v1/firms/{firm}/retention", adminsAndOperators, domain.ActionChangeRetention, operation("Change how long things are kept", a.retentions.Put)},
		{"GET /v1/firms/{firm}/case-type-mappings", users, readMappings, operation("What case types become: the firm's own mappings and the defaults", a.mappings.List, api.Digested())},
		{"PUT /v1/firms/{firm}/case-type-mappings", admins, domain.ActionReviseMapping, operation("Make or change the mapping for these matters", a.mappings.PutNameless)},
		{"PUT /v1/firms/{firm}/case-type-mappings/{id}", admins, domain.ActionReviseMapping, operation("Make or change a mapping", a.mappings.Put)},
		{"DELETE /v1/firms/{firm}/case-type-mappings/{id}", admins, domain.ActionRemoveMapping, operation("Take a mapping back", a.mappings.Delete)},
		{"POST /v1/firms/{firm}/case-type-mappings/dry-run", admins, tryMapping, operation("What past and waiting matters would get under a changed mapping", a.mappings.DryRun, api.Computes, api.Described(api.DryRunDoc))},
		{"POST /v1/firms/{firm}/replay", adminsAndOperators, replayHistory, operation("What would have become of the firm's matters under other mappings", a.replays.Firm, api.Computes, api.Described(api.ReplayDoc))},
		{"GET /v1/firms/{firm}/smokeball/matter-types", users, readMatterTypes, operation("The matter types of the firm's Smokeball account", a.mappings.Types, api.Digested())},
		{"GET /v1/firms/{firm}/webhooks", adminsAndOperators, readWebhooks, operation("The webhook subscription", a.subscription.Get, api.Digested())},
		{"POST /v1/firms/{firm}/webhooks", admins, domain.ActionRegisterWebhooks, operation("Make or renew the webhook subscription", a.subscription.Register)},
		{"DELETE /v1/firms/{firm}/webhooks", admins, domain.ActionRemoveWebhooks, operation("Remove the webhook subscription", a.subscription.Remove)},
		{"GET /v1/firms/{firm}/audit", admins, readAudit, operation("What people did and what they were refused, newest first", a.audit.List, api.Digested())},
		{"POST /v1/firms/{firm}/webhooks/rotate", admins, domain.ActionRotateWebhooks, operation("Make a new webhook key and address; the old pair is accepted for an hour more", a.subscription.Rotate)},
		{"POST /v1/firms/{firm}/webhooks/test", admins, domain.ActionTestWebhooks, operation("Have Smokeball send its test notification, and wait for it up to 10 seconds", a.subscription.Test)},
	}
}

// matterRoutes are about matters, their syncs and dead letters.
func (a resources) matterRoutes() []route {
	return []route{
		{"GET /v1/firms/{firm}/matters", readers, readMatters, operation("Matters, newest first", a.matters.List, api.Polled)},
		{"GET /v1/firms/{firm}/matters/{matter}", readers, readMatters, operation("A matter as both sides have it", a.matters.Get, api.Polled)},
		{"GET /v1/firms/{firm}/matters/{matter}/provenance", readers, readMatters, operation("Where each value of a matter comes from, with its proof", a.matters.Provenance, api.Digested(), api.Described(api.ProvenanceDoc))},
		{"GET /v1/firms/{firm}/smokeball/matters", readers, readMatters, operation("What Smokeball has: matters by name, number or client", a.links.Search)},
		{"POST /v1/firms/{firm}/matters/{matter}/link", adminsAndOperators, domain.ActionLinkMatter, operation("Link the matter to one that Smokeball has", a.links.Link)},
		{"DELETE /v1/firms/{firm}/matters/{matter}/link", adminsAndOperators, domain.ActionUnlinkMatter, operation("Unlink the matter; what is in Smokeball stays there", a.links.Unlink)},
		{"GET /v1/firms/{firm}/drift", adminsAndOperators, readDrift, operation("Where Smokeball and CaseHug differ, field by field", a.drift.List, api.Polled)},
		{"POST /v1/firms/{firm}/drift/check", adminsAndOperators, domain.ActionCheckDrift, operation("Read linked matters and their clients again, within the spare allowance", a.drift.Check, api.Accepted)},
		{"POST /v1/firms/{firm}/matters/{matter}/fields/{field}/accept", adminsAndOperators, domain.ActionAcceptField, operation("Take Smokeball's value of a field for right; CaseHug is told", a.drift.Accept, api.Accepted)},
		{"POST /v1/firms/{firm}/matters/{matter}/fields/{field}/repair", adminsAndOperators, domain.ActionRepairField, operation("Write CaseHug's value of a field to Smokeball", a.drift.Repair, api.Accepted)},
		{"POST /v1/firms/{firm}/matters/{matter}/rebase", admins, domain.ActionRebaseMatter, operation("Let CaseHug's changes of the matter count again from a version on", a.versions.RebaseMatter)},
		{"POST /v1/firms/{firm}/clients/{client}/rebase", admins, domain.ActionRebaseClient, operation("Let CaseHug's changes of the client count again from a version on", a.versions.RebaseClient)},
		{"POST /v1/firms/{firm}/matters/{matter}/erase", adminsAndOperators, domain.ActionEraseMatter, operation("Erase the personal data of a matter for good, and of its clients whom no other matter names", a.erasures.Matter, api.Accepted)},
		{"POST /v1/firms/{firm}/clients/{client}/erase", adminsAndOperators, domain.ActionEraseClient, operation("Erase the personal data of a client for good, with all matters that name the client", a.erasures.Client, api.Accepted)},
		{"GET /v1/firms/{firm}/erasures/{id}", adminsAndOperators, readErasures, operation("How an erasure stands, step by step", a.erasures.Get)},
		{"POST /v1/firms/{firm}/matters/{matter}/sync", users, domain.ActionRequestSync, operation("Sync a matter to Smokeball", a.matters.Sync, api.Accepted)},
		{"POST /v1/firms/{firm}/matters/{matter}/preview", readers, previewSync, operation("What a sync of the matter would send, call by call; nothing is sent", a.previews.Matter, api.Computes, api.Described(api.PreviewDoc))},
		{"GET /v1/firms/{firm}/sync-history", readers, readSyncs, operation("The sync log, newest first", a.history.List, api.Polled)},
		{"GET /v1/firms/{firm}/sync-history/{id}", readers, readSyncs, operation("One sync", a.history.Get, api.Polled)},
		{"POST /v1/firms/{firm}/sync-history/{id}/retry", users, domain.ActionRetrySync, operation("Sync the matter of an ended sync again", a.history.Retry, api.Accepted)},
		{"POST /v1/firms/{firm}/sync-history/{id}/cancel", users, domain.ActionCancelSync, operation("Call off a sync that is queued or waits", a.history.Cancel)},
		{"GET /v1/firms/{firm}/dead-letters", deadLetterReaders, readDeadLetters, operation("Events that could not be taken in, newest first", a.deadLetters.List, api.Polled)},
		{"GET /v1/firms/{firm}/dead-letters/{id}", deadLetterReaders, readDeadLetters, operation("One event that could not be taken in", a.deadLetters.Get, api.Polled)},
		{"POST /v1/firms/{firm}/dead-letters/{id}/retry", deadLetterReaders, domain.ActionRetryDeadLetter, operation("Take it in again", a.deadLetters.Retry)},
		{"DELETE /v1/firms/{firm}/dead-letters/{id}", deadLetterReaders, domain.ActionDiscardDeadLetter, operation("Discard it; it stays readable", a.deadLetters.Discard)},
	}
}

// bulkRoutes are about many matters at once.
func (a resources) bulkRoutes() []route {
	return []route{
		{"GET /v1/firms/{firm}/bulk-syncs", adminsAndOperators, readBulks, operation("Bulk syncs, newest first", a.bulks.List, api.Digested())},
		{"POST /v1/firms/{firm}/bulk-syncs", adminsAndOperators, domain.ActionStartBulk, operation("Sync many matters, or estimate what that takes", a.bulks.Start, api.Accepted, api.Described(api.BulkDoc))},
		{"GET /v1/firms/{firm}/bulk-syncs/{id}", adminsAndOperators, readBulks, operation("A bulk sync's progress", a.bulks.Get, api.Digested())},
		{"POST /v1/firms/{firm}/bulk-syncs/{id}/pause", adminsAndOperators, domain.ActionPauseBulk, operation("Start no further matters for now; what is on its way is finished", a.bulks.Pause, api.Accepted)},
		{"POST /v1/firms/{firm}/bulk-syncs/{id}/resume", adminsAndOperators, domain.ActionResumeBulk, operation("Go on after a pause", a.bulks.Resume, api.Accepted)},
		{"DELETE /v1/firms/{firm}/bulk-syncs/{id}", adminsAndOperators, domain.ActionCancelBulk, operation("Cancel: what is done stays, what is on its way is finished, nothing else starts", a.bulks.Cancel, api.Accepted)},
		{"GET /v1/firms/{firm}/bulk-syncs/{id}/report", adminsAndOperators, readBulks, operation("What came of each matter, as JSON or CSV by Accept", a.bulks.Report, api.ReportForms)},
	}
}

// operatorRoutes are for services, Smokeball and operators.
func (a resources) operatorRoutes() []route {
	return []route{
		{"POST /v1/firms/{firm}/events", senders, publishEvent, operation("Take in a CloudEvent of a CaseHug service", a.intake.Event, api.Accepted, api.RawBody)},
		{"GET /v1/operator/firms", operators, readOperator, operation("Every firm's connection", a.operator.Firms)},
		{"GET /v1/operator/health", operators, readOperator, operation("What doctor finds of the engine", a.operator.Health)},
		{"GET /v1/operator/views", operators, readOperator, operation("How far the views are, and a rebuild of them", a.operator.ReadViews)},
		{"POST /v1/operator/views/rebuild", operators, rebuildViews, operation("Fold all views again beside those that answer until then", a.operator.RebuildViews, api.Accepted)},
		{"GET /v1/operator/keys", operators, readOperator, operation("The keys that seal secrets", a.keys.List)},
		{"POST /v1/operator/keys", operators, changeKeys, operation("Seal with a new key from now on", a.keys.Rotate)},
		{"DELETE /v1/operator/keys/{id}", operators, changeKeys, operation("Remove a key that seals nothing any more", a.keys.Retire)},
		{"POST /v1/operator/keys/rewrap", operators, changeKeys, operation("Seal with the newest key what older ones sealed", a.keys.Rewrap)},
		{"GET /v1/operator/erasures", operators, readOperator, operation("All erasures, by ids alone, as a restore takes them", a.erasures.All)},
		{"GET /v1/operator/backups", operators, readOperator, operation("The newest backup since the engine was started", a.backups.Latest)},
		{"POST /v1/operator/backups", operators, makeBackup, operation("Back up the ledger, keys, secrets and the bus while the engine goes on", a.backups.Begin, api.Accepted)},
		{"POST /webhooks/smokeball/{secret}", everybody, none, operation("Smokeball's notifications", a.intake.Webhook, api.RawBody, a.intake.Addressed)},
	}
}

// pageRoutes are the pages of the console.
func (p pages) pageRoutes() []route {
	return []route{
		{"GET /overview", users, readSyncs, page(p.overview.Show)},
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
		{"GET /matters/{matter}/provenance", users, readMatters, page(p.matters.ShowProvenance)},
		{"GET /matters/{matter}/preview", users, previewSync, page(p.previews.Show)},
		{"GET /matters/{matter}/link", admins, domain.ActionLinkMatter, page(p.links.Show)},
		{"GET /matters/{matter}/link/confirm", admins, domain.ActionLinkMatter, page(p.links.ShowConfirm)},
		{"GET /matters/{matter}/unlink", admins, domain.ActionUnlinkMatter, page(p.links.ShowUnlink)},
		{"GET /matters/{matter}/erase", admins, domain.ActionEraseMatter, page(p.erasures.ShowMatter)},
		{"GET /clients/{client}/erase", admins, domain.ActionEraseClient, page(p.erasures.ShowClient)},
		{"GET /erasures", admins, readErasures, page(p.erasures.Show)},
		{"GET /drift", admins, readDrift, page(p.drift.Show)},
		{"GET /bulk-syncs", admins, readBulks, page(p.bulks.Show)},
		{"GET /bulk-syncs/{id}", admins, readBulks, page(p.bulks.ShowOne)},
		{"GET /bulk-syncs/{id}/cancel", admins, domain.ActionCancelBulk, page(p.bulks.ShowCancel)},
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
		{"POST /integrations/retention", admins, domain.ActionChangeRetention, page(p.retentions.Save)},
		{"POST /integrations/mappings", admins, domain.ActionReviseMapping, page(p.mappings.Save)},
		{"POST /integrations/mappings/remove", admins, domain.ActionRemoveMapping, page(p.mappings.Remove)},
		{"POST /integrations/webhooks", admins, domain.ActionRegisterWebhooks, page(p.advanced.Register)},
		{"POST /integrations/webhooks/remove", admins, domain.ActionRemoveWebhooks, page(p.advanced.Remove)},
		{"POST /integrations/webhooks/rotate", admins, domain.ActionRotateWebhooks, page(p.advanced.Rotate)},
		{"POST /integrations/webhooks/test", admins, domain.ActionTestWebhooks, page(p.advanced.Test)},
		{"POST /matters/{matter}/sync", users, domain.ActionRequestSync, page(p.matters.Sync)},
		{"POST /matters/{matter}/link", admins, domain.ActionLinkMatter, page(p.links.Link)},
		{"POST /matters/{matter}/unlink", admins, domain.ActionUnlinkMatter, page(p.links.Unlink)},
		{"POST /matters/{matter}/erase", admins, domain.ActionEraseMatter, page(p.erasures.EraseMatter)},
		{"POST /clients/{client}/erase", admins, domain.ActionEraseClient, page(p.erasures.EraseClient)},
		{"POST /drift/check", admins, domain.ActionCheckDrift, page(p.drift.Check)},
		{"POST /matters/{matter}/fields/{field}/accept", admins, domain.ActionAcceptField, page(p.drift.Accept)},
		{"POST /matters/{matter}/fields/{field}/repair", admins, domain.ActionRepairField, page(p.drift.Repair)},
		{"POST /history/{id}/retry", users, domain.ActionRetrySync, page(p.history.Retry)},
		{"POST /history/{id}/cancel", users, domain.ActionCancelSync, page(p.history.Cancel)},
		{"POST /bulk-syncs", admins, domain.ActionStartBulk, page(p.bulks.Start)},
		{"POST /bulk-syncs/{id}/pause", admins, domain.ActionPauseBulk, page(p.bulks.Pause)},
		{"POST /bulk-syncs/{id}/resume", admins, domain.ActionResumeBulk, page(p.bulks.Resume)},
		{"POST /bulk-syncs/{id}/cancel", admins, domain.ActionCancelBulk, page(p.bulks.Cancel)},
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
	if s.Codes != nil {
		table = append(table, route{"GET /session/demo/{code}", everybody, none, plain(in.ByLink)})
	}
	return table
}

// operationRoutes are for browsers' files, machines and operators.
func (s *site) operationRoutes(p pages, description func() ([]byte, error), reference *api.Pages) []route {
	o := operations{version: s.Version, ready: s.Ready, rebuilding: s.Rebuilding, schema: s.Schema, report: s.report}
	table := []route{
		{"GET /{$}", everybody, none, plain(http.RedirectHandler("/overview", http.StatusSeeOther).ServeHTTP)},
		{"GET /static/{file}", everybody, none, plain(p.assets.Serve)},
		{"GET /openapi.json", everybody, none, plain(s.serveDescription(description))},
		{"GET /api", everybody, none, plain(reference.All)},
		{"GET /api/{operation}", everybody, none, plain(s.operationPage(reference))},
		{"GET /healthz", everybody, none, plain(o.health)},
		{"GET /readyz", everybody, none, plain(o.readiness)},
		{"GET /metrics", everybody, none, plain(promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{}).ServeHTTP)},
	}
	if s.BusDescription != nil {
		table = append(table, route{"GET /asyncapi.json", everybody, none, plain(serveBytes("application/json", s.BusDescription))})
	}
	if s.Schema != nil {
		table = append(table, route{"GET /schemas/{file}", everybody, none, plain(o.eventSchema)})
	}
	return table
}

// serveDescription serves the API's description.
func (s *site) serveDescription(description func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := description()
		if err != nil {
			s.report.Of(r.Context(), err).Write(w)
			return
		}
		serveBytes("application/openapi+json", data)(w, r)
	}
}

// operationPage shows one operation of the API.
func (s *site) operationPage(reference *api.Pages) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, ok := reference.Find(r.PathValue("operation"))
		if !ok {
			s.errors.Refuse(w, r, problem.UnknownAddress())
			return
		}
		page(w, r)
	}
}
