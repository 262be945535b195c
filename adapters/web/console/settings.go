package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// Settings show and save the sync settings.
type Settings struct {
	*Shell
	Settings ports.Settings
	Numbers  ports.MatterCounts
	Mappings reading.MappingReader
}

// settingsPage is the form, with what was typed and its faults.
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
	Keeps     []keepChoice    // how long things are kept
	KeptBy    string          // who chose that; empty: nobody did
	KeptAt    time.Time
}

// Show shows the form.
func (s *Settings) Show(v pageRequest) error {
	p, err := s.page(v)
	if err != nil {
		return err
	}
	return s.form(v, http.StatusOK, p)
}

func (s *Settings) page(v pageRequest) (settingsPage, error) {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return settingsPage{}, err
	}
	counts, err := s.Numbers.MatterCounts(v.firm())
	if err != nil {
		return settingsPage{}, err
	}
	kept, err := s.Kept.Of(v.firm())
	return settingsPage{Keeps: keepChoices(kept), KeptBy: v.nameOf(row, kept.By), KeptAt: kept.At, Settings: row.Settings, Stored: row.Settings, Revision: row.SettingsRev, ChangedAt: row.SettingsAt, ChangedBy: v.nameOf(row, row.SettingsBy),
		Unlinked: counts.All() - counts.Linked}, err
}

func (s *Settings) form(v pageRequest, status int, p settingsPage) error {
	sc := screen{Title: "Smokeball settings", Nav: "integrations", Tab: "settings", Unmapped: s.Mappings.Unmapped(v.ctx(), v.firm()), Body: p, Crumbs: settingsCrumbs("Auto-sync")}
	if v.r.URL.Query().Get("saved") != "" {
		sc.Said = "Settings are saved."
	}
	if v.r.URL.Query().Get("kept") != "" {
		sc.Said = "How long things are kept is saved."
	}
	return s.show(v, status, "settings", sc)
}

// Save saves the form; what is wrong is shown at its field, with what was typed.
func (s *Settings) Save(v pageRequest) error {
	typed := typedSettings(v.r)
	seen, err := strconv.Atoi(v.r.PostFormValue("revision"))
	if err != nil {
		seen = -1 // not our form: it has seen no revision
	}
	position, err := s.Settings.ChangeSettings(v.ctx(), v.user, typed, &seen)
	r := domain.AsRejection(err)
	if r == nil || (r.Reason != domain.Invalid && r.Failure.Code != domain.CodeSettingsChanged) {
		return s.then(v, position, err, "/integrations/settings?saved=1")
	}
	s.Trail.Reject(v.ctx(), v.r.Method, r)
	if err := s.Progress.Settle(v.ctx(), position); err != nil {
		return err
	}
	return s.unsaved(v, typed, r)
}

// unsaved shows the form again with what was typed: it has faults, or somebody else saved
// other settings while it was open.
func (s *Settings) unsaved(v pageRequest, typed domain.Settings, r *domain.Rejection) error {
	p, err := s.page(v)
	if err != nil {
		return err
	}
	p.Settings, p.Unsaved, p.Overtaken = typed, true, r.Reason == domain.Conflict
	for _, f := range r.Faults {
		if strings.HasSuffix(f.Field, "documents_folder") {
			p.Folder = words.Capital(words.Sentence(f.Reason))
		}
	}
	if p.Folder == "" && !p.Overtaken {
		p.Other = failureText(r.Failure) + " " + r.Failure.Remedy
	}
	return s.form(v, problem.Rejected(r).Status, p)
}

func typedSettings(r *http.Request) domain.Settings {
	on := func(name string) bool { return r.PostFormValue(name) == "on" }
	return domain.Settings{
		OnDocumentApproved: on("auto_sync_on_document_approved"), OnMatterCreated: on("auto_sync_on_matter_created"),
		OnMatterUpdated: on("auto_sync_on_matter_updated"), OnClientUpdated: on("auto_sync_on_client_updated"),
		LinkExisting: on("link_existing_matters"), SyncTags: on("sync_tags"), ByOwner: on("settle_differences_by_owner"), Owners: typedOwners(r), DocumentsFolder: strings.TrimSpace(r.PostFormValue("documents_folder")),
	}
}
