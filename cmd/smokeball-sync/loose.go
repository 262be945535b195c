package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
)

// warnOfLooseFiles warns of files and folders with secrets or personal data that others on the machine
// may read. They are used all the same: containers mount such files readable.
func (e *engine) warnOfLooseFiles(context.Context) error {
	paths := map[string]string{"ENGINE_DATA_DIR": e.cfg.DataDir, "ENGINE_NATS_USERS_FILE": e.cfg.NATSUsersFile,
		"ENGINE_NATS_TLS_KEY": e.cfg.NATSTLSKey, "ENGINE_NATS_CREDS": e.cfg.NATSCreds}
	maps.Copy(paths, e.cfg.files)
	for _, setting := range slices.Sorted(maps.Keys(paths)) {
		path := paths[setting]
		info, err := os.Stat(path)
		if path == "" || err != nil {
			continue // who uses it says so
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			e.log.Warn("other users of this machine may read what only the engine should; remove their permissions: chmod go=", "setting", setting, "path", path, "mode", fmt.Sprintf("%04o", mode))
		}
	}
	return nil
}
