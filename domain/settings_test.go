package domain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestDefaultSettings holds the defaults to what the outside contract says.
func TestDefaultSettings(t *testing.T) {
	data, err := json.Marshal(given[domain.Preferences]().Settings())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"auto_sync_on_document_approved":true,"auto_sync_on_matter_created":false,"auto_sync_on_matter_updated":true,` +
		`"auto_sync_on_client_updated":false,"link_existing_matters":true,"documents_folder":""}`
	if string(data) != want {
		t.Errorf("the defaults are\n%s\nwant\n%s", data, want)
	}
}

func TestChangeSettings(t *testing.T) {
	changed := domain.SettingsChanged{Settings: onCreated, By: "u_1"}
	then(t, given[domain.Preferences]().Change(onCreated, "u_1"), changed)
	then(t, given[domain.Preferences]().Change(domain.DefaultSettings, "u_1"))
	then(t, given[domain.Preferences](changed).Change(onCreated, "u_2"))

	none := domain.SettingsChanged{By: "u_1"}
	p := given[domain.Preferences](changed, none)
	if p.Settings() != (domain.Settings{}) {
		t.Errorf("everything was switched off and the settings are %+v", p.Settings())
	}
	then(t, p.Change(domain.DefaultSettings, "u_1"), domain.SettingsChanged{Settings: domain.DefaultSettings, By: "u_1"})
}

// TestChangeFrom tells that settings which somebody else changed meanwhile are not
// overwritten unseen.
func TestChangeFrom(t *testing.T) {
	changed := domain.SettingsChanged{Settings: onCreated, By: "u_1"}
	back := domain.SettingsChanged{Settings: domain.DefaultSettings, By: "u_2"}
	for _, c := range []struct {
		name    string
		given   []domain.Event
		seen    int
		want    []domain.Event
		refused bool
	}{
		{"nobody else", list(changed), 1, list(back), false},
		{"somebody else", list(changed), 0, nil, true},
		{"somebody else chose the same", list(changed, back), 1, nil, false},
		{"a revision to come", list(changed), 2, nil, true},
	} {
		facts, err := given[domain.Preferences](c.given...).ChangeFrom(c.seen, domain.DefaultSettings, "u_2")
		if r := domain.AsRejection(err); (r != nil) != c.refused || (r != nil && (r.Reason != domain.Conflict || r.Failure.Code != domain.CodeSettingsChanged)) {
			t.Errorf("%s: answered by %v", c.name, err)
		}
		then(t, facts, c.want...)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for folder, ok := range map[string]bool{"": true, "Intake": true, "Intake/Forms": true, "…": true, strings.Repeat("ä", 200): true,
		strings.Repeat("ä", 201): false, "a\nb": false, "..": false, "a/ .. /b": false, "\xff": false} {
		s := domain.DefaultSettings
		s.DocumentsFolder = folder
		if faults := s.Check(); (len(faults) == 0) != ok || (!ok && faults[0].Field != "/documents_folder") {
			t.Errorf("%q: %+v", folder, faults)
		}
	}
}

// TestTheSameChoiceOfOwnersIsStoredAlike: what is the default anyway is not stored.
func TestTheSameChoiceOfOwnersIsStoredAlike(t *testing.T) {
	title := domain.FieldOwners{}.With(domain.FieldTitle, domain.OwnerSmokeball)
	if got := title.With(domain.FieldStatus, domain.DefaultFieldOwners.Status).Chosen(); got != title {
		t.Errorf("stored is %+v, want %+v", got, title)
	}
	if got := domain.DefaultFieldOwners.Chosen(); got != (domain.FieldOwners{}) {
		t.Errorf("of the default %+v is stored", got)
	}
}
