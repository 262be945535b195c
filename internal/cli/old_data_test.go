package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// oldData is what an engine of 30 November 2026 left: its data folder, its Smokeball, and what it
// answered. It is never written again; a later format gets a file of its own beside it.
const oldData = "testdata/data-2026-11-30.tar.gz"

var writeOldData = flag.String("write-old-data", "", "write what this engine leaves into a file for TestDataOfAnEarlierEngineOpens")

// oldAnswers are what is compared: additions to the API change none of it.
type oldAnswers struct {
	Matters []struct {
		ID     string `json:"matter_id"`
		Title  string `json:"title"`
		Number string `json:"case_number"`
		Status string `json:"status"`
	}
	Syncs []struct {
		ID, Status, Trigger string
		Matter              string    `json:"matter_id"`
		Queued              time.Time `json:"queued_at"`
	}
	Dead     []struct{ ID string }
	Mappings []struct {
		Case string `json:"case_type"`
		Type string `json:"matter_type_id"`
	}
}

// answersOf asks whoever answers.
func answersOf(t *testing.T, ask func(path string, into any)) (a oldAnswers) {
	t.Helper()
	list := func(path string, items any) {
		var page struct{ Items json.RawMessage }
		ask(path, &page)
		if err := json.Unmarshal(page.Items, items); err != nil {
			t.Fatal(err)
		}
	}
	list("/matters?limit=500", &a.Matters)
	list("/sync-history?limit=500", &a.Syncs)
	list("/dead-letters", &a.Dead)
	list("/case-type-mappings", &a.Mappings)
	return a
}

// TestDataOfAnEarlierEngineOpens opens the folder of an engine of an earlier version: doctor finds it
// whole, it answers what that engine answered, and what waited goes on.
func TestDataOfAnEarlierEngineOpens(t *testing.T) {
	t.Parallel()
	if *writeOldData != "" {
		leaveOldData(t, *writeOldData)
		return
	}
	dir := t.TempDir()
	unpack(t, oldData, dir)
	w := newWorld(t, smokeballsim.Config{StateFile: filepath.Join(dir, "smokeball.state")})
	w.settings["ENGINE_DATA_DIR"] = filepath.Join(dir, "data")
	var want oldAnswers
	if text, err := os.ReadFile(filepath.Join(dir, "answers.json")); err != nil || json.Unmarshal(text, &want) != nil {
		t.Fatalf("what it answered: %v", err)
	}
	report, _ := (&running{world: w}).doctor(t)
	for _, f := range report.Findings {
		if slices.Contains([]doctor.Code{doctor.Keys, doctor.Ledger, doctor.Signature, doctor.Views}, f.Code) && f.Severity != doctor.OK {
			t.Errorf("%s: %s", f.Code, f.Found)
		}
	}
	r := w.serve(t)
	got := answersOf(t, func(path string, into any) {
		r.call(t, admin(), http.MethodGet, path, nil).want(http.StatusOK).into(into)
	})
	a, b := legible(t, got), legible(t, want)
	if a != b {
		t.Errorf("the engine answers\n%s, want\n%s", a, b)
	}
	r.connect(t) // the sign-in of that day has ended
	p := r.publisher(t)
	p.say(t, "matter.updated", "later", matter("m_1", 2, "Auto Accident"))
	r.call(t, admin(), http.MethodPut, "/case-type-mappings", object{"case_type": "Pedestrian Mishap", "matter_type_id": r.matterType(t)}).want(http.StatusOK)
	r.latest(t, "m_2", domain.Succeeded)
	p.say(t, "matter.created", "new", matter("m_9", 1, "Auto Accident"))
	p.approve(t, "d_9", "m_9")
	r.latest(t, "m_9", domain.Succeeded)
}

// leaveOldData works for a while and packs what that leaves.
func leaveOldData(t *testing.T, path string) {
	t.Helper()
	dir := t.TempDir()
	w := newWorld(t, smokeballsim.Config{StateFile: filepath.Join(dir, "smokeball.state")})
	w.settings["ENGINE_DATA_DIR"] = filepath.Join(dir, "data")
	leavePlain(t, w.settings["ENGINE_DATA_DIR"])
	r := w.serve(t)
	r.connect(t)
	r.call(t, admin(), http.MethodPut, "/case-type-mappings", object{"case_type": "Fence Row", "matter_type_id": r.matterType(t)}).want(http.StatusOK)
	p := r.publisher(t)
	for id, caseType := range map[string]string{"m_1": "Auto Accident", "m_3": "Auto Accident", "m_4": "Fence Row"} {
		p.say(t, "matter.created", "e-"+id, matter(id, 1, caseType))
		p.approve(t, "d_"+strings.TrimPrefix(id, "m_"), id)
		r.latest(t, id, domain.Succeeded)
	}
	p.say(t, "matter.created", "e-m_2", matter("m_2", 1, "Pedestrian Mishap"))
	eventually(t, "the matter is known", func() bool { return r.call(t, clerk(), http.MethodGet, "/matters/m_2", nil).status == http.StatusOK })
	r.call(t, clerk(), http.MethodPost, "/matters/m_2/sync", nil).want(http.StatusAccepted)
	r.latest(t, "m_2", domain.Waiting)
	p.say(t, "matter.created", "e-bad", archived("m_8"))
	eventually(t, "the dead letter is kept", func() bool { return len(r.deadLetters(t)) == 1 })
	var erasure struct {
		ID     string `json:"erase_id"`
		Status string
	}
	r.call(t, admin(), http.MethodPost, "/matters/m_3/erase", nil).want(http.StatusAccepted).into(&erasure)
	eventually(t, "the matter is erased", func() bool {
		r.call(t, admin(), http.MethodGet, "/erasures/"+erasure.ID, nil).into(&erasure)
		return erasure.Status == "done"
	})
	answers := answersOf(t, func(path string, into any) {
		r.call(t, admin(), http.MethodGet, path, nil).want(http.StatusOK).into(into)
	})
	r.stop()
	if err := os.WriteFile(filepath.Join(dir, "answers.json"), []byte(legible(t, answers)), 0o600); err != nil {
		t.Fatal(err)
	}
	pack(t, path, dir)
}

// leavePlain begins a ledger as engines did before events were sealed.
func leavePlain(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err == nil {
		_, err = ledger.Append(t.Context(), eventstore.Commit{Stream: domain.MatterStream(testFirm, "m_0"), At: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC), Events: []domain.Event{
			domain.MatterCreated{Origin: domain.EventRef{Source: "/casehug", ID: "e0"}, Matter: domain.MatterData{ID: "m_0", Version: 1, Title: "Osei v. Hartwell", CaseNumber: "CH-0", CaseType: "Auto Accident",
				Status: "active", Client: domain.ClientData{ID: "c_0", Version: 1, FirstName: "Ama", LastName: "Osei", Email: "ama@example.com"}}}}})
	}
	if err = errors.Join(err, ledger.Close()); err != nil {
		t.Fatal(err)
	}
}

func legible(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pack writes a folder into an archive.
func pack(t *testing.T, path, dir string) {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = archive.Write(data)
		return err
	})
	if err = errors.Join(err, archive.Close(), zipped.Close()); err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unpack writes the files of an archive into a folder.
func unpack(t *testing.T, path, dir string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(zipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700)); err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
