package cli

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// examined is an engine that has synced a matter of a client, with a folder that only its
// user may read.
func examined(t *testing.T) *running {
	t.Helper()
	w := newWorld(t, smokeballsim.Config{})
	if err := os.Chmod(w.settings["ENGINE_DATA_DIR"], 0o700); err != nil {
		t.Fatal(err)
	}
	r := w.serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	return r
}

// doctor runs the command and returns its report.
func (r *running) doctor(t *testing.T) (doctor.Report, int) {
	t.Helper()
	o := execute(t, r.settings, "doctor", "--json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(o.out), &report); err != nil {
		t.Fatalf("exit %d, %s%s: %v", o.code, o.out, o.err, err)
	}
	return report, o.code
}

// of are the findings with a severity, as "code subject".
func of(r doctor.Report, s doctor.Severity) (list []string) {
	for _, f := range r.Findings {
		if f.Severity == s {
			list = append(list, strings.TrimSpace(string(f.Code)+" "+f.Subject))
		}
	}
	return list
}

// wantFailed requires these failures and no others, exit code 1, and something to do about each.
func wantFailed(t *testing.T, r doctor.Report, code int, want ...string) {
	t.Helper()
	if got := of(r, doctor.Failed); !slices.Equal(got, want) || code != 1 {
		t.Errorf("exit %d, failed: %q, want %q\n%+v", code, got, want, r.Findings)
	}
	for _, f := range r.Findings {
		if f.Severity == doctor.Failed && (f.Do == "" || f.Means == "") {
			t.Errorf("%+v does not say what it means or what to do", f)
		}
	}
}

// TestDoctorOfAHealthyEngine finds nothing, of the running engine and of its folder, and leaves
// the folder as it was.
func TestDoctorOfAHealthyEngine(t *testing.T) {
	t.Parallel()
	r := examined(t)
	for _, running := range []bool{true, false} {
		if !running {
			r.stop()
		}
		before := folderOf(t, r.settings["ENGINE_DATA_DIR"])
		report, code := r.doctor(t)
		trouble := slices.DeleteFunc(append(of(report, doctor.Failed), of(report, doctor.Warning)...), func(s string) bool { return strings.HasPrefix(s, "disk") })
		if code != 0 || len(trouble) > 0 || report.Running != running {
			t.Errorf("running %v: exit %d, %q of %+v", running, code, trouble, report.Findings)
		}
		if after := folderOf(t, r.settings["ENGINE_DATA_DIR"]); !running && after != before {
			t.Errorf("doctor changed the folder of a stopped engine:\n%s\nwas\n%s", after, before)
		}
	}
	if o := execute(t, r.settings, "doctor"); o.code != 0 || !strings.Contains(o.out, "each chain verified") || !strings.HasSuffix(o.out, ".\n") {
		t.Errorf("exit %d:\n%s%s", o.code, o.out, o.err)
	}
}

// TestDoctorNamesWhatIsGone: of a ledger without two of its events those two, and of views whose row was
// changed that row. The engine folds views again whose file is damaged.
func TestDoctorNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	r := examined(t)
	r.stop()
	at := func(name string) string { return filepath.Join(r.settings["ENGINE_DATA_DIR"], name) }
	edit(t, at("views.db"), func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, view *bbolt.Bucket) error {
			rows := view.Bucket([]byte("rows"))
			if rows == nil {
				return nil
			}
			k, v := rows.Cursor().First()
			if k == nil {
				return nil
			}
			return rows.Put(k, append(bytes.Clone(v), ' '))
		})
	})
	report, code := r.doctor(t)
	wantFailed(t, report, code, "views views.db")
	if err := os.WriteFile(at("views.db"), []byte("no rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	report, code = r.doctor(t)
	wantFailed(t, report, code, "views views.db")
	r = r.serve(t)
	r.latest(t, "m_1", domain.Succeeded)
	r.stop()
	if report, code = r.doctor(t); code != 0 {
		t.Errorf("after the views were folded again: %+v", report.Findings)
	}
	edit(t, at("ledger.db"), func(tx *bbolt.Tx) error {
		log := tx.Bucket([]byte("log"))
		return errors.Join(log.Delete(binary.BigEndian.AppendUint64(nil, 3)), log.Delete(binary.BigEndian.AppendUint64(nil, 7)))
	})
	report, code = r.doctor(t)
	wantFailed(t, report, code, "ledger")
	for _, want := range []string{"position 3: it is missing", "position 7: it is missing", " version "} {
		if found := report.Findings[slices.IndexFunc(report.Findings, func(f doctor.Finding) bool { return f.Code == doctor.Ledger })].Found; !strings.Contains(found, want) {
			t.Errorf("the finding does not say %q: %s", want, found)
		}
	}
}

// edit changes a file of an engine that does not run.
func edit(t *testing.T, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(change), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// folderOf lists a folder's files with sizes and times.
func folderOf(t *testing.T, dir string) string {
	t.Helper()
	list, err := json.Marshal(filesIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	return string(list) + info.ModTime().String()
}

// TestDoctorNamesTheFirmThatWasRevoked revokes the firm in Smokeball: that is one alarm, though
// its webhooks are gone with it.
func TestDoctorNamesTheFirmThatWasRevoked(t *testing.T) {
	t.Parallel()
	r := examined(t)
	if err := r.sim.Revoke(testAccount); err != nil {
		t.Fatal(err)
	}
	r.publisher(t).approve(t, "d_2", "m_1")
	eventually(t, "the engine has noticed", func() bool { return r.connection(t).Status == "revoked" })
	report, code := r.doctor(t)
	wantFailed(t, report, code, "connection "+string(testFirm))
	r.stop()
	report, code = r.doctor(t)
	wantFailed(t, report, code, "connection "+string(testFirm))
}

// TestDoctorWarnsOfAFirmThatIsNotConnected once syncs wait for it, and while a firm admin's sign-in
// is not finished; both of a running engine and of a stopped one.
func TestDoctorWarnsOfAFirmThatIsNotConnected(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	found := func() (f doctor.Finding) {
		report, code := r.doctor(t)
		if code != done {
			t.Errorf("exit %d: %+v", code, report.Findings)
		}
		return report.Findings[slices.IndexFunc(report.Findings, func(f doctor.Finding) bool { return f.Code == doctor.Connection })]
	}
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	eventually(t, "the firm is known", func() bool { return strings.HasPrefix(found().Found, "1 disconnected") })
	if f := found(); f.Severity != doctor.OK {
		t.Errorf("nothing waits, and doctor finds %+v", f)
	}
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Waiting)
	wantUnconnected := func(what string) {
		t.Helper()
		if f := found(); f.Severity != doctor.Warning || f.Subject != string(testFirm) || !strings.Contains(f.Found, what) || !strings.HasPrefix(f.Means, "1 sync") || !strings.Contains(f.Do, "firm admin") {
			t.Errorf("doctor finds %+v, want that %s", f, what)
		}
	}
	wantUnconnected("not connected")
	r.authorize(t)
	wantUnconnected("has not finished")
	r.stop()
	wantUnconnected("has not finished")
}

// TestDoctorFindsWhatIsBrokenInTheFolder breaks one thing at a time of a stopped engine.
func TestDoctorFindsWhatIsBrokenInTheFolder(t *testing.T) {
	t.Parallel()
	r := examined(t)
	r.stop()
	dir := r.settings["ENGINE_DATA_DIR"]
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name   string
		damage func(t *testing.T)
		want   []string
	}{
		{"truncated ledger", func(t *testing.T) { cut(t, at("ledger.db")) }, []string{"ledger"}},
		{"no ledger", func(t *testing.T) { remove(t, at("ledger.db")) }, []string{"ledger"}},
		{"changed event", func(t *testing.T) { change(t, at("ledger.db"), "matter.created") }, []string{"ledger"}},
		{"no master key", func(t *testing.T) { remove(t, at("master-key.json")) }, []string{"keys"}},
		{"another master key", func(t *testing.T) { anotherKey(t, at("master-key.json")) }, []string{"keys"}},
		{"unwritable file", func(t *testing.T) { mode(t, at("ledger.db"), 0o400) }, []string{"files " + at("ledger.db")}},
		{"damaged number of a message", func(t *testing.T) { misnumber(t, at("nats/jetstream/ENGINE/streams/INBOX/msgs/1.blk")) }, []string{"bus"}},
		{"held ledger", func(t *testing.T) { hold(t, at("ledger.db")) }, []string{"engine"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			saved := t.TempDir()
			if err := os.CopyFS(filepath.Join(saved, "data"), os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			other := &running{world: &world{settings: map[string]string{}}}
			for k, v := range r.settings {
				other.settings[k] = v
			}
			c.damage(t)
			report, code := other.doctor(t)
			if err := restoreFolder(filepath.Join(saved, "data"), dir); err != nil {
				t.Fatal(err)
			}
			wantFailed(t, report, code, c.want...)
		})
	}
}

func restoreFolder(from, to string) error {
	entries, err := os.ReadDir(to)
	for _, e := range entries {
		if err == nil {
			err = os.RemoveAll(filepath.Join(to, e.Name()))
		}
	}
	if err == nil {
		err = os.CopyFS(to, os.DirFS(from))
	}
	if err == nil {
		err = os.Chmod(filepath.Join(to, "master-key.json"), 0o600) // CopyFS lets others read
	}
	return err
}

func cut(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, min(info.Size()/2, 20<<10)) // half of a file may be pages that it grew by and never used
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, path string, m os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, m); err != nil {
		t.Fatal(err)
	}
}

// change changes a letter of what an event holds.
func change(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(data, []byte(text)) {
		t.Fatalf("the ledger does not hold %q: %v", text, err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(data, []byte(text), []byte("X"+text[1:])), 0o600); err != nil {
		t.Fatal(err)
	}
}

// misnumber damages the number of the second message in a file of the bus.
func misnumber(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := int(binary.LittleEndian.Uint32(data) &^ (1 << 31))
	data[second+4+7] ^= 4
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// anotherKey replaces the master key file by that of another engine.
func anotherKey(t *testing.T, path string) {
	t.Helper()
	w := newWorld(t, smokeballsim.Config{})
	other := w.serve(t)
	other.stop()
	data, err := os.ReadFile(filepath.Join(w.settings["ENGINE_DATA_DIR"], "master-key.json"))
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// hold keeps the ledger open, as an engine that hangs does.
func hold(t *testing.T, path string) {
	t.Helper()
	ledger, err := eventstore.OpenBolt(path, eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestDoctorFindsWhatIsBrokenOutside breaks settings and other machines.
func TestDoctorFindsWhatIsBrokenOutside(t *testing.T) {
	t.Parallel()
	r := examined(t)
	r.stop()
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	defer late.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct{ name, setting, value, want string }{
		{"clock", "SMOKEBALL_API_URL", late.URL, "clock"},
		{"no Smokeball", "SMOKEBALL_API_URL", gone.URL, "smokeball"},
		{"unknown app", "SMOKEBALL_CLIENT_SECRET", "another", "smokeball"},
		{"no key set", "ENGINE_JWKS_URL", gone.URL, "sign_in ENGINE_JWKS_URL"},
		{"wrong setting", "SMOKEBALL_RATE", "many", "configuration"},
	} {
		was := r.settings[c.setting]
		r.settings[c.setting] = c.value
		report, code := r.doctor(t)
		r.settings[c.setting] = was
		wantFailed(t, report, code, c.want)
	}
}

// TestWhatDoctorGathersHoldsNoPersonalDataAndNoSecrets searches the archive of an engine, running
// and stopped, for all that its client and its app have.
func TestWhatDoctorGathersHoldsNoPersonalDataAndNoSecrets(t *testing.T) {
	t.Parallel()
	r := examined(t)
	dir := t.TempDir()
	for _, name := range []string{"running.zip", "stopped.zip"} {
		file := filepath.Join(dir, name)
		if o := execute(t, r.settings, "doctor", "gather", file); o.code != 0 {
			t.Fatalf("%+v", o)
		}
		text := unzip(t, file)
		for _, private := range []string{"Maria", "Rivera", "555 0142", emailOf("m_1"), "@", "Brown LLC", "Apex", appSecret, appKey, appID} {
			if strings.Contains(text, private) {
				t.Errorf("%s holds %q", name, private)
			}
		}
		if !strings.Contains(text, string(testFirm)) || !strings.Contains(text, "SMOKEBALL_CLIENT_SECRET") {
			t.Errorf("%s does not say enough:\n%s", name, text)
		}
		if o := execute(t, nil, "doctor", "analyze", file); o.code != 0 || !strings.Contains(o.out, "ledger ") {
			t.Errorf("analyze: %+v", o)
		}
		if o := execute(t, r.settings, "doctor", "gather", file); o.code != 1 {
			t.Errorf("an archive that exists is written again: %+v", o)
		}
		r.stop()
	}
	if o := execute(t, nil, "doctor", "analyze", filepath.Join(dir, "none.zip")); o.code != 1 {
		t.Errorf("an archive that does not exist: %+v", o)
	}
}

// unzip is the text of all files in an archive.
func unzip(t *testing.T, file string) string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var all strings.Builder
	for _, part := range z.File {
		f, err := part.Open()
		if err == nil {
			_, err = io.Copy(&all, f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
