package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Settings are a firm's sync settings.
type Settings struct {
	Firms    ports.Connections
	Settings ports.Settings
	Past     reading.Past
	Progress reading.Progress
}

// SettingsBody holds a firm's settings. A PUT takes the whole; a setting that was added later may
// be left out and then keeps its value.
type SettingsBody struct {
	OnDocumentApproved bool   `json:"auto_sync_on_document_approved" doc:"A document's approval syncs its matter, client and approved documents."`
	OnMatterCreated    bool   `json:"auto_sync_on_matter_created" doc:"A new matter is synced at once."`
	OnMatterUpdated    bool   `json:"auto_sync_on_matter_updated" doc:"Changes of linked matters are synced."`
	OnClientUpdated    bool   `json:"auto_sync_on_client_updated" doc:"Changes of linked clients are synced."`
	LinkExisting       bool   `json:"link_existing_matters" doc:"A Smokeball matter with the case number and the client is linked."`
	DocumentsFolder    string `json:"documents_folder" maxLength:"200" doc:"The folder for documents; empty: the document's own, else the matter's top level."`
	SyncTags           *bool  `json:"sync_tags,omitempty" doc:"CaseHug's tags are set in Smokeball, which costs a call per matter. Left out: as it is."`

	Owners  *ownersGiven `json:"field_owners,omitempty" doc:"Whose value of a field usually counts: advice to who decides about a difference, unless they are settled by owner. Left out: as it is; a field that is left out, too."`
	ByOwner *bool        `json:"settle_differences_by_owner,omitempty" doc:"Differences are settled by the table of owners without asking, those too that are there already: CaseHug's value is written, or Smokeball's is accepted and CaseHug is told. Off: a firm admin decides about each. Left out: as it is."`
}

// settings are those of the body, and those of now that the body leaves out.
func (b SettingsBody) settings(now domain.Settings) domain.Settings {
	tags, byOwner := now.SyncTags, now.ByOwner
	if b.SyncTags != nil {
		tags = *b.SyncTags
	}
	if b.ByOwner != nil {
		byOwner = *b.ByOwner
	}
	return domain.Settings{OnDocumentApproved: b.OnDocumentApproved, OnMatterCreated: b.OnMatterCreated, OnMatterUpdated: b.OnMatterUpdated,
		OnClientUpdated: b.OnClientUpdated, LinkExisting: b.LinkExisting, DocumentsFolder: b.DocumentsFolder, SyncTags: tags,
		Owners: b.Owners.over(now.Owners), ByOwner: byOwner}
}

// whole reports whether the body leaves nothing out.
func (b SettingsBody) whole() bool { return b.SyncTags != nil && b.ByOwner != nil && b.Owners.whole() }

func settingsBody(s domain.Settings) SettingsBody {
	return SettingsBody{OnDocumentApproved: s.OnDocumentApproved, OnMatterCreated: s.OnMatterCreated, OnMatterUpdated: s.OnMatterUpdated,
		OnClientUpdated: s.OnClientUpdated, LinkExisting: s.LinkExisting, DocumentsFolder: s.DocumentsFolder, SyncTags: &s.SyncTags,
		Owners: ownersOf(s.Owners), ByOwner: &s.ByOwner}
}

// settingsThen are the settings of now or of a past moment.
type settingsThen struct {
	SettingsBody
	PastPosition
}

// Get answers with the settings of now or of a past moment.
func (s Settings) Get(ctx context.Context, in *ReadingPast) (*answer[settingsThen], error) {
	if in.AsOf != "" {
		return s.past(ctx, in)
	}
	row, err := s.Firms.Connection(in.firm())
	return &answer[settingsThen]{Body: settingsThen{SettingsBody: settingsBody(row.Settings)}}, err
}

func (s Settings) past(ctx context.Context, in *ReadingPast) (*answer[settingsThen], error) {
	at, then, err := s.Past.Read(ctx, in.firm(), in.AsOf)
	if err != nil {
		return nil, err
	}
	facts := only(then.Settings, func(e domain.Event) bool { _, ok := e.(domain.SettingsChanged); return ok })
	return &answer[settingsThen]{Body: settingsThen{SettingsBody: settingsBody(then.Row.Settings), PastPosition: provenBy(at, facts)}}, nil
}

type settingsInput struct {
	FirmPath
	Body SettingsBody
}

// Put changes the settings as a whole.
func (s Settings) Put(ctx context.Context, in *settingsInput) (*change[SettingsBody], error) {
	if in.Body.whole() {
		position, err := s.Settings.ChangeSettings(ctx, auth.User(ctx), in.Body.settings(domain.Settings{}), nil)
		return changed(position, in.Body), err
	}
	return s.putOver(ctx, in)
}

// putOver changes some of the current settings and keeps the rest. If they were changed in
// the meantime, it starts over from the new ones.
func (s Settings) putOver(ctx context.Context, in *settingsInput) (*change[SettingsBody], error) {
	for {
		row, err := s.Firms.Connection(in.firm())
		if err != nil {
			return nil, err
		}
		next := in.Body.settings(row.Settings)
		position, err := s.Settings.ChangeSettings(ctx, auth.User(ctx), next, &row.SettingsRev)
		if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeSettingsChanged {
			return changed(position, settingsBody(next)), err
		}
		if err := s.Progress.Settle(ctx, position); err != nil {
			return nil, err
		}
	}
}
