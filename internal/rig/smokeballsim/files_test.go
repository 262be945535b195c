package smokeballsim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// put sends bytes to a pre-signed address, as bare as it requires them.
func (d *desk) put(url, bytes string, change ...string) answer {
	d.Helper()
	r := d.request("PUT", url, bytes)
	for i := 0; i+1 < len(change); i += 2 {
		r.Header.Set(change[i], change[i+1])
	}
	return d.send(r)
}

func TestFileArrives(t *testing.T) {
	office(t, config(), func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"Signed retainer.v2.pdf","fileAdditionalData":{"document":"d_9"},"dateCreated":"2026-01-02T03:04:05Z"}`)
		id := a.at("fileId")
		d.want(404, "GET", files+"/"+id, "")
		if got := d.put(a.at("uploadUrl"), "the bytes"); got.status != 200 {
			t.Fatalf("upload = %d %s", got.status, got.text)
		}
		settle()
		settle()
		got := d.want(200, "GET", files+"/"+id, "")
		for path, want := range map[string]string{
			"name": "Signed retainer.v2", "fileExtension": ".pdf", "sizeBytes": "9", "isUploaded": "true", "isCancelled": "false",
			"additionalData.document": "d_9", "dateCreated": "2026-01-02T03:04:05Z",
		} {
			if got.at(path) != want {
				t.Errorf("%s = %q, want %q", path, got.at(path), want)
			}
		}
		sum := sha256.Sum256([]byte("the bytes"))
		if s := d.sim.State().Accounts[0].Files; len(s) != 1 || s[0].SHA256 != hex.EncodeToString(sum[:]) || s[0].Name != "Signed retainer.v2.pdf" {
			t.Errorf("state = %+v", s)
		}
		down := d.want(200, "GET", files+"/"+id+"/download", "")
		if body := d.send(d.request("GET", down.at("downloadUrl"), "")); body.text != "the bytes" {
			t.Errorf("download = %d %q", body.status, body.text)
		}
	})
}

func TestUploadAddressIsParticular(t *testing.T) {
	office(t, config(), func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"a.pdf"}`)
		for name, c := range map[string]struct {
			header string
			status int
		}{
			"content type": {"Content-Type", 403}, "api key": {"x-api-key", 400}, "token": {"Authorization", 400},
		} {
			if got := d.put(a.at("uploadUrl"), "x", c.header, "application/pdf"); got.status != c.status || !strings.Contains(got.text, "<Error>") {
				t.Errorf("%s = %d %s", name, got.status, got.text)
			}
		}
		chunked := d.request("PUT", a.at("uploadUrl"), "x")
		chunked.ContentLength = -1
		if got := d.send(chunked); got.status != 411 {
			t.Errorf("without a length = %d", got.status)
		}
		short := d.request("PUT", a.at("uploadUrl"), "x")
		short.ContentLength = 2
		if got := d.send(short); got.status != 400 {
			t.Errorf("short body = %d", got.status)
		}
		if got := d.put(host+"/_upload/unknown", "x"); got.status != 403 {
			t.Errorf("unknown address = %d", got.status)
		}
		time.Sleep(30*time.Minute + time.Second)
		if got := d.put(a.at("uploadUrl"), "x"); got.status != 403 {
			t.Errorf("expired address = %d", got.status)
		}
		if got := d.want(200, "GET", files+"/"+a.at("fileId"), ""); got.at("isCancelled") != "true" || got.at("isUploaded") != "false" {
			t.Errorf("a file without bytes: %s", got.text)
		}
	})
}

func TestFreshAddressBringsANewVersion(t *testing.T) {
	office(t, config(), func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"a.pdf"}`)
		one := files + "/" + a.at("fileId")
		d.put(a.at("uploadUrl"), "old")
		settle()
		settle()
		first := d.want(200, "GET", one, "").at("versionId")
		d.put(d.want(200, "GET", one+"/upload", "").at("uploadUrl"), "newer")
		settle()
		got := d.want(200, "GET", one, "")
		if got.at("versionId") == first || got.at("sizeBytes") != "5" {
			t.Errorf("after the second upload: %s", got.text)
		}
		old := d.want(200, "GET", one+"/download?versionId="+first, "")
		if body := d.send(d.request("GET", old.at("downloadUrl"), "")); body.text != "old" {
			t.Errorf("the old version = %q", body.text)
		}
		d.want(400, "GET", one+"/download?versionId=x", "")
		if s := d.sim.State().Accounts[0].Files[0]; s.Uploads != 2 {
			t.Errorf("state = %+v", s)
		}
	})
}

func TestContentsBeyondTheRoomAreOnlyMeasured(t *testing.T) {
	c := config()
	c.KeepBytes = 4
	office(t, c, func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		a := d.want(202, "POST", files, `{"fileName":"a.pdf"}`)
		d.put(a.at("uploadUrl"), "five5")
		settle()
		settle()
		if got := d.want(200, "GET", files+"/"+a.at("fileId"), "").at("sizeBytes"); got != "5" {
			t.Errorf("size = %s", got)
		}
		down := d.want(200, "GET", files+"/"+a.at("fileId")+"/download", "")
		if got := d.send(d.request("GET", down.at("downloadUrl"), "")); got.status != 404 {
			t.Errorf("download = %d", got.status)
		}
	})
}

func TestFilesAreListedEditedAndDeleted(t *testing.T) {
	office(t, config(), func(d *desk) {
		files := "/matters/" + d.matter("1") + "/documents/files"
		var ids []string
		for _, name := range []string{"Retainer.pdf", "Retainer.pdf", "Notes.docx"} {
			ids = append(ids, d.want(202, "POST", files, `{"fileName":"`+name+`"}`).at("fileId"))
		}
		settle()
		for query, want := range map[string][]string{
			"":                          ids,
			"Search=query:retain":       ids[:2],
			"Search=fileExtension:docx": ids[2:],
			"Search=query:retain&Search=fileExtension:.docx": {},
			"Sort=desc(dateCreated)&Search=query:notes":      ids[2:],
		} {
			if got := d.want(200, "GET", files+"?"+query, "").ids(); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", query, got, want)
			}
		}
		d.want(400, "GET", files+"?Search=name:x", "")
		d.want(202, "PATCH", files+"/"+ids[0], `{"fileName":"Renamed.pdf","isFavorite":true}`)
		d.want(202, "DELETE", files+"/"+ids[1], "")
		settle()
		if got := d.want(200, "GET", files+"/"+ids[0], ""); got.at("name") != "Renamed" || got.at("isFavorite") != "true" {
			t.Errorf("edited: %s", got.text)
		}
		if got := d.want(200, "GET", files+"/"+ids[1], "").at("isDeleted"); got != "true" {
			t.Errorf("isDeleted = %s", got)
		}
		d.want(404, "GET", files+"/nothing", "")
	})
}

func TestFilesAreRefused(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := d.matter("1")
		files := "/matters/" + m + "/documents/files"
		for _, bad := range []string{
			`{}`, `{"fileName":"noextension"}`, `{"fileName":".pdf"}`, `{"fileName":"` + strings.Repeat("x", 253) + `.pdf"}`,
			`{"fileName":"a.pdf","folderId":"x"}`, `{"fileName":"a.pdf","size":3}`, `{"fileName":"a.pdf","folderPath":"a//b"}`,
		} {
			d.want(400, "POST", files, bad)
		}
		d.want(404, "POST", "/matters/nothing/documents/files", `{"fileName":"a.pdf"}`)
		d.want(400, "POST", files+"/bulk", `[{"fileName":"a.pdf"},{"fileName":""}]`)
		settle()
		if got := d.want(200, "GET", files, "").ids(); len(got) != 0 {
			t.Errorf("refused files exist: %v", got)
		}
		a := d.want(202, "POST", files+"/bulk", `[{"fileName":"a.pdf"},{"fileName":"b.pdf"}]`)
		settle()
		if got := d.want(200, "GET", files, "").ids(); len(got) != 2 || !strings.Contains(a.text, got[1]) {
			t.Errorf("bulk made %v", got)
		}
	})
}

func TestFolders(t *testing.T) {
	office(t, config(), func(d *desk) {
		m := "/matters/" + d.matter("1") + "/documents"
		intake := d.make(m+"/folders", `{"name":"Intake"}`)
		d.want(404, "GET", m+"/folders/"+intake, "")
		settle()
		inner := d.made(m+"/folders", `{"name":"Inner","parentFolderId":"`+intake+`"}`)
		d.want(202, "POST", m+"/files", `{"fileName":"a.pdf","folderId":"`+inner+`"}`)
		d.want(202, "POST", m+"/files", `{"fileName":"b.pdf","folderPath":"intake/Later"}`)
		d.want(202, "POST", m+"/files", `{"fileName":"c.pdf"}`)
		settle()
		root, mid := d.want(200, "GET", m+"/folders", ""), d.want(200, "GET", m+"/folders/"+intake, "")
		if root.at("value.0.folders.0.id") != intake || root.at("value.0.files.0.name") != "c" || root.at("size") != "2" {
			t.Errorf("root = %s", root.text)
		}
		if mid.at("name") != "Intake" || mid.at("value.0.folders.0.name") != "Inner" || mid.at("value.0.folders.1.name") != "Later" {
			t.Errorf("middle = %s", mid.text)
		}
		if leaf := d.want(200, "GET", m+"/folders/"+inner, ""); leaf.at("parentId") != intake || leaf.at("value.0.files.0.name") != "a" {
			t.Errorf("leaf = %s", leaf.text)
		}
		if next := d.want(200, "GET", m+"/folders?Limit=1&Offset=1", ""); next.at("value.0.files.0.name") != "c" || next.at("value.0.folders.0.id") != "" {
			t.Errorf("second page = %s", next.text)
		}
		d.want(400, "PATCH", m+"/folders/"+intake, `{"name":"Intake","parentFolderId":"`+inner+`"}`)
		d.want(400, "POST", m+"/folders", `{"name":""}`)
		d.want(400, "POST", m+"/folders", `{"name":"x","parentFolderId":"x"}`)
		d.want(202, "PUT", m+"/folders/"+inner, `{"name":"Top"}`)
		settle()
		if got := d.want(200, "GET", m+"/folders", "").at("value.0.folders.1.name"); got != "Top" {
			t.Errorf("moved folder = %q", got)
		}
		d.want(202, "DELETE", m+"/folders/"+inner, "")
		settle()
		d.want(404, "GET", m+"/folders/"+inner, "")
		if got := d.want(200, "GET", m+"/folders", "").header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("content type = %s", got)
		}
	})
}

func TestMemos(t *testing.T) {
	office(t, config(), func(d *desk) {
		memos := "/matters/" + d.matter("1") + "/memos"
		id := d.made(memos, `{"title":"Call","text":"Called the client."}`)
		got := d.want(http.StatusOK, "GET", memos, "")
		if !slices.Equal(got.ids(), []string{id}) || got.at("value.0.plainText") != "Called the client." {
			t.Errorf("memos = %s", got.text)
		}
		d.want(400, "POST", memos, `{"title":"Call"}`)
	})
}
