package domain

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Settings are a firm's choices about syncing.
type Settings struct {
	OnDocumentApproved bool        `json:"auto_sync_on_document_approved"`
	OnMatterCreated    bool        `json:"auto_sync_on_matter_created"`
	OnMatterUpdated    bool        `json:"auto_sync_on_matter_updated"` // matters that are linked
	OnClientUpdated    bool        `json:"auto_sync_on_client_updated"` // clients that are linked
	LinkExisting       bool        `json:"link_existing_matters"`
	DocumentsFolder    string      `json:"documents_folder"`    // empty: the document's own, else the root
	SyncTags           bool        `json:"sync_tags,omitempty"` // CaseHug's tags; they cost a call per matter
	Owners             FieldOwners `json:"field_owners,omitzero"`
	ByOwner            bool        `json:"settle_differences_by_owner,omitempty"` // without asking, differences that are there already too
}

// DefaultSettings hold until a firm admin changes them.
var DefaultSettings = Settings{OnDocumentApproved: true, OnMatterUpdated: true, LinkExisting: true}

// SettingsChanged says that a firm admin chose the settings.
type SettingsChanged struct {
	Settings Settings `json:"settings"`
	By       string   `json:"by"`
	ByName   string   `json:"by_name,omitempty"`
}

func (SettingsChanged) EventName() string { return "settings.changed.v1" }

// Preferences are a firm's settings and its own case type mappings, folded from its
// settings stream.
type Preferences struct {
	Mappings Mappings
	Revision int // counts the changes of the settings; 0: the defaults hold
	settings Settings
}

// Settings are the firm's, or the defaults.
func (p Preferences) Settings() Settings {
	if p.Revision == 0 {
		return DefaultSettings
	}
	return p.settings
}

// Apply returns the preferences after e.
func (p Preferences) Apply(e Event, at time.Time) Preferences {
	if c, ok := e.(SettingsChanged); ok {
		p.Revision, p.settings = p.Revision+1, c.Settings
	}
	p.Mappings = p.Mappings.Apply(e, at)
	return p
}

// Change decides to keep s as the firm's settings; the same again is nothing new.
func (p Preferences) Change(s Settings, by string) []Event {
	s.Owners = s.Owners.Chosen()
	if p.Settings() == s {
		return nil
	}
	return []Event{SettingsChanged{Settings: s, By: by}}
}

// ChangeFrom decides like Change, for somebody who saw the settings of a revision. Where
// they are others by now the change is refused (Conflict), so that nobody's choice is
// undone unseen.
func (p Preferences) ChangeFrom(seen int, s Settings, by string) ([]Event, error) {
	facts := p.Change(s, by)
	if len(facts) > 0 && seen != p.Revision {
		return nil, &Rejection{Reason: Conflict, Failure: Failure{Code: CodeSettingsChanged,
			Message: "Somebody else changed the settings meanwhile", Remedy: "Look at the settings as they are now, then save again."}}
	}
	return facts, nil
}

// longestFolder is how many characters a folder for documents may have.
const longestFolder = 200

// Check tells what is wrong with the settings, by their names in the API.
func (s Settings) Check() []FieldFault {
	return append(s.checkFolder(), s.Owners.check()...)
}

func (s Settings) checkFolder() []FieldFault {
	folder := s.DocumentsFolder
	wrong := func(reason string) []FieldFault { return []FieldFault{{Field: "/documents_folder", Reason: reason}} }
	if utf8.RuneCountInString(folder) > longestFolder {
		return wrong("must have at most 200 characters")
	}
	if !utf8.ValidString(folder) || strings.ContainsFunc(folder, unicode.IsControl) {
		return wrong("must be one line of text")
	}
	for name := range strings.SplitSeq(folder, "/") {
		if name = strings.TrimSpace(name); name == "." || name == ".." {
			return wrong("must name folders, not . or ..")
		}
	}
	return nil
}
