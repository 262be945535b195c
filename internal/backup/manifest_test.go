package backup

import (
	"encoding/json"
	"testing"
)

// TestAManifestHasWhatEarlierVersionsSign: an earlier version signs the members that it knows, so a further
// one would make it refuse the backup. What is new goes into a file of the backup, which it leaves alone.
func TestAManifestHasWhatEarlierVersionsSign(t *testing.T) {
	text, err := json.Marshal(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"format":0,"id":"","engine":"","made_at":"0001-01-01T00:00:00Z","until":"0001-01-01T00:00:00Z","position":0,"master_key":false,"taken_in":null,"files":null,"signature":""}`; string(text) != want {
		t.Errorf("it has %s\nwant    %s", text, want)
	}
}
