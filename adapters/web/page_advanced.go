package web

import (
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// advancedPage tells whether the buttons may act.
type advancedPage struct {
	Usable    bool // calls to Smokeball may be made
	Connected bool // there is a connection to end
}

func (s *site) showAdvanced(v visit) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	c := row.Connection
	sc := screen{Title: "Advanced", Nav: "integrations", Tab: "advanced", Unmapped: s.unmapped(v), Said: advancedSaid(v.r),
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Smokeball", ""}, {"Advanced", ""}},
		Body:   advancedPage{Usable: c.Usable(s.Now()), Connected: c.State != "" && c.State != domain.StatusDisconnected}}
	return s.show(v, http.StatusOK, "advanced", sc)
}

func advancedSaid(r *http.Request) string {
	switch r.URL.Query().Get("done") {
	case "registered":
		return "Webhooks are registered."
	case "removed":
		return "The webhook subscription is removed."
	}
	return ""
}

func (s *site) doRegisterWebhooks(v visit) error {
	position, err := s.Firms.RegisterWebhooks(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=registered")
}

func (s *site) doRemoveWebhooks(v visit) error {
	position, err := s.Firms.RemoveWebhooks(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=removed")
}
