package main

import (
	"encoding/json"
	"slices"
	"testing"
)

// inSmokeball is what the simulator tells after two cases: the first matter twice, the
// second one's change missing, and one file without its bytes.
const inSmokeball = `{"matters":[{"id":"s1","externalSystemId":"m_0","description":"Rivera v. Apex 0"},
	{"id":"s2","externalSystemId":"m_0","description":"Rivera v. Apex 0"},
	{"id":"s3","externalSystemId":"m_4","description":"Rivera v. Apex 4"}],
	"contacts":[{"id":"c1","email":"client0@example.com"},{"id":"c2","email":"client0@example.com","isDeleted":true}],
	"files":[{"id":"f1","matterId":"s3","name":"Retainer d_4.pdf","sha256":""},{"id":"f2","matterId":"s1","name":"old.pdf","isCancelled":true}]}`

func practiceOf(t *testing.T, text string) practice {
	t.Helper()
	var p practice
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsThereTwiceIsFound(t *testing.T) {
	made, _ := practiceOf(t, inSmokeball).effects()
	if got := made.doubled(); !slices.Equal(got, []string{"matter m_0"}) {
		t.Errorf("doubled: %q", got)
	}
	if got := made.ids(); len(got) != 5 || !got["f1"] || got["f2"] || got["c2"] {
		t.Errorf("ids: %v, want those of matters, contacts and files that were not taken back", got)
	}
}

func TestWhatIsMissingIsFound(t *testing.T) {
	made, called := practiceOf(t, inSmokeball).effects()
	names, titles := wanted(5, caseNumber.documents)
	missing := made.missing(names)
	for name, want := range map[string]bool{"matter m_0": false, "matter m_1": true, "contact client0@example.com": false, "contact client1@example.com": true,
		"file m_4 Retainer d_4.pdf " + (document{"d_4", 20_000}).sha256(): true} {
		if slices.Contains(missing, name) != want {
			t.Errorf("%s is missing: %v, want %v", name, !want, want)
		}
	}
	if got := unmet(called, titles); !slices.Contains(got, "title m_4 Rivera v. Apex 4, amended") || slices.Contains(got, "title m_0 Rivera v. Apex 0") {
		t.Errorf("titles that are not there: %q", got)
	}
}

func TestEveryCaseIsWantedOnce(t *testing.T) {
	names, titles := wanted(30, caseNumber.documents)
	if len(titles) != 30 || len(names) != 30+10+30+10 {
		t.Errorf("30 cases want %d things and %d titles, want 80 and 30", len(names), len(titles))
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 80 {
		t.Error("two things of the same name are wanted")
	}
}

func TestNewsUnderTwoIDsAndNoNews(t *testing.T) {
	heard := map[string]map[string]bool{"s1": {"sync-1": true}}
	if got := unheard(heard, []string{"s1", "s2"}); !slices.Equal(got, []string{"s2"}) {
		t.Errorf("not heard of: %q", got)
	}
}
