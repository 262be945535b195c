package smokeballsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// scribble makes one write of each kind that changes what is there or makes something
// new, and lets none of them take effect.
func scribble(d *desk, paths []string) {
	d.Helper()
	home, company, file, task, event := paths[4], paths[2], paths[8], paths[12], paths[14]
	folder := paths[10]
	staff := d.want(200, "GET", "/staff", "").ids()[1]
	first := d.want(200, "GET", home, "").at("clients.0.id")
	client := d.make("/contacts", someone)
	d.make("/matters", fmt.Sprintf(`{"number":"CH-2","matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Auto Accident"), client))
	d.want(202, "PUT", company, `{"company":{"name":"Acme Two"}}`)
	d.want(202, "DELETE", "/contacts/"+first, "")
	d.want(202, "PATCH", home, `{"description":"first","referralAgreementFee":0.1}`)
	d.want(202, "PATCH", home, `{"description":"second","personResponsibleStaffId":null}`)
	d.make(home+"/memos", `{"title":"Late","text":"t"}`)
	d.make("/tasks", `{"staffId":"`+staff+`","subject":"New"}`)
	d.want(202, "PUT", task, `{"staffId":"`+staff+`","subject":"Changed"}`)
	d.make("/events", `{"subject":"New","startTime":"2030-02-02T09:00:00","endTime":"2030-02-02T10:00:00","timeZone":"Australia/Sydney"}`)
	d.want(202, "PUT", event, `{"subject":"Moved","startTime":"2030-03-02T09:00:00","endTime":"2030-03-02T10:00:00","timeZone":"Asia/Tokyo"}`)
	d.make(home+"/documents/folders", `{"name":"New"}`)
	d.want(202, "PATCH", folder, `{"name":"Old pleadings"}`)
	d.want(202, "PATCH", file, `{"fileName":"b.docx","isFavorite":true}`)
	d.want(202, "POST", home+"/documents/files", `{"fileName":"c.pdf"}`)
	again := d.want(200, "GET", file+"/upload", "")
	d.put(again.at("uploadUrl"), "third")
}

// shown reads all of paths; the version ids, which are drawn when a write takes effect,
// are left out.
func shown(d *desk, paths []string) string {
	d.Helper()
	var all strings.Builder
	for _, path := range paths {
		a := d.want(200, "GET", path, "")
		fmt.Fprintln(&all, path, plain(a.json))
	}
	return all.String()
}

// plain takes the version ids out of v, at any depth.
func plain(v any) any {
	switch inner := v.(type) {
	case map[string]any:
		delete(inner, "versionId")
		for _, sub := range inner {
			plain(sub)
		}
	case []any:
		for _, sub := range inner {
			plain(sub)
		}
	}
	return v
}

// TestPendingWritesTakeEffectAfterRestart runs the same story twice, with and without a
// restart while the writes wait: the end must be the same, to the second of each write.
func TestPendingWritesTakeEffectAfterRestart(t *testing.T) {
	ends := map[bool]string{}
	for _, restart := range []bool{false, true} {
		c := config()
		c.VisibleAfter = smokeballsim.Delay{Min: 20 * time.Millisecond, Max: 1500 * time.Millisecond}
		office(t, c, func(d *desk) {
			paths := furnish(d)
			before := shown(d, paths)
			scribble(d, paths)
			if restart {
				d.restart()
			}
			differ(t, "before their time the writes show", before, shown(d, paths))
			settle()
			ends[restart] = shown(d, paths) + stateOf(t, d.sim)
			for _, part := range []string{"CH-2", "Acme Two", "second", "Late", "Changed", "Asia/Tokyo", "Australia/Sydney", "Old pleadings", "b.docx", "c.pdf"} {
				if !strings.Contains(ends[restart], part) {
					t.Errorf("restart %v: in the end %q is missing", restart, part)
				}
			}
		})
	}
	differ(t, "after a restart it ends otherwise", ends[false], ends[true])
}

// differ reports the lines in which a text is not what it should be.
func differ(t *testing.T, what, want, got string) {
	t.Helper()
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, line := range wants {
		if i >= len(gots) || gots[i] != line {
			t.Errorf("%s:\n%s\nis not\n%s", what, strings.Join(gots[min(i, len(gots)):min(i+1, len(gots))], ""), line)
		}
	}
	if len(gots) > len(wants) {
		t.Errorf("%s: %d lines more", what, len(gots)-len(wants))
	}
}

func TestOverdueWritesTakeEffectInTheirOrder(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("CH-1")
		for i := range 20 {
			d.want(202, "PATCH", "/matters/"+m, fmt.Sprintf(`{"description":"edit %d"}`, i))
		}
		if err := d.sim.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		d.restart()
		synctest.Wait()
		if got := d.want(200, "GET", "/matters/"+m, "").at("description"); got != "edit 19" {
			t.Errorf("the newest of the overdue edits is %q", got)
		}
	})
}

func TestLateErrorIsToldAfterRestart(t *testing.T) {
	subscribed(t, []string{"error", "matter.created"}, func(d *desk, in *inbox) {
		client := d.person("Maria", "Rivera", "maria@example.com")
		body := fmt.Sprintf(`{"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Auto Accident"), client)
		if err := d.sim.Fault(smokeballsim.Fault{Route: "POST /matters", Kind: smokeballsim.FailLate, Count: 1, Message: "no room"}); err != nil {
			t.Fatal(err)
		}
		d.header.Set("RequestId", "cause-1")
		failing := d.make("/matters", body)
		d.restart()
		settle()
		p, _ := in.last().body["payload"].(map[string]any)
		if p["resourceId"] != failing || p["message"] != "no room" || in.last().header.Get("RequestId") != "cause-1" {
			t.Errorf("error webhook = %v", in.last().body)
		}
		d.want(404, "GET", "/matters/"+failing, "")
	})
}

func TestWebhooksGoOnAfterRestart(t *testing.T) {
	subscribed(t, []string{"contact.created"}, func(d *desk, in *inbox) {
		d.header.Set("RequestId", "cause-2")
		id := d.make("/contacts", someone)
		d.restart()
		settle()
		if got := in.types(); !slices.Equal(got, []string{"contact.created"}) {
			t.Fatalf("webhooks = %v", got)
		}
		r := in.last()
		p, _ := r.body["payload"].(map[string]any)
		if p["id"] != id || p["href"] != host+"/contacts/"+id || r.body["source"] != "API" || r.header.Get("RequestId") != "cause-2" || r.header.Get("Signature") == "" {
			t.Errorf("webhook = %v %v", r.header, r.body)
		}
	})
}
