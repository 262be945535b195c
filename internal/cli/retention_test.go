package cli

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// keeping is how long a firm keeps things, as the API shows it.
type keeping struct {
	History, Audit, DeadLetters struct {
		Keep, Time string
		Removed    int
	}
	ChangedBy *string `json:"changed_by"`
}

// TestWhatHasExpiredIsGone is the story through a whole engine that keeps the history for 2 seconds: a sync
// that has ended leaves the history, its numbers and its search, one that waits stays, and the matter is as it
// was. An admin's choice holds instead, and is in the audit trail.
func TestWhatHasExpiredIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	w.settings["ENGINE_HISTORY_KEPT"] = "2s"
	r := w.serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_done", 1, "Auto Accident"))
	p.say(t, "matter.created", "e2", matter("m_waits", 1, "A case type that nobody maps"))
	for _, m := range []string{"m_done", "m_waits"} {
		eventually(t, "the matter is known", func() bool {
			return r.call(t, clerk(), http.MethodGet, "/matters/"+m, nil).status == http.StatusOK
		})
		r.call(t, clerk(), http.MethodPost, "/matters/"+m+"/sync", nil).want(http.StatusAccepted)
	}
	var kept keeping
	eventually(t, "the sync that has ended is gone", func() bool {
		r.call(t, clerk(), http.MethodGet, "/retention", nil).want(http.StatusOK).into(&kept)
		return kept.History.Removed == 1
	})
	var history struct {
		Items []struct {
			Matter string `json:"matter_id"`
			Status string
		}
	}
	eventually(t, "the history has the sync that waits, and nothing else", func() bool {
		r.call(t, clerk(), http.MethodGet, "/sync-history", nil).want(http.StatusOK).into(&history)
		return len(history.Items) == 1 && history.Items[0].Matter == "m_waits" && history.Items[0].Status == "waiting"
	})
	var m struct {
		Sync struct{ Status string }
	}
	if r.call(t, clerk(), http.MethodGet, "/matters/m_done", nil).want(http.StatusOK).into(&m); m.Sync.Status != "succeeded" {
		t.Errorf("the matter's sync is %q", m.Sync.Status)
	}

	var chosen keeping
	r.call(t, admin(), http.MethodPut, "/retention", object{"history": "forever"}).want(http.StatusOK).into(&chosen)
	if chosen.History.Keep != "forever" || chosen.History.Time != "forever" || chosen.History.Removed != 1 || chosen.ChangedBy == nil {
		t.Errorf("the choice is %+v", chosen)
	}
	var trail struct {
		Items []struct {
			Action string
			Actor  struct{ Sub string }
		}
	}
	r.call(t, admin(), http.MethodGet, "/audit?action=retention.change", nil).want(http.StatusOK).into(&trail)
	if len(trail.Items) != 1 || trail.Items[0].Actor.Sub != *chosen.ChangedBy {
		t.Errorf("the trail has %+v", trail.Items)
	}
	w.choosesByCommand(t)
}

// choosesByCommand changes the firm's choice from the command line and reads it there.
func (w *world) choosesByCommand(t *testing.T) {
	t.Helper()
	firm := string(testFirm)
	for _, args := range [][]string{{"--history", "730d"}, nil} {
		if text := w.operator(t, append([]string{"retention", firm}, args...)...).out; !regexp.MustCompile(`(?m)^history .*730d`).MatchString(text) {
			t.Errorf("retention %q prints %s", args, text)
		}
	}
	short := execute(t, map[string]string{"ENGINE_DATA_DIR": w.settings["ENGINE_DATA_DIR"]}, "retention", firm, "--audit", "30d")
	if short.code != wrongUsage || !strings.Contains(short.err, "from 365d to 36500d") {
		t.Errorf("a short audit trail: exit %d, %s", short.code, short.err)
	}
	w.refuses(t, "there is no firm f_none", "retention", "f_none")
}
