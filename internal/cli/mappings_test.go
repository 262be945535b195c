package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// dryRun is what trying a mapping answers.
type dryRun struct {
	Counts   struct{ Matters, Released, Kept int }
	Estimate struct{ Syncs, Calls int }
	Items    []struct {
		Calls    int
		ID       string `json:"matter_id"`
		Released bool
		Keeps    bool `json:"keeps_type"`
		Then     struct {
			TypeID string `json:"matter_type_id"`
			How    string
		}
	}
}

// TestDryRunForetells tries a mapping for a matter that waits, makes it, and sees the
// matter arrive as one of the type that was foretold. What is in Smokeball keeps its type.
func TestDryRunForetells(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", object{"matter": matter("m_1", 1, "Falling Cornice")}).want(http.StatusAccepted)
	if e := r.latest(t, "m_1", domain.Waiting); e.Error == nil || e.Error.Code != domain.CodeMatterTypeUnmapped {
		t.Fatalf("the sync waits for %+v", e.Error)
	}
	id := r.typeNamed(t, "Slip and Fall")
	mapping := object{"case_type": "falling cornice", "matter_type_id": id}
	r.call(t, clerk(), http.MethodPost, "/case-type-mappings/dry-run", mapping).want(http.StatusForbidden)
	var foretold dryRun
	r.call(t, admin(), http.MethodPost, "/case-type-mappings/dry-run", mapping).want(http.StatusOK).into(&foretold)
	if n := foretold.Counts; n.Matters != 1 || n.Released != 1 || len(foretold.Items) != 1 || !foretold.Items[0].Released || foretold.Items[0].Then.TypeID != id {
		t.Fatalf("foretold is %+v", foretold)
	}
	if e := r.latest(t, "m_1", domain.Waiting); e.Error == nil || len(r.has().Matters) != 0 {
		t.Errorf("trying moved the sync: %+v", e)
	}
	calls, writes := r.calls(), r.writes()
	var saved struct{ Released int }
	r.call(t, admin(), http.MethodPut, "/case-type-mappings/map_cornice", mapping).want(http.StatusOK).into(&saved)
	r.latest(t, "m_1", domain.Succeeded)
	if has := r.has().Matters; saved.Released != 1 || len(has) != 1 || has[0].MatterTypeID != id {
		t.Errorf("%d were let go, and Smokeball has %+v, want one of type %s", saved.Released, has, id)
	}
	all, written := r.calls()-calls, r.writes()-writes // reads that confirm may come more than once
	if n := foretold.Estimate.Calls; foretold.Estimate.Syncs != 1 || foretold.Items[0].Calls != n || n <= written || n > all {
		t.Errorf("foretold are %d calls; %d were made, %d of them write", n, all, written)
	}
	var kept dryRun
	r.call(t, admin(), http.MethodPost, "/case-type-mappings/dry-run", object{"remove": "map_cornice"}).want(http.StatusOK).into(&kept)
	if kept.Counts.Kept != 1 || len(kept.Items) != 1 || !kept.Items[0].Keeps || kept.Items[0].Then.How != "unmapped" {
		t.Errorf("removing would do %+v", kept)
	}
}

// TestAMappingWithoutAnID puts a mapping as the contract has it: the engine chooses the id,
// and the same matters have one mapping, whatever is put for them.
func TestAMappingWithoutAnID(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	fall, other := r.typeNamed(t, "Slip and Fall"), r.typeNamed(t, "Will")
	var first, second, third struct {
		ID     string
		TypeID string `json:"matter_type_id"`
	}
	put := func(body object) answer {
		return r.call(t, admin(), http.MethodPut, "/case-type-mappings", body)
	}
	put(object{"case_type": "Falling Cornice", "matter_type_id": fall}).want(http.StatusOK).into(&first)
	put(object{"case_type": " falling cornice", "practice_area": nil, "matter_type_id": other}).want(http.StatusOK).into(&second)
	put(object{"id": first.ID, "case_type": "Falling Cornice", "jurisdiction": "IL", "matter_type_id": other}).want(http.StatusOK).into(&third)
	if first.ID == "" || first.TypeID != fall || second.ID != first.ID || second.TypeID != other || third.ID != first.ID {
		t.Errorf("got %+v, then %+v, then %+v", first, second, third)
	}
	put(object{"case_type": "X", "matter_type_id": "moon"}).want(http.StatusUnprocessableEntity)
	put(object{"case_type": "X", "matter_type_id": fall, "misspelt": 1}).want(http.StatusUnprocessableEntity)
	var all struct {
		Items []struct{ ID, How string }
	}
	eventually(t, "the firm has one mapping of its own", func() bool {
		r.call(t, clerk(), http.MethodGet, "/case-type-mappings", nil).want(http.StatusOK).into(&all)
		own := 0
		for _, m := range all.Items {
			if m.ID != "" {
				own++
			}
		}
		return own == 1
	})
}

// typeNamed is the id of a matter type of the account.
func (r *running) typeNamed(t *testing.T, name string) string {
	t.Helper()
	var list struct {
		Items []struct {
			ID, Name, Location, Type string
			Deleted                  bool
		}
	}
	r.call(t, clerk(), http.MethodGet, "/smokeball/matter-types", nil).want(http.StatusOK).into(&list)
	for _, i := range list.Items {
		if i.Name == name && i.Type == "matter" && !i.Deleted {
			return i.ID
		}
	}
	t.Fatalf("the account has no matter type %s: %+v", name, list.Items)
	return ""
}

// calls counts the requests to the simulated Smokeball, without those for tokens.
func (w *world) calls() (n int) {
	for route, count := range w.sim.Counts().ByRoute {
		if !strings.Contains(route, "oauth") && !strings.Contains(route, "token") {
			n += count
		}
	}
	return n
}
