package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// settingsPage is the form, with what was typed and what is wrong with it.
type settingsPage struct {
	Settings  domain.Settings
	Revision  int // that the form was made from
	ChangedAt time.Time
	ChangedBy string
	Unlinked  int // matters that are in CaseHug only
	Unsaved   bool
	Stored    domain.Settings // as they are now
	Overtaken bool            // somebody else saved them while the form was open
	Folder    string          // what is wrong with the folder
	Other     string          // what is wrong with anything else
}

func (s *site) showSettings(v pageRequest) error {
	p, err := s.settingsOf(v)
	if err != nil {
		return err
	}
	return s.settingsForm(v, http.StatusOK, p)
}

func (s *site) settingsOf(v pageRequest) (settingsPage, error) {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return settingsPage{}, err
	}
	p := settingsPage{Settings: row.Settings, Stored: row.Settings, Revision: row.SettingsRev, ChangedAt: row.SettingsAt, ChangedBy: nameOf(v, row, row.SettingsBy)}
	err = s.Views.EachMatter(v.firm(), func(r projections.MatterRow) bool {
		p.Unlinked += one(r.Matter.Known && !r.Matter.TypeFixed())
		return true
	})
	return p, err
}

func (s *site) settingsForm(v pageRequest, status int, p settingsPage) error {
	sc := screen{Title: "Smokeball settings", Nav: "integrations", Tab: "settings", Unmapped: s.unmapped(v), Body: p,
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Smokeball", ""}, {"Auto-sync", ""}}}
	if v.r.URL.Query().Get("saved") != "" {
		sc.Said = "Settings are saved."
	}
	return s.show(v, status, "settings", sc)
}

// doSettings saves the form; what is wrong is shown at its field, with what was typed.
func (s *site) doSettings(v pageRequest) error {
	typed := typedSettings(v.r)
	seen, err := strconv.Atoi(v.r.PostFormValue("revision"))
	if err != nil {
		seen = -1 // of a form that is not ours: it has seen nothing
	}
	position, err := s.Firms.ChangeSettings(v.r.Context(), v.user, typed, &seen)
	r := domain.AsRejection(err)
	if r == nil || (r.Reason != domain.Invalid && r.Failure.Code != domain.CodeSettingsChanged) {
		return s.then(v, position, err, "/integrations/settings?saved=1")
	}
	s.noteRejection(v.r.Context(), v.r.Method, r)
	if err := s.settle(v.r.Context(), position); err != nil {
		return err
	}
	return s.unsavedSettings(v, typed, r)
}

// unsavedSettings shows the form again with what was typed: it has faults, or somebody
// else saved other settings while it was open.
func (s *site) unsavedSettings(v pageRequest, typed domain.Settings, r *domain.Rejection) error {
	p, err := s.settingsOf(v)
	if err != nil {
		return err
	}
	p.Settings, p.Unsaved, p.Overtaken = typed, true, r.Reason == domain.Conflict
	for _, f := range r.Faults {
		if strings.HasSuffix(f.Field, "documents_folder") {
			p.Folder = capital(sentence(f.Reason))
		}
	}
	if p.Folder == "" && !p.Overtaken {
		p.Other = sentence(r.Failure.Message) + " " + r.Failure.Remedy
	}
	return s.settingsForm(v, rejected(r).Status, p)
}

func typedSettings(r *http.Request) domain.Settings {
	on := func(name string) bool { return r.PostFormValue(name) == "on" }
	return domain.Settings{
		OnDocumentApproved: on("auto_sync_on_document_approved"), OnMatterCreated: on("auto_sync_on_matter_created"),
		OnMatterUpdated: on("auto_sync_on_matter_updated"), OnClientUpdated: on("auto_sync_on_client_updated"),
		LinkExisting: on("link_existing_matters"), SyncTags: on("sync_tags"), DocumentsFolder: strings.TrimSpace(r.PostFormValue("documents_folder")),
	}
}
