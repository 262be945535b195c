package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/casehug/smokeball-sync/domain"
)

// router remembers the patterns of its routes.
type router struct {
	*http.ServeMux
	patterns []string
}

// Handle adds a route.
func (m *router) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc adds a route.
func (m *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// handler is what serves every route.
func (s *site) handler() (http.Handler, error) {
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	return s.middleware(mux.ServeMux), nil
}

// routes puts all routes together. Every route of the engine stands in this file.
func (s *site) routes() (*router, error) {
	mux := &router{ServeMux: http.NewServeMux()}
	api := humago.New(mux, apiConfig(s.Version))
	s.routeAPI(api)
	if err := s.routeOperations(mux, api); err != nil {
		return nil, err
	}
	s.routeSignIn(mux)
	s.routePages(mux)
	s.routeForms(mux)
	return mux, nil
}

func (s *site) routeAPI(api huma.API) {
	var (
		everybody          = access{open: true}
		users              = access{role: domain.StandardUser}
		readers            = access{role: domain.StandardUser, operator: true}
		admins             = access{role: domain.FirmAdmin}
		adminsAndOperators = access{role: domain.FirmAdmin, operator: true}
		operators          = access{operator: true}
		senders            = access{role: domain.FirmAdmin, service: true}
		// undertakers see dead letters, operators those of no firm as well.
		deadLetterReaders = access{role: domain.FirmAdmin, operator: true, nobody: true}
	)
	on(s, api, readers, "GET /v1/firms/{firm}/connection", "Connection status", s.getConnection)
	on(s, api, admins, "DELETE /v1/firms/{firm}/connection", "Disconnect: webhooks removed, tokens destroyed, history kept", s.deleteConnection)
	on(s, api, admins, "POST /v1/firms/{firm}/connection/authorize", "Make a link to Smokeball's consent page: one use, 10 minutes", s.authorize)
	on(s, api, admins, "POST /v1/firms/{firm}/connection/confirm", "Take over another Smokeball account than before", s.confirmConnection)
	on(s, api, admins, "DELETE /v1/firms/{firm}/connection/pending", "Drop another account that waits to be confirmed", s.deletePending)
	on(s, api, readers, "GET /v1/firms/{firm}/settings", "Sync settings", s.getSettings)
	on(s, api, admins, "PUT /v1/firms/{firm}/settings", "Change the sync settings, as a whole", s.putSettings)
	on(s, api, users, "GET /v1/firms/{firm}/case-type-mappings", "What case types become: the firm's own mappings and the defaults", s.listMappings)
	on(s, api, admins, "PUT /v1/firms/{firm}/case-type-mappings", "Make or change the mapping for these matters", s.putNamelessMapping)
	on(s, api, admins, "PUT /v1/firms/{firm}/case-type-mappings/{id}", "Make or change a mapping", s.putMapping)
	on(s, api, admins, "DELETE /v1/firms/{firm}/case-type-mappings/{id}", "Take a mapping back", s.deleteMapping)
	on(s, api, admins, "POST /v1/firms/{firm}/case-type-mappings/dry-run", "What past and waiting matters would get under a changed mapping", s.dryRunMappings, described(dryRunDoc))
	on(s, api, users, "GET /v1/firms/{firm}/smokeball/matter-types", "The matter types of the firm's Smokeball account", s.listMatterTypes)
	on(s, api, readers, "GET /v1/firms/{firm}/matters", "Matters, newest first", s.listMatters)
	on(s, api, readers, "GET /v1/firms/{firm}/matters/{matter}", "A matter as both sides have it", s.getMatter)
	on(s, api, admins, "POST /v1/firms/{firm}/matters/{matter}/rebase", "Let CaseHug's changes of the matter count again from a version on", s.rebaseMatter)
	on(s, api, admins, "POST /v1/firms/{firm}/clients/{client}/rebase", "Let CaseHug's changes of the client count again from a version on", s.rebaseClient)
	on(s, api, users, "POST /v1/firms/{firm}/matters/{matter}/sync", "Sync a matter to Smokeball", s.syncMatter, accepted)
	on(s, api, readers, "GET /v1/firms/{firm}/sync-history", "The sync log, newest first", s.listHistory)
	on(s, api, readers, "GET /v1/firms/{firm}/sync-history/{id}", "One sync", s.getSync)
	on(s, api, users, "POST /v1/firms/{firm}/sync-history/{id}/retry", "Sync the matter of an ended sync again", s.retrySync, accepted)
	on(s, api, users, "POST /v1/firms/{firm}/sync-history/{id}/cancel", "Call off a sync that is queued or waits", s.cancelSync)
	on(s, api, deadLetterReaders, "GET /v1/firms/{firm}/dead-letters", "Events that could not be taken in, newest first", s.listDeadLetters)
	on(s, api, deadLetterReaders, "GET /v1/firms/{firm}/dead-letters/{id}", "One event that could not be taken in", s.getDeadLetter)
	on(s, api, deadLetterReaders, "POST /v1/firms/{firm}/dead-letters/{id}/retry", "Take it in again", s.retryDeadLetter)
	on(s, api, deadLetterReaders, "DELETE /v1/firms/{firm}/dead-letters/{id}", "Discard it; it stays readable", s.discardDeadLetter)
	on(s, api, adminsAndOperators, "GET /v1/firms/{firm}/webhooks", "The webhook subscription", s.getWebhooks)
	on(s, api, admins, "POST /v1/firms/{firm}/webhooks", "Make or renew the webhook subscription", s.postWebhooks)
	on(s, api, admins, "DELETE /v1/firms/{firm}/webhooks", "Remove the webhook subscription", s.deleteWebhooks)
	on(s, api, admins, "GET /v1/firms/{firm}/audit", "What people did and what they were refused, newest first", s.listAudit)
	on(s, api, admins, "POST /v1/firms/{firm}/webhooks/rotate", "Make a new webhook key and address; the old pair is accepted for an hour more", s.rotateWebhooks)
	on(s, api, admins, "POST /v1/firms/{firm}/webhooks/test", "Have Smokeball send its test notification, and wait for it up to 10 seconds", s.testWebhooks)
	on(s, api, senders, "POST /v1/firms/{firm}/events", "Take in a CloudEvent of a CaseHug service", s.postEvent, accepted, small)
	on(s, api, operators, "GET /v1/operator/firms", "Every firm's connection", s.listFirms)
	on(s, api, operators, "GET /v1/operator/keys", "The keys that seal secrets", s.listKeys)
	on(s, api, operators, "POST /v1/operator/keys", "Seal with a new key from now on", s.rotateKey)
	on(s, api, operators, "DELETE /v1/operator/keys/{id}", "Remove a key that seals nothing any more", s.retireKey)
	on(s, api, operators, "POST /v1/operator/keys/rewrap", "Seal with the newest key what older ones sealed", s.rewrapSecrets)
	on(s, api, everybody, "POST /webhooks/smokeball/{secret}", "Smokeball's notifications", s.postWebhook, small, s.addressed)
}

func (s *site) routeOperations(mux *router, api huma.API) error {
	description, err := describe(api)
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /openapi.json", serveBytes("application/openapi+json", description))
	mux.HandleFunc("GET /healthz", s.getHealth)
	mux.HandleFunc("GET /readyz", s.getReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{}))
	if s.Schema != nil {
		mux.HandleFunc("GET /schemas/{file}", s.getSchema)
	}
	return nil
}

func (s *site) routeSignIn(mux *router) {
	mux.HandleFunc("POST /session", s.unknownBody(s.signIn))
	mux.HandleFunc("POST /session/end", s.signOut)
	if s.OneTime != nil {
		mux.HandleFunc("GET /session/demo/{code}", s.signInOnce)
	}
	mux.HandleFunc("GET /oauth/smokeball/callback", s.finishAuthorization)
	mux.HandleFunc("POST /oauth/smokeball/confirm", s.unknownBody(s.confirmAuthorization))
}

func (s *site) routePages(mux *router) {
	mux.HandleFunc("GET /static/{file}", s.getAsset)
	mux.Handle("GET /{$}", http.RedirectHandler("/integrations", http.StatusSeeOther))
	for route, p := range map[string]page{
		"GET /integrations":              {domain.StandardUser, s.showIntegrations},
		"GET /integrations/settings":     {domain.FirmAdmin, s.showSettings},
		"GET /integrations/mappings":     {domain.FirmAdmin, s.showMappings},
		"GET /integrations/advanced":     {domain.FirmAdmin, s.showAdvanced},
		"GET /integrations/disconnect":   {domain.FirmAdmin, s.showDisconnect},
		"GET /integrations/unregister":   {domain.FirmAdmin, s.showRemoveWebhooks},
		"GET /history":                   {domain.StandardUser, s.showHistory},
		"GET /history/{id}":              {domain.StandardUser, s.showSync},
		"GET /matters":                   {domain.StandardUser, s.showMatters},
		"GET /matters/{matter}":          {domain.StandardUser, s.showMatter},
		"GET /dead-letters":              {domain.FirmAdmin, s.showDeadLetters},
		"GET /dead-letters/{id}/discard": {domain.FirmAdmin, s.showDiscardDeadLetter},
		"GET /audit":                     {domain.FirmAdmin, s.showAudit},
		"GET /integrations/as-of":        {domain.StandardUser, s.showPast},
	} {
		mux.HandleFunc(route, s.signedIn(route, p))
	}
}

func (s *site) routeForms(mux *router) {
	for route, p := range map[string]page{
		"POST /integrations/connect":         {domain.FirmAdmin, s.doConnect},
		"POST /integrations/disconnect":      {domain.FirmAdmin, s.doDisconnect},
		"POST /integrations/account/confirm": {domain.FirmAdmin, s.doConfirmAccount},
		"POST /integrations/account/drop":    {domain.FirmAdmin, s.doDropAccount},
		"POST /integrations/settings":        {domain.FirmAdmin, s.doSettings},
		"POST /integrations/mappings":        {domain.FirmAdmin, s.doMapping},
		"POST /integrations/mappings/remove": {domain.FirmAdmin, s.doRemoveMapping},
		"POST /integrations/webhooks":        {domain.FirmAdmin, s.doRegisterWebhooks},
		"POST /integrations/webhooks/remove": {domain.FirmAdmin, s.doRemoveWebhooks},
		"POST /integrations/webhooks/rotate": {domain.FirmAdmin, s.doRotateWebhooks},
		"POST /integrations/webhooks/test":   {domain.FirmAdmin, s.doTestWebhooks},
		"POST /matters/{matter}/sync":        {domain.StandardUser, s.doSync},
		"POST /history/{id}/retry":           {domain.StandardUser, s.doRetry},
		"POST /history/{id}/cancel":          {domain.StandardUser, s.doCancel},
		"POST /dead-letters/{id}/retry":      {domain.FirmAdmin, s.doRetryDeadLetter},
		"POST /dead-letters/{id}/discard":    {domain.FirmAdmin, s.doDiscardDeadLetter},
	} {
		mux.HandleFunc(route, s.signedIn(route, p))
	}
}
