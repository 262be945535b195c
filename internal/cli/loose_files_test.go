package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestFilesOfSettingsAreLookedAt knows the files that --config and NAME_FILE name.
func TestFilesOfSettingsAreLookedAt(t *testing.T) {
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, "engine.yaml")
	for path, text := range map[string]string{secret: "s3cr3t", file: "SMOKEBALL_CLIENT_SECRET_FILE: " + secret} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var cmds commands
	parser, err := newParser(&cmds, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--config", file}); err != nil {
		t.Fatal(err)
	}
	loose := cmds.Serve.LooseFiles()
	for setting, path := range map[string]string{"ENGINE_CONFIG": file, "SMOKEBALL_CLIENT_SECRET_FILE": secret} {
		if !slices.ContainsFunc(loose, func(f config.LooseFile) bool { return f.Setting == setting && f.Path == path && f.Mode == 0o644 }) {
			t.Errorf("%s is not among %v", setting, loose)
		}
	}
}

// TestACommandLeavesNoViewsBehind looks at the temporary folder while a command reads the ledger
// of a stopped engine, where one that is killed would leave what it has.
func TestACommandLeavesNoViewsBehind(t *testing.T) {
	w := newWorld(t, smokeballsim.Config{})
	w.serve(t).stop()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	o, err := fromLedger(t.Context(), w.settings["ENGINE_DATA_DIR"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	}()
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	var firms any
	if err := o.ask(t.Context(), "/v1/operator/firms", &firms); err != nil {
		t.Error(err)
	}
}
