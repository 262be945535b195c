package smokeballsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStaffAndFirm(t *testing.T) {
	office(t, config(), func(d *desk) {
		got := d.want(200, "GET", "/staff?Search=email:LEE@firm.example", "")
		if len(got.ids()) != 1 || got.at("value.0.firstName") != "Lee" || got.at("value.0.enabled") != "true" || got.at("value.0.former") != "false" {
			t.Fatalf("staff = %s", got.text)
		}
		d.want(200, "GET", "/staff/"+got.ids()[0], "")
		d.want(404, "GET", "/staff/nobody", "")
		d.want(400, "GET", "/staff?Search=phone:1", "")
		if got := d.want(200, "GET", "/staff?search=name:*brown", "").at("value.0.initials"); got != "AB" {
			t.Errorf("initials = %q", got)
		}
		if got := d.want(200, "GET", "/firm", ""); got.at("id") != firm || got.at("name") != "Brown LLC" {
			t.Errorf("firm = %s", got.text)
		}
	})
}

func TestTasks(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("1")
		staff := d.want(200, "GET", "/staff", "").ids()[0]
		id := d.made("/tasks", fmt.Sprintf(`{"staffId":%q,"matterId":%q,"subject":"Review","note":"soon","dueDateOnly":"2026-12-24T15:00:00Z","assigneeIds":[%q]}`, staff, m, staff))
		got := d.want(200, "GET", "/tasks/"+id, "")
		if got.at("dueDateOnly") != "2026-12-24T00:00:00" || got.at("matter.id") != m || got.at("createdBy.id") != staff || got.at("staffId") != "" {
			t.Errorf("task = %s", got.text)
		}
		for _, bad := range []string{`{"subject":"x"}`, `{"staffId":"x"}`, `{"staffId":"` + staff + `","matterId":"x"}`, `{"staffId":"` + staff + `","assigneeIds":["x"]}`} {
			d.want(400, "POST", "/tasks", bad)
		}
		d.want(202, "PUT", "/tasks/"+id, fmt.Sprintf(`{"staffId":%q,"isCompleted":true,"completedByStaffId":%q}`, staff, staff))
		settle()
		got = d.want(200, "GET", "/tasks/"+id, "")
		if got.at("subject") != "" || got.at("note") != "" || got.at("matter.id") != "" || got.at("completedDateOnly") == "" || got.at("completedBy.id") != staff {
			t.Errorf("PUT clears what it omits: %s", got.text)
		}
		if got := d.want(200, "GET", "/tasks?IsCompleted=false", "").ids(); len(got) != 0 {
			t.Errorf("open tasks = %v", got)
		}
		if got := d.want(200, "GET", "/tasks?iscompleted=true", "").ids(); !slices.Equal(got, []string{id}) {
			t.Errorf("done tasks = %v", got)
		}
		d.want(202, "DELETE", "/tasks/"+id, "")
		settle()
		if got := d.want(200, "GET", "/tasks/"+id, "").at("isDeleted"); got != "true" {
			t.Errorf("isDeleted = %s", got)
		}
		d.want(404, "GET", "/tasks/nothing", "")
	})
}

func TestEvents(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("1")
		client := d.want(200, "GET", "/matters/"+m, "").at("clients.0.id")
		staff := d.want(200, "GET", "/staff", "").ids()[0]
		day := time.Now().AddDate(0, 0, 7).Format(time.DateOnly)
		body := fmt.Sprintf(`{"matterId":%q,"subject":"Hearing","startTime":"%sT09:00:00","endTime":"%sT10:00:00","timeZone":"America/Chicago","type":"Normal","attendees":[%q],"externalAttendees":[%q]}`,
			m, day, day, staff, client)
		id := d.made("/events", body)
		got := d.want(200, "GET", "/events/"+id, "")
		if got.at("startTime") != day+"T09:00:00" || got.at("timeZone") != "America/Chicago" || got.at("externalAttendees.0.id") != client {
			t.Errorf("event = %s", got.text)
		}
		for old, bad := range map[string]string{
			`America/Chicago`: `Chicago`, `"Normal"`: `"Pattern"`, client: staff, `T10:00:00`: `T08:00:00`,
			`"subject":"Hearing"`: `"subject":""`, `"endTime"`: `"ends"`, `"attendees":["` + staff: `"attendees":["` + client,
		} {
			d.want(400, "POST", "/events", strings.ReplaceAll(body, old, bad))
		}
		tomorrow := time.Now().AddDate(0, 0, 1).UTC().Format("2006-01-02T15:04:05")
		for query, want := range map[string][]string{
			"": {id}, "MatterId=" + m: {id}, "MatterId=x": {}, "To=" + tomorrow: {}, "From=" + tomorrow: {id}, "UpdatedSince=630822816000000000": {id},
		} {
			if got := d.want(200, "GET", "/events?"+query, "").ids(); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", query, got, want)
			}
		}
		d.want(202, "PUT", "/events/"+id, strings.ReplaceAll(body, "Hearing", "Trial"))
		d.want(202, "DELETE", "/events/"+id, "")
		settle()
		if got := d.want(200, "GET", "/events/"+id, ""); got.at("subject") != "Trial" || got.at("isDeleted") != "true" {
			t.Errorf("event = %s", got.text)
		}
		if got := d.want(200, "GET", "/events?ExcludeDeletedEvents=true", "").ids(); len(got) != 0 {
			t.Errorf("without deleted ones: %v", got)
		}
	})
}
