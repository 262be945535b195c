package web

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// SettingsBody are a firm's settings. All are needed: a PUT takes the whole.
type SettingsBody struct {
	OnDocumentApproved bool   `json:"auto_sync_on_document_approved" doc:"A document's approval syncs its matter, client and approved documents."`
	OnMatterCreated    bool   `json:"auto_sync_on_matter_created" doc:"A new matter is synced at once."`
	OnMatterUpdated    bool   `json:"auto_sync_on_matter_updated" doc:"Changes of linked matters are synced."`
	OnClientUpdated    bool   `json:"auto_sync_on_client_updated" doc:"Changes of linked clients are synced."`
	LinkExisting       bool   `json:"link_existing_matters" doc:"A Smokeball matter with the case number and the client is linked."`
	DocumentsFolder    string `json:"documents_folder" maxLength:"200" doc:"The folder for documents; empty: the document's own, else the matter's top level."`
}

func (b SettingsBody) settings() domain.Settings { return domain.Settings(b) }

func (s *site) getSettings(ctx context.Context, in *ReadingPast) (*answer[settingsThen], error) {
	if in.AsOf != "" {
		return s.pastSettings(ctx, in)
	}
	row, err := s.Views.Connection(in.firm())
	return &answer[settingsThen]{Body: settingsThen{SettingsBody: SettingsBody(row.Settings)}}, err
}

type settingsInput struct {
	FirmPath
	Body SettingsBody
}

func (s *site) putSettings(ctx context.Context, in *settingsInput) (*change[SettingsBody], error) {
	position, err := s.Firms.ChangeSettings(ctx, userOf(ctx), in.Body.settings(), nil)
	return changed(position, in.Body), err
}
