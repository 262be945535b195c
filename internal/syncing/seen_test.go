package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// kept is what the firm has in Smokeball.
func (o *office) kept() smokeballsim.AccountState { return o.sim.State().Accounts[0] }

// one is the one matter that the firm has in Smokeball.
func (o *office) one() smokeballsim.MatterState {
	o.Helper()
	all := o.kept().Matters
	if len(all) != 1 {
		o.Fatalf("Smokeball has %d matters, want one: %+v\n%s", len(all), all, o.dump())
	}
	return all[0]
}

// entries are the syncs of a matter, the oldest first.
func (o *office) entries(m domain.MatterID) []projections.Entry {
	o.Helper()
	page, err := o.rows.History(oak, projections.HistoryQuery{Matter: m, Limit: 500})
	o.must(err)
	slices.Reverse(page.Entries)
	return page.Entries
}

// newest is the newest sync of a matter.
func (o *office) newest(m domain.MatterID) projections.Entry {
	o.Helper()
	all := o.entries(m)
	if len(all) == 0 {
		o.Fatalf("matter %s has no sync\n%s", m, o.dump())
	}
	return all[len(all)-1]
}

// ends waits until the engine rests and requires the newest sync of the matter to have
// ended so.
func (o *office) ends(m domain.MatterID, want domain.Status) projections.Entry {
	o.Helper()
	o.rest()
	e := o.newest(m)
	if e.Status != want {
		o.Fatalf("the sync of %s is %s (%s), want %s\n%s", m, e.Status, told(e.Error), want, o.dump())
	}
	return e
}

// waits waits until the engine rests and requires the newest sync of the matter to wait for
// what the code says.
func (o *office) waitsFor(m domain.MatterID, code domain.Code) projections.Entry {
	o.Helper()
	o.rest()
	e := o.newest(m)
	if e.Status != domain.Waiting || e.Error == nil || e.Error.Code != code {
		o.Fatalf("the sync of %s is %s (%s), want it to wait for %s\n%s", m, e.Status, told(e.Error), code, o.dump())
	}
	if e.Error.Message == "" || e.Error.Remedy == "" {
		o.Errorf("the wait says neither why nor who must act: %+v", e.Error)
	}
	return e
}

func told(f *projections.Failure) string {
	if f == nil {
		return "no failure"
	}
	return fmt.Sprintf("%s: %s", f.Code, f.Message)
}

// steps are the names and outcomes of a sync's steps.
func steps(e projections.Entry) []string {
	var list []string
	for _, s := range e.Steps {
		list = append(list, string(s.Name)+" "+string(s.Outcome))
	}
	return list
}

// The routes of Smokeball that the stories count and disturb.
const (
	makeContact  = "POST /contacts"
	writeContact = "PUT /contacts/{id}"
	readContact  = "GET /contacts/{id}"
	findContacts = "GET /contacts"
	makeMatter   = "POST /matters"
	patchMatter  = "PATCH /matters/{matterId}"
	readMatter   = "GET /matters/{matterId}"
	findMatters  = "GET /matters"
	makeFolder   = "POST /matters/{matterId}/documents/folders"
	addFile      = "POST /matters/{matterId}/documents/files"
	readFile     = "GET /matters/{matterId}/documents/files/{fileId}"
	putBytes     = "PUT /_upload/{key}"
)

// settle lets all that Smokeball has accepted become visible there.
func settle() {
	time.Sleep(5 * time.Second)
	synctest.Wait()
}

// calls counts the requests of a route that Smokeball met.
func (o *office) calls(route string) int { return o.sim.Counts().ByRoute[route] }

// writes counts the requests that would change something.
func (o *office) writes() int {
	n := 0
	for route, count := range o.sim.Counts().ByRoute {
		if !strings.HasPrefix(route, "GET ") && !strings.Contains(route, "/oauth2/") {
			n += count
		}
	}
	return n
}

// heard are the names of what CaseHug was told, in order.
func (o *office) heard() []string {
	synctest.Wait()
	var list []string
	for _, t := range o.told {
		list = append(list, t.Name)
	}
	return list
}
