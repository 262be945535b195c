package cli

import (
	"net/http"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestDisconnectLeavesNothingBehind disconnects a firm: its subscription and its
// authorization are gone in Smokeball, its syncs wait, and connecting again keeps what
// was linked.
func TestDisconnectLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(http.StatusOK)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)

	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK)
	eventually(t, "Smokeball knows nothing of CaseHug", func() bool { has := r.has(); return len(has.Subscriptions) == 0 && !has.Connected })
	if n := r.sim.Counts().ByRoute["POST /oauth2/revoke"]; n != 1 {
		t.Errorf("%d authorizations were revoked, want 1", n)
	}
	if c := r.connection(t); c.Status != "disconnected" || c.Webhooks.Status != "none" {
		t.Errorf("the connection is %+v", c)
	}
	p.say(t, "matter.updated", "e2", matter("m_1", 2, "Auto Accident"))
	eventually(t, "the update waits for a connection", func() bool {
		newest := r.historyOf(t, "m_1")[0]
		return newest.Status == domain.Waiting && newest.Error.Code == domain.CodeNotConnected
	})
	r.connect(t)
	eventually(t, "the update goes on", func() bool { return r.historyOf(t, "m_1")[0].Status.Ended() })
	r.wantOne(t, "m_1", "d_1")
}

// TestAnAuthorizationInTheMakingIsCalledOff disconnects a firm whose link is out.
func TestAnAuthorizationInTheMakingIsCalledOff(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	link := r.authorize(t)
	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(http.StatusOK)
	if c := r.connection(t); c.Status != "disconnected" {
		t.Errorf("the connection is %s", c.Status)
	}
	if a := r.visit(t, link); a.status < 400 {
		t.Errorf("the link still works: %d", a.status)
	}
}
