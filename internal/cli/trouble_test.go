package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// trouble is what the connection says of it.
type trouble struct {
	Status    string
	LastError *struct{ Code, Message, Remedy, Since string } `json:"last_error"`
}

// TestAnOutageIsSaid answers 503 to everything: the connection says that Smokeball does not
// answer, since when, and what next; CaseHug is told.
func TestAnOutageIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	if err := w.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"m_1", "m_2", "m_3", "m_4", "m_5", "m_6"} {
		r.call(t, clerk(), http.MethodPost, "/matters/"+id+"/sync", object{"matter": matter(id, 1, "Slip and Fall")}).want(http.StatusAccepted)
	}
	var c trouble
	eventually(t, "the connection is in trouble", func() bool {
		r.call(t, clerk(), http.MethodGet, "/connection", nil).want(http.StatusOK).into(&c)
		return c.Status == "error"
	})
	if e := c.LastError; e == nil || e.Code != "smokeball_unavailable" || !strings.Contains(e.Message, "(503), since ") || e.Since == "" || !strings.Contains(e.Remedy, "try again by ourselves, at most 15 minutes apart") {
		t.Errorf("the connection says %+v", c.LastError)
	}
}
