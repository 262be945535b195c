package domain

import "time"

// Settings are a firm's choices about syncing.
type Settings struct {
	OnDocumentApproved bool   `json:"auto_sync_on_document_approved"`
	OnMatterCreated    bool   `json:"auto_sync_on_matter_created"`
	OnMatterUpdated    bool   `json:"auto_sync_on_matter_updated"` // matters that are linked
	OnClientUpdated    bool   `json:"auto_sync_on_client_updated"` // clients that are linked
	LinkExisting       bool   `json:"link_existing_matters"`
	DocumentsFolder    string `json:"documents_folder"` // empty: the document's own, else the root
}

// DefaultSettings hold until a firm admin changes them.
var DefaultSettings = Settings{OnDocumentApproved: true, OnMatterUpdated: true, LinkExisting: true}

// SettingsChanged says that a firm admin chose the settings.
type SettingsChanged struct {
	Settings Settings `json:"settings"`
	By       string   `json:"by"`
}

// EventName is stored for ever.
func (SettingsChanged) EventName() string { return "settings.changed.v1" }

// Preferences are a firm's settings and its own case type mappings, folded from its
// settings stream.
type Preferences struct {
	Mappings Mappings
	chosen   bool
	settings Settings
}

// Settings are the firm's, or the defaults.
func (p Preferences) Settings() Settings {
	if !p.chosen {
		return DefaultSettings
	}
	return p.settings
}

// Apply returns the preferences after e.
func (p Preferences) Apply(e Event, at time.Time) Preferences {
	if c, ok := e.(SettingsChanged); ok {
		p.chosen, p.settings = true, c.Settings
	}
	p.Mappings = p.Mappings.Apply(e, at)
	return p
}

// Change decides to keep s as the firm's settings; the same again is nothing new.
func (p Preferences) Change(s Settings, by string) []Event {
	if p.Settings() == s {
		return nil
	}
	return []Event{SettingsChanged{Settings: s, By: by}}
}
