package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestNobodyTakesADocumentByNamingIt names the documents of another firm before they are
// there, by an event over HTTP and by a sync that brings documents along. Their bytes never
// reach this firm's Smokeball account, and CaseHug's own service is in nobody's way.
func TestNobodyTakesADocumentByNamingIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	p := r.publisher(t)
	named := func(id string) object {
		d := document(id, "m_1")
		delete(d, "sha256")
		delete(d, "size_bytes")
		return d
	}
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	eventually(t, "the matter is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK })
	r.post(t, "document.approved", "e2", named("d_100")).want(http.StatusAccepted)
	theirs := jetstream.ObjectMeta{Name: "d_100", Metadata: map[string]string{"firm": "f_other"}}
	store, err := p.js.ObjectStore(t.Context(), "casehug-documents")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), theirs, strings.NewReader(string(contentOf("d_100")))); err != nil {
		t.Fatal(err)
	}
	if err := p.put(t.Context(), "d_101", contentOf("d_101")); err != nil {
		t.Fatal(err)
	}
	for name, docs := range map[string][]object{
		"marked, with its digest": {document("d_100", "m_1")}, "marked, by name": {named("d_100")}, "unmarked, by name": {named("d_101")},
	} {
		r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", object{"documents": docs}).want(http.StatusAccepted)
		e := r.latest(t, "m_1", domain.Failed)
		if e.Error == nil || e.Error.Code != domain.CodeDocumentUnavailable || e.Error.Remedy == "" {
			t.Errorf("%s: the sync ends with %+v", name, e.Error)
		}
	}
	if files := w.has().Files; len(files) != 0 {
		t.Errorf("this firm's Smokeball account has %d files", len(files))
	}
	// A service that serves all firms says whose it is; so does the digest.
	p.say(t, "document.approved", "e3", named("d_101"))
	eventually(t, "the service's document is sent", func() bool { return len(w.has().Files) == 1 })
}
