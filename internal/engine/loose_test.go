package engine

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		e := &Engine{log: slog.New(slog.NewTextHandler(&log, nil))}
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
