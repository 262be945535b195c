package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/smokeballsim"
)

// TestWhatOthersMayReadIsTold warns of a users file and a data directory with loose modes, and
// not of those that are the engine's alone.
func TestWhatOthersMayReadIsTold(t *testing.T) {
	dir := t.TempDir()
	users := filepath.Join(dir, "users.yaml")
	if err := os.WriteFile(users, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for loose, modes := range map[bool][2]os.FileMode{true: {0o755, 0o644}, false: {0o700, 0o600}} {
		for i, path := range []string{dir, users} {
			if err := os.Chmod(path, modes[i]); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		e := &engine{log: slog.New(slog.NewTextHandler(&log, nil))}
		e.cfg.DataDir, e.cfg.NATSUsersFile = dir, users
		if err := e.warnOfLooseFiles(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, setting := range []string{"ENGINE_DATA_DIR", "ENGINE_NATS_USERS_FILE"} {
			if strings.Contains(log.String(), "setting="+setting) != loose {
				t.Errorf("loose %t, and the log says %q", loose, log.String())
			}
		}
	}
}

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
	var log bytes.Buffer
	e := &engine{cfg: cmds.Serve.config, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := e.warnOfLooseFiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"ENGINE_CONFIG", "SMOKEBALL_CLIENT_SECRET_FILE"} {
		if !strings.Contains(log.String(), "setting="+setting) {
			t.Errorf("nothing is said of %s in %q", setting, log.String())
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
