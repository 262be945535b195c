package cli

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// askedBy is who asked for the newest sync of a matter, as the history has it.
func (r *running) askedBy(t *testing.T, matter string) string {
	t.Helper()
	var list struct {
		Items []struct {
			By string `json:"requested_by"`
		}
	}
	r.call(t, clerk(), http.MethodGet, "/sync-history?matter_id="+matter, nil).want(http.StatusOK).into(&list)
	if len(list.Items) == 0 {
		return ""
	}
	return list.Items[0].By
}

// actors are all who the audit trail names for syncs.
func (r *running) actors(t *testing.T) []string {
	t.Helper()
	var list struct {
		Items []struct {
			Actor           struct{ Sub string }
			Action, Outcome string
		}
	}
	r.call(t, admin(), http.MethodGet, "/audit", nil).want(http.StatusOK).into(&list)
	var who []string
	for _, d := range list.Items {
		if d.Action == "sync.request" && d.Outcome == "done" {
			who = append(who, d.Actor.Sub)
		}
	}
	return who
}

// Who asked for a sync is who was authenticated: users post no events, an admin asks in
// their own name whatever the event says, a service passes on whom it names, and the audit
// trail has only what is proved.
func TestNobodyAsksInAnothersName(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	forged := func(id string) object {
		return object{"matter": matter(id, 1, "Auto Accident"), "requested_by": "u_partner"}
	}
	r.postAs(t, clerk(), "matter.sync_requested", "e0", forged("m_0")).want(http.StatusForbidden)
	r.postAs(t, admin(), "matter.sync_requested", "e1", forged("m_1")).want(http.StatusAccepted)
	r.postAs(t, service(), "matter.sync_requested", "e2", forged("m_2")).want(http.StatusAccepted)
	r.publisher(t).say(t, "matter.sync_requested", "e3", forged("m_3"))
	r.forgeAsker(t, "e4", forged("m_4"))
	for id, want := range map[string]string{"m_1": "u_admin", "m_2": "u_partner", "m_3": "u_partner", "m_4": "u_partner"} {
		eventually(t, id+" is asked for by "+want, func() bool { return r.askedBy(t, id) == want })
	}
	if got := r.actors(t); !slices.Equal(got, []string{"u_admin"}) {
		t.Errorf("the audit trail says that %v asked for syncs, want u_admin alone", got)
	}
}

// forgeAsker publishes an event on the bus with headers like those of the engine's own.
func (r *running) forgeAsker(t *testing.T, id string, data any) {
	t.Helper()
	body, err := cloudEvent("matter.sync_requested", id, data)
	if err != nil {
		t.Fatal(err)
	}
	m := &nats.Msg{Subject: "casehug." + string(testFirm) + ".matter.sync_requested", Data: body, Header: nats.Header{}}
	m.Header["content-type"] = []string{"application/cloudevents+json"}
	m.Header["engine-asked-by"] = []string{base64.RawURLEncoding.EncodeToString([]byte("u_ceo"))}
	m.Header["engine-asked-proof"] = []string{strings.Repeat("A", 26)}
	if _, err := r.publisher(t).js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// A service token posts events, of one firm or of all, and opens nothing else.
func TestServicesPostEventsAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	own, foreign := service(), service()
	own.Firm, foreign.Firm = testFirm, "f_other"
	r.postAs(t, own, "matter.created", "e1", matter("m_1", 1, "Auto Accident")).want(http.StatusAccepted)
	r.postAs(t, foreign, "matter.created", "e2", matter("m_2", 1, "Auto Accident")).want(http.StatusNotFound)
	for _, who := range []domain.User{own, service()} {
		for _, path := range []string{"/connection", "/matters", "/sync-history", "/settings", "/dead-letters", "/audit"} {
			r.call(t, who, http.MethodGet, path, nil).want(http.StatusForbidden)
		}
		r.call(t, who, http.MethodPost, "/connection/authorize", nil).want(http.StatusForbidden)
		r.call(t, who, http.MethodPost, "/matters/m_1/sync", nil).want(http.StatusForbidden)
	}
}

// A version far beyond the known one is refused wherever it comes in, and an admin can let
// the genuine versions count again.
func TestAVersionCannotBeForgedForEver(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	forged, second := matter("m_1", 2147483647, "Auto Accident"), matter("m_1", 2, "Auto Accident")
	second["title"] = "The genuine title"
	r.post(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident")).want(http.StatusAccepted)
	eventually(t, "the matter is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK })
	r.post(t, "matter.updated", "e2", forged).want(http.StatusUnprocessableEntity)
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", object{"matter": forged}).want(http.StatusUnprocessableEntity)
	r.publisher(t).say(t, "matter.updated", "e3", forged)
	eventually(t, "the forged version is refused on the bus as well", func() bool { return len(r.deadLetters(t)) == 1 })
	r.post(t, "matter.updated", "e4", second).want(http.StatusAccepted)
	var m struct {
		Title   string
		Version int
	}
	eventually(t, "the genuine version counts", func() bool {
		r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).into(&m)
		return m.Title == "The genuine title" && m.Version == 2
	})
	ahead, third := matter("m_1", 900, "Auto Accident"), matter("m_1", 3, "Auto Accident")
	third["title"] = "The third title"
	r.post(t, "matter.updated", "e5", ahead).want(http.StatusAccepted)
	eventually(t, "a forged version within the bound counts", func() bool {
		r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).into(&m)
		return m.Version == 900
	})
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/rebase", object{"version": 2}).want(http.StatusForbidden)
	r.call(t, admin(), http.MethodPost, "/matters/m_1/rebase", object{"version": 2}).want(http.StatusOK)
	r.post(t, "matter.updated", "e6", third).want(http.StatusAccepted)
	eventually(t, "the genuine version counts again", func() bool {
		r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).into(&m)
		return m.Title == "The third title" && m.Version == 3
	})
}
