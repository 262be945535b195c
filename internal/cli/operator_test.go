package cli

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// TestOperatorAsksRunningAndStoppedEngine lists history and status of an engine that
// runs, and of the same one stopped: the tables and the JSON are the same.
func TestOperatorAsksRunningAndStoppedEngine(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	ended := r.latest(t, "m_1", domain.Succeeded)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Pedestrian Mishap"))
	p.approve(t, "d_2", "m_2")
	waiting := r.latest(t, "m_2", domain.Waiting)

	commands := [][]string{{"history"}, {"history", "--json"}, {"history", "show", string(waiting.ID)}, {"history", "show", string(ended.ID), "--json"}, {"status"}, {"status", string(testFirm)}, {"history", string(testFirm), "--status", "waiting,failed"}}
	var before []outcome
	for _, args := range commands {
		before = append(before, r.operator(t, args...))
	}
	r.wantHistory(t, before[0].out, ended, waiting)
	r.wantEntries(t, before[1].out, ended, waiting)
	r.wantShown(t, before[2].out, before[3].out, ended, waiting)
	wantStatus(t, before[4].out)
	if lines := strings.Split(before[6].out, "\n"); strings.Contains(before[6].out, "m_1 ") || len(lines) < 2 {
		t.Errorf("only those that wait or failed:\n%s", before[6].out)
	}
	r.wantPrivate(t)
	wantPreviews(t, r)

	r.stop()
	if o := execute(t, map[string]string{"ENGINE_DATA_DIR": r.settings["ENGINE_DATA_DIR"]}, "preview", string(testFirm), "m_1"); o.code != Failed || !strings.Contains(o.err, "Start the engine") {
		t.Errorf("a preview without an engine: %+v", o)
	}
	for i, args := range commands {
		if after := r.operator(t, args...); after != before[i] {
			t.Errorf("%q of the stopped engine:\n%+v\nwant what the running one told:\n%+v", args, after, before[i])
		}
	}
}

// wantPreviews previews a matter that Smokeball has and one whose case type has no matter type.
func wantPreviews(t *testing.T, r *running) {
	t.Helper()
	if same := r.operator(t, "preview", string(testFirm), "m_1").out; !strings.Contains(same, "Outcome: skipped") || strings.Contains(same, "POST") {
		t.Errorf("the preview of what is the same:\n%s", same)
	}
	lacking := r.operator(t, "preview", string(testFirm), "m_2").out
	if !strings.Contains(lacking, "matter_type_unmapped: ") || !strings.Contains(lacking, "To do: ") {
		t.Errorf("the preview of an unmapped matter:\n%s", lacking)
	}
	var p struct {
		Calls    []any
		Warnings []struct{ Code string }
		Estimate struct{ Calls int }
	}
	if err := json.Unmarshal([]byte(r.operator(t, "preview", string(testFirm), "m_2", "--json").out), &p); err != nil || len(p.Warnings) != 1 || p.Calls == nil || p.Estimate.Calls != len(p.Calls) {
		t.Errorf("the preview for programs: %+v (%v)", p, err)
	}
}

// operator runs an operator's command on the engine's data directory.
func (w *world) operator(t *testing.T, args ...string) outcome {
	t.Helper()
	o := execute(t, map[string]string{"ENGINE_DATA_DIR": w.settings["ENGINE_DATA_DIR"]}, args...)
	if o.code != done || o.err != "" {
		t.Fatalf("%q: exit %d, %s", args, o.code, o.err)
	}
	return o
}

func (r *running) wantHistory(t *testing.T, table string, ended, waiting projections.Entry) {
	t.Helper()
	lines := strings.Split(table, "\n")
	for i, want := range [][]string{
		{"QUEUED (UTC)", "SYNC", "FIRM", "MATTER", "TRIGGER", "STATUS", "WHY", "FILES", "TOOK"},
		{string(waiting.ID), "f_brown", "m_2 (CH-2)", "document_approved", "waiting", "matter_type_unmapped"},
		{string(ended.ID), "f_brown", "m_1 (CH-1)", "document_approved", "succeeded", "s"},
		{""},
		{"waiting of m_2 (matter_type_unmapped): ", waiting.Error.Message},
		{"To do: ", waiting.Error.Remedy},
	} {
		for _, part := range want {
			if i >= len(lines) || !strings.Contains(lines[i], part) {
				t.Fatalf("line %d of the table lacks %q:\n%s", i+1, part, table)
			}
		}
	}
	if strings.Contains(table, "Rivera") {
		t.Errorf("the table tells a name:\n%s", table)
	}
}

func (r *running) wantEntries(t *testing.T, text string, ended, waiting projections.Entry) {
	t.Helper()
	var list []projections.Entry
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].ID != waiting.ID || list[1].ID != ended.ID || list[1].Status != domain.Succeeded || len(list[1].Smokeball.Files) != 1 {
		t.Errorf("history --json: %s", text)
	}
}

func (r *running) wantShown(t *testing.T, text, program string, ended, waiting projections.Entry) {
	t.Helper()
	for _, part := range []string{string(waiting.ID), "m_2 (CH-2)", "matter_type_unmapped: " + waiting.Error.Message, waiting.Error.Remedy, "matter_type"} {
		if !strings.Contains(text, part) {
			t.Errorf("history show lacks %q:\n%s", part, text)
		}
	}
	var e projections.Entry
	if err := json.Unmarshal([]byte(program), &e); err != nil || e.ID != ended.ID || len(e.Steps) != len(ended.Steps) {
		t.Errorf("history show --json: %v, %s", err, program)
	}
}

func wantStatus(t *testing.T, table string) {
	t.Helper()
	lines := strings.Split(table, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "FIRM ") {
		t.Fatalf("status:\n%s", table)
	}
	fields := strings.Fields(lines[1])
	for i, want := range map[int]string{0: "f_brown", 1: "connected"} {
		if i >= len(fields) || fields[i] != want {
			t.Errorf("field %d of %q, want %s", i, lines[1], want)
		}
	}
	if !strings.Contains(lines[1], "Brown") {
		t.Errorf("status names no account: %q", lines[1])
	}
}

func TestAFirmThatNobodyKnowsIsAFault(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	for _, args := range [][]string{{"status", "f_nope"}, {"history", "f_nope"}, {"dead-letters", "list", "--firm", "f_nope"}, {"history", "show", "s_nope"},
		{"bulk", "list", "f_nope"}, {"bulk", "show", "f_nope", "b_1"}, {"bulk", "pause", "f_nope", "b_1"}, {"bulk", "report", "f_nope", "b_1"}, {"sync", "f_nope", "m_1"}, {"sync", "f_nope", "--all"},
		{"preview", "f_nope", "m_1"}, {"replay", "--firm", "f_nope"}, {"search", "f_nope", "rivera"}, {"link", "f_nope", "m_1", "x"}, {"unlink", "f_nope", "m_1"}, {"provenance", "f_nope", "m_1"},
		{"drift", "check", "f_nope"}, {"drift", "accept", "f_nope", "m_1", "status"}, {"erase", "matter", "f_nope", "m_1", "--yes"}, {"erase", "show", "f_nope", "e_1"}} {
		o := execute(t, r.settings, args...)
		if o.code != Failed || o.out != "" || !strings.Contains(o.err, "there is no ") || !strings.Contains(o.err, "To do: ") {
			t.Errorf("%q: exit %d, %s%s", args, o.code, o.out, o.err)
		}
		o = execute(t, r.settings, append(args, "--json")...)
		var told struct{ Error failure }
		if err := json.Unmarshal([]byte(o.out), &told); err != nil || o.code != Failed || told.Error.Code != domain.CodeNotFound || told.Error.Message == "" || told.Error.Remedy == "" {
			t.Errorf("%q --json: exit %d, %v, %s", args, o.code, err, o.out)
		}
	}
}

// wantPrivate checks that only the engine's user can read how to ask it.
func (r *running) wantPrivate(t *testing.T) {
	t.Helper()
	for _, name := range []string{"operator.json", "master-key.json", "ledger.db", "views.db"} {
		info, err := os.Stat(filepath.Join(r.settings["ENGINE_DATA_DIR"], name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, got)
		}
	}
	var access engine.Access
	data, err := os.ReadFile(filepath.Join(r.settings["ENGINE_DATA_DIR"], "operator.json"))
	if err != nil || json.Unmarshal(data, &access) != nil || access.URL != r.url || len(access.Token) < 40 {
		t.Fatalf("operator.json holds %s, %v", data, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/firms/f_brown/matters/m_1/sync", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Operator "+access.Token)
	r.do(t, req).want(http.StatusForbidden)
}

func TestOperatorIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "operator.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := r.settings["ENGINE_DATA_DIR"]
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"history", "--data-dir", t.TempDir()}, Failed, "no engine runs on it and there is no ledger"},
		{[]string{"status", "--data-dir", broken}, Failed, "start the engine again to renew it"},
		{[]string{"history", "--data-dir", dir, "--status", "done"}, wrongUsage, "--status: must be one of queued, running"},
		{[]string{"history", "--data-dir", dir, "--trigger", "whim"}, wrongUsage, "--trigger: must be one of matter_created"},
		{[]string{"history", "--data-dir", dir, "--limit", "501"}, wrongUsage, "--limit: "},
		{[]string{"history", "--data-dir", dir, "--search", strings.Repeat("x", 201)}, wrongUsage, "--search: "},
		{[]string{"status", "--data-dir", dir, "a/../b"}, Failed, "there is no firm a/../b"},
	} {
		if o := execute(t, nil, c.args...); o.code != c.code || !strings.Contains(o.err, c.want) || o.out != "" {
			t.Errorf("%q: exit %d, %s%s; want exit %d and %q", c.args, o.code, o.out, o.err, c.code, c.want)
		}
	}
	if err := os.Remove(filepath.Join(dir, "operator.json")); err != nil {
		t.Fatal(err)
	}
	if o := execute(t, nil, "history", "--data-dir", dir); o.code != Failed || !strings.Contains(o.err, "another engine runs on it") {
		t.Errorf("without operator.json of the running engine: exit %d, %s", o.code, o.err)
	}
}

func TestEmptyTables(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	for _, flag := range [][]string{{"--limit", "0"}, {"--limit", "501"}, {"--status", "bogus"}, {"--trigger", "bogus"}} {
		args := append([]string{"history"}, flag...)
		if o := execute(t, r.settings, args...); o.code != wrongUsage || !strings.Contains(o.err, flag[0]+": must be") {
			t.Errorf("%q with no firm: exit %d, %s", args, o.code, o.err)
		}
	}
	for _, args := range [][]string{{"history"}, {"status"}} {
		if o := r.operator(t, args...); !strings.HasPrefix(o.out, "No ") {
			t.Errorf("%q: %s", args, o.out)
		}
	}
	if o := r.operator(t, "history", "--json"); strings.TrimSpace(o.out) != "[]" {
		t.Errorf("history --json: %s", o.out)
	}
}

// TestSecondEngineLeavesTheFirstAlone starts another engine on the data directory of
// one that runs: it says so, and the first one's spool and connections stay as they are.
func TestSecondEngineLeavesTheFirstAlone(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	left := filepath.Join(r.settings["ENGINE_DATA_DIR"], "spool", "on-its-way")
	if err := os.WriteFile(left, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.wantRefusedSecond(t)
	if _, err := os.Stat(left); err != nil {
		t.Errorf("the second engine emptied the first one's spool: %v", err)
	}
	r.connect(t)
}

// TestSecondEngineWritesNothing compares all files before and after. The ledger is held here
// without an engine: one that runs writes by itself at any time.
func TestSecondEngineWritesNothing(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	r.stop()
	dir := r.settings["ENGINE_DATA_DIR"]
	held, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	before := listing(t, dir)
	r.wantRefusedSecond(t)
	if after := listing(t, dir); after != before {
		t.Errorf("the second engine touched files:\n%s\nbefore:\n%s", after, before)
	}
}

// wantRefusedSecond starts a second engine, with its own bus in the process and with one that
// publishers reach: each ends with one line that names the directory and the cause.
func (r *running) wantRefusedSecond(t *testing.T) {
	t.Helper()
	dir := r.settings["ENGINE_DATA_DIR"]
	for _, listen := range []string{"off", "127.0.0.1:0"} {
		second := *r.world
		second.settings = maps.Clone(r.settings)
		second.settings["ENGINE_LISTEN"], second.settings["ENGINE_NATS_LISTEN"] = "127.0.0.1:0", listen
		o := execute(t, second.settings, "serve")
		line := strings.TrimSpace(o.err)
		if o.code != Failed || strings.Contains(line, "\n") || !strings.Contains(line, "ENGINE_DATA_DIR is "+dir) || !strings.Contains(line, "another engine runs on it") {
			t.Errorf("NATS %s: exit %d, %s", listen, o.code, o.err)
		}
	}
}

// listing names all files below a folder, with their times of change.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list.WriteString(path + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

func TestAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for _, name := range []string{"ENGINE_LISTEN", "ENGINE_NATS_LISTEN"} {
		w := newWorld(t, smokeballsim.Config{})
		w.settings[name] = taken
		o := execute(t, w.settings, "serve")
		line := lastLine(o.err)
		if o.code != Failed || !strings.Contains(line, name) || !strings.Contains(line, taken) || !strings.Contains(line, "free") {
			t.Errorf("%s taken: exit %d, %s", name, o.code, o.err)
		}
		w.settings[name] = "127.0.0.1:0"
		w.settings["ENGINE_PUBLIC_URL"] = "http://localhost:1"
		w.serve(t).connection(t)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
