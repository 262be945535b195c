package smokeballsim_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// furnish makes one of everything that a firm can have and returns the paths to read all
// of it.
func furnish(d *desk) []string {
	d.Helper()
	m := d.matter("CH-1")
	home := "/matters/" + m
	client := d.want(200, "GET", home, "").at("clients.0.id")
	staff := d.want(200, "GET", "/staff", "").ids()[0]
	company := d.made("/contacts", `{"externalSystemId":"x-1","company":{"name":"Acme","email":"a@acme.example","companyManagedBy":1,"staffIds":["`+client+`"],"phone":{"areaCode":"312","number":"555-0100"}}}`)
	d.made("/contacts", `{"trust":{"name":"Hill Trust","executedDate":"2020-01-02T00:00:00Z","trustees":[{"name":"T"}]}}`)
	d.made("/contacts", `{"groupOfPeople":{"peopleIds":["`+client+`"]}}`)
	d.want(202, "PATCH", home, `{"otherSideIds":["`+company+`"],"referralAgreementFee":12.5,"personResponsibleStaffId":"`+staff+`"}`)
	d.want(201, "POST", home+"/tags", `[{"name":"intake"},{"type":"Staff","id":"`+staff+`","name":"Lee"}]`)
	d.want(201, "POST", "/contacts/"+client+"/tags", `["vip"]`)
	d.made(home+"/memos", `{"title":"Call","text":""}`)
	task := d.made("/tasks", `{"staffId":"`+staff+`","matterId":"`+m+`","subject":"Call","isCompleted":true,"dueDateOnly":"2030-01-02T00:00:00"}`)
	event := d.made("/events", `{"matterId":"`+m+`","subject":"Hearing","startTime":"2030-01-02T09:00:00","endTime":"2030-01-02T10:00:00","timeZone":"America/Chicago","externalAttendees":["`+client+`"]}`)
	folder := d.made(home+"/documents/folders", `{"name":"Pleadings"}`)
	file := d.want(202, "POST", home+"/documents/files", `{"fileName":"a.pdf","folderPath":"Intake/2030","fileAdditionalData":{"document":"d_1","page":3}}`)
	d.put(file.at("uploadUrl"), "first")
	settle()
	d.put(file.at("uploadUrl"), "second")
	hook := d.want(200, "POST", "/webhooks", `{"key":"k","name":"app","eventTypes":["matter.closed"],"eventNotificationUrl":"https://app.example/hook"}`)
	if err := d.sim.EditMatterType(d.matterType("Divorce"), "Dissolution", false); err != nil {
		d.Fatal(err)
	}
	settle()
	return []string{
		"/contacts", "/contacts/" + client + "/tags", "/contacts/" + company, "/matters?Fields=tags", home, home + "/tags", home + "/memos",
		home + "/documents/files", home + "/documents/files/" + file.at("fileId"), home + "/documents/folders",
		home + "/documents/folders/" + folder, "/tasks", "/tasks/" + task, "/events", "/events/" + event,
		"/webhooks", "/webhooks/" + hook.at("id"), "/staff", "/firm", "/mattertypes?Name=Dissolution&Location=IL",
	}
}

func TestRestartKeepsAll(t *testing.T) {
	office(t, config(), func(d *desk) {
		paths := furnish(d)
		before := map[string]string{}
		for _, path := range paths {
			before[path] = d.want(200, "GET", path, "").text
		}
		d.restart()
		for _, path := range paths {
			if after := d.want(200, "GET", path, "").text; after != before[path] || strings.Contains(after, `"value":[]`) {
				t.Errorf("GET %s was\n%s\nand is\n%s", path, before[path], after)
			}
		}
		if again := d.want(201, "POST", paths[5], `[{"name":"intake"}]`); again.status == 201 {
			if tags := d.want(200, "GET", paths[5], ""); len(tags.json["value"].([]any)) != 2 {
				t.Errorf("a tag that was there is a new one after the restart: %s", tags.text)
			}
		}
	})
}

func TestSignInGoesOnAfterRestart(t *testing.T) {
	office(t, config(), func(d *desk) {
		code, burnt := d.consent(), d.consent()
		d.redeem(exchange(burnt, "code_verifier", "another"))
		d.restart()
		if a := d.redeem(exchange(burnt)); a.at("error") != "invalid_grant" {
			t.Errorf("a burnt code = %d %s", a.status, a.text)
		}
		a := d.redeem(exchange(code))
		d.restart()
		if again := d.redeem(exchange(code)); again.at("error") != "invalid_grant" {
			t.Errorf("a used code = %d %s", again.status, again.text)
		}
		renewal := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.at("refresh_token")}}
		renewed := d.redeem(renewal)
		d.restart()
		d.token = renewed.at("access_token")
		d.want(200, "GET", "/matters", "")
		d.want(403, "GET", "/firm", "") // not among the scopes that were asked for
		if err := d.sim.Revoke(firm); err != nil {
			t.Fatal(err)
		}
		d.restart()
		d.want(401, "GET", "/matters", "")
		if dead := d.redeem(renewal); dead.at("error") != "invalid_grant" {
			t.Errorf("a revoked refresh token = %d %s", dead.status, dead.text)
		}
	})
}

func TestTimeGoesOnWhileStopped(t *testing.T) {
	office(t, config(), func(d *desk) {
		d.want(200, "POST", "/webhooks", `{"eventTypes":["error"],"eventNotificationUrl":"https://app.example/hook"}`)
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"a.pdf"}`)
		settle()
		if err := d.sim.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		d.restart()
		d.want(401, "GET", "/firm", "")
		if late := d.put(a.at("uploadUrl"), "x"); late.status != 403 {
			t.Errorf("an address that has ended = %d", late.status)
		}
		synctest.Wait()
		d.token = d.as(firm).token
		if got := d.want(200, "GET", files+"/"+a.at("fileId"), ""); got.at("isCancelled") != "true" {
			t.Errorf("a file that got no bytes = %s", got.text)
		}
		if err := d.sim.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(31 * 24 * time.Hour)
		d.restart()
		synctest.Wait()
		if s := d.sim.State().Accounts[0]; s.Connected || len(s.Subscriptions) != 0 {
			t.Errorf("after the refresh token's end there are %+v", s.Subscriptions)
		}
	})
}

func TestTransferAddressesOutliveRestart(t *testing.T) {
	office(t, config(), func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"a.pdf"}`)
		d.restart()
		if got := d.put(a.at("uploadUrl"), "the bytes"); got.status != 200 {
			t.Fatalf("upload = %d %s", got.status, got.text)
		}
		settle()
		down := d.want(200, "GET", files+"/"+a.at("fileId")+"/download", "")
		again := d.want(200, "GET", files+"/"+a.at("fileId")+"/upload", "")
		d.restart()
		if got := d.send(d.request("GET", down.at("downloadUrl"), "")); got.status != 404 || !strings.Contains(got.text, "NoSuchKey") {
			t.Errorf("download of bytes that are not kept = %d %s", got.status, got.text)
		}
		if got := d.put(again.at("uploadUrl"), "new"); got.status != 200 {
			t.Errorf("second upload = %d %s", got.status, got.text)
		}
		settle()
		if f := d.sim.State().Accounts[0].Files[0]; f.SizeBytes != 3 || f.Uploads != 2 {
			t.Errorf("file = %+v", f)
		}
	})
}

func TestIDsAreNeverDrawnAgain(t *testing.T) {
	office(t, config(), func(d *desk) {
		seen := map[string]bool{}
		for range 5 {
			for range 20 {
				id := d.make("/contacts", someone)
				noted := d.want(200, "GET", "/firm", "").header.Get("RequestId") // drawn, and kept nowhere
				if seen[id] || seen[noted] {
					t.Fatalf("%s or %s was there before", id, noted)
				}
				seen[id], seen[noted] = true, true
			}
			d.restart()
		}
	})
}

func TestNewFirmsJoinAndMissingOnesAreRefused(t *testing.T) {
	office(t, config(), func(d *desk) {
		both := d.config
		d.config.Accounts = append(slices.Clone(both.Accounts), smokeballsim.Account{ID: "new", Name: "New LLC"})
		d.restart()
		d.as("new").person("Nora", "New", "nora@example.com")
		if err := d.sim.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := smokeballsim.Open(both); err == nil || !strings.Contains(err.Error(), `"new"`) {
			t.Errorf("without the new firm = %v", err)
		}
		d.restart()
	})
}

func TestNothingIsSaidThatCannotBeKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := config()
	c.StateFile = filepath.Join(dir, "state")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, c)
		defer s.Close()
		d := (&desk{T: t, sim: s, client: newClient(s)}).as(firm)
		files := "/matters/" + d.matter("1") + "/documents/files"
		upload := d.want(202, "POST", files, `{"fileName":"a.pdf"}`).at("uploadUrl")
		code := d.consent()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		d.want(503, "POST", "/contacts", someone)
		d.want(200, "GET", "/firm", "")
		if a := d.redeem(exchange(code)); a.status != 503 {
			t.Errorf("exchange = %d %s", a.status, a.text)
		}
		if a := d.put(upload, "x"); a.status != 503 {
			t.Errorf("upload = %d %s", a.status, a.text)
		}
		if _, err := s.AddContact(firm, []byte(someone)); err == nil || !strings.Contains(err.Error(), c.StateFile) {
			t.Errorf("a contact by hand = %v", err)
		}
		v := authorization("account", firm, "decision", "allow")
		if a := d.form("/oauth2/authorize", v, "", ""); !strings.Contains(a.header.Get("Location"), "error=server_error") {
			t.Errorf("consent = %d to %s", a.status, a.header.Get("Location"))
		}
	})
}
