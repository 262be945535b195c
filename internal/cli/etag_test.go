package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAskingWhetherSomethingChanged asks for each list again with the ETag of its answer: 304 while
// nothing has changed, and never when something has.
func TestAskingWhetherSomethingChanged(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.announce(t, "e1", "m_1")
	r.call(t, clerk(), "POST", "/matters/m_1/sync", nil).want(202)
	r.latest(t, "m_1", domain.Succeeded)
	paths := []string{"/matters", "/matters/m_1", "/sync-history", "/sync-history?matter_id=m_1", "/drift", "/dead-letters", "/bulk-syncs", "/case-type-mappings", "/settings", "/audit", "/webhooks", "/connection"}
	// The connection counts the calls of the last minute, so it changes by itself: each question is
	// asked again until nothing came between.
	ask := func(path, tag string) answer { return r.send(t, admin(), "GET", path, nil, "If-None-Match", tag) }
	tags := map[string]string{}
	for _, path := range paths {
		eventually(t, path+" is as it was", func() bool { // what comes of the sync is still being told
			tags[path] = ask(path, "").want(200).header.Get("ETag")
			again := ask(path, `"other", `+tags[path])
			return tags[path] != "" && again.status == 304 && len(again.body) == 0 && again.header.Get("ETag") == tags[path]
		})
	}
	for _, path := range paths {
		for _, has := range [][]string{{"*"}, {"STRONG"}, {`W/"a,b" , TAG`}, {`"other"`, "TAG"}, {`"other", "third"`, `W/"fourth",STRONG`}} {
			eventually(t, fmt.Sprintf("%s with %q is answered 304", path, has), func() bool {
				tag := ask(path, "").want(200).header.Get("ETag")
				fill := strings.NewReplacer("TAG", tag, "STRONG", strings.TrimPrefix(tag, "W/"))
				var lines []string
				for _, line := range has {
					lines = append(lines, "If-None-Match", fill.Replace(line))
				}
				a := r.send(t, admin(), "GET", path, nil, lines...)
				return a.status == 304 && a.header.Get("ETag") == tag && len(a.body) == 0
			})
		}
		for _, has := range []string{`"*"`, `"other"`, `W/"other", "third"`, `"a, b"`} {
			ask(path, has).want(200)
		}
	}
	if a := ask("/matters/m_none", "*"); a.status != 404 || a.code() != "not_found" {
		t.Errorf("a matter that is not there is answered %d: %s", a.status, a.body)
	}
	if ask("/matters?status=failed", tags["/matters"]).status != 200 || r.send(t, clerk(), "GET", "/matters", nil, "If-None-Match", tags["/matters"]).status != 200 {
		t.Error("another question, or another person's, is answered by the ETag of this one")
	}
	for i := range 20 {
		position := r.announce(t, fmt.Sprintf("n%d", i), fmt.Sprintf("m_n%d", i))
		at := fmt.Sprintf("/matters?min_position=%d", position)
		if a := ask(at, tags["/matters"]); a.status != 200 {
			t.Fatalf("after a new matter the list of matters is answered %d", a.status)
		} else if tag := a.header.Get("ETag"); tag != "" {
			tags["/matters"] = tag
		}
	}
}
