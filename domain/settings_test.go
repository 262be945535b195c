package domain_test

import (
	"encoding/json"
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
