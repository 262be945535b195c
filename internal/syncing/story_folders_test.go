package syncing_test

import (
	"net/http"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// throws is a person who deletes a document or a folder of the firm's one matter in Smokeball.
func (o *office) throws(what string) {
	o.Helper()
	tokens, _, err := o.grants.Load(o.Context(), oak)
	o.must(err)
	req, err := http.NewRequest(http.MethodDelete, "https://smokeball.example/matters/"+o.one().ID+"/documents/"+what, nil)
	o.must(err)
	req.Header.Set("Authorization", "Bearer "+tokens.Access)
	req.Header.Set("x-api-key", "sim-key")
	resp, err := o.sim.Transport().RoundTrip(req)
	o.must(err)
	o.must(resp.Body.Close())
	if resp.StatusCode != http.StatusAccepted {
		o.Fatalf("deleting %s is answered with %d", what, resp.StatusCode)
	}
	settle()
}

// folder is the one folder of the firm's one matter in parent ("" for the root).
func (o *office) folder(parent domain.SmokeballID, name string) domain.SmokeballID {
	o.Helper()
	list, err := o.client.Folders(o.Context(), oak, domain.SmokeballID(o.one().ID), parent)
	o.must(err)
	if len(list) != 1 || list[0].Name != name {
		o.Fatalf("the folders are %+v, want one %s\n%s", list, name, o.dump())
	}
	return list[0].ID
}

// TestAFolderThatWasDeletedIsMadeAgain tells that documents which come after people deleted
// the folder for them find their way, into one new folder.
func TestAFolderThatWasDeletedIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, throw := range map[string]func(o *office, outer, inner domain.SmokeballID){
		"the inner one": func(o *office, _, inner domain.SmokeballID) { o.throws("folders/" + string(inner)) },
		"both": func(o *office, outer, inner domain.SmokeballID) {
			o.throws("folders/" + string(inner))
			o.throws("folders/" + string(outer))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Intake/Forms" })
				o.sends(accident())
				outer := o.folder("", "Intake")
				inner := o.folder(outer, "Forms")
				throw(o, outer, inner)
				o.tell(o.onceMore(), approved(o.papers.write("m_accident", "d_third", "a third paper")))
				e := o.ends("m_accident", domain.Succeeded)
				now := o.folder(o.folder("", "Intake"), "Forms")
				if n := o.filed(o.one().ID); now == inner || n != 3 || len(e.Warnings) != 0 {
					t.Errorf("Smokeball has %d files, the folder %s (it was %s); the warnings are %v", n, now, inner, e.Warnings)
				}
			})
		})
	}
}

// TestAFileThatWasDeletedTakesNothing tells that a newer version of a document whose file
// people deleted in Smokeball is sent as a new file: a deleted one shows it to nobody.
func TestAFileThatWasDeletedTakesNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		old := o.kept().Files[0].ID
		o.throws("files/" + old)
		o.tell(approved(o.papers.write("m_accident", "d_of_m_accident", "a second edition")))
		o.ends("m_accident", domain.Succeeded)
		settle()
		live := 0
		for _, f := range o.kept().Files {
			if !f.IsDeleted && f.ID != old && f.SHA256 == digest("a second edition") {
				live++
			}
		}
		if all := o.kept().Files; live != 1 || len(all) != 2 {
			t.Errorf("of the files %d show the second edition: %+v", live, all)
		}
	})
}
