package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// settingsPage is the form, with what was typed and what is wrong with it.
type settingsPage struct {
	Settings  domain.Settings
	ChangedAt time.Time
	ChangedBy string
	Folder    string // what is wrong with the folder
	Other     string // what is wrong with anything else
}

func (s *site) showSettings(v visit) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	return s.settingsForm(v, http.StatusOK, settingsOf(v, row))
}

func settingsOf(v visit, row projections.ConnectionRow) settingsPage {
	return settingsPage{Settings: row.Settings, ChangedAt: row.SettingsAt, ChangedBy: nameOf(v, row, row.SettingsBy)}
}

func (s *site) settingsForm(v visit, status int, p settingsPage) error {
	sc := screen{Title: "Smokeball settings", Nav: "integrations", Body: p,
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Smokeball", ""}, {"Auto-sync", ""}}}
	if v.r.URL.Query().Get("saved") != "" {
		sc.Said = "Settings are saved."
	}
	return s.show(v, status, "settings", sc)
}

// doSettings saves the form; what is wrong is shown at its field, with what was typed.
func (s *site) doSettings(v visit) error {
	typed := typedSettings(v.r)
	position, err := s.Firms.ChangeSettings(v.r.Context(), v.user, typed)
	if r := domain.AsRejection(err); r != nil && r.Reason == domain.Invalid {
		return s.mistypedSettings(v, typed, r)
	}
	return s.then(v, position, err, "/integrations/settings?saved=1")
}

func (s *site) mistypedSettings(v visit, typed domain.Settings, r *domain.Rejection) error {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	p := settingsOf(v, row)
	p.Settings = typed
	for _, f := range r.Faults {
		if strings.HasSuffix(f.Field, "documents_folder") {
			p.Folder = sentence(f.Reason)
		}
	}
	if p.Folder == "" {
		p.Other = sentence(r.Failure.Message) + " " + r.Failure.Remedy
	}
	return s.settingsForm(v, http.StatusUnprocessableEntity, p)
}

func typedSettings(r *http.Request) domain.Settings {
	on := func(name string) bool { return r.PostFormValue(name) == "on" }
	return domain.Settings{
		OnDocumentApproved: on("auto_sync_on_document_approved"), OnMatterCreated: on("auto_sync_on_matter_created"),
		OnMatterUpdated: on("auto_sync_on_matter_updated"), OnClientUpdated: on("auto_sync_on_client_updated"),
		LinkExisting: on("link_existing_matters"), DocumentsFolder: strings.TrimSpace(r.PostFormValue("documents_folder")),
	}
}
