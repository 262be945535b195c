package config

import (
	"io/fs"
	"maps"
	"os"
	"slices"
)

// looseFile is a file or folder of the settings that other users of the machine may read.
type LooseFile struct {
	Setting, Path string
	Mode          fs.FileMode
}

// looseFiles are the files and folders with secrets or personal data that others on the
// machine may read, in the order of their settings.
func (c *Settings) LooseFiles() []LooseFile {
	paths := map[string]string{"ENGINE_DATA_DIR": c.DataDir, "ENGINE_NATS_USERS_FILE": c.NATSUsersFile,
		"ENGINE_NATS_TLS_KEY": c.NATSTLSKey, "ENGINE_NATS_CREDS": c.NATSCreds}
	maps.Copy(paths, c.files)
	var loose []LooseFile
	for _, setting := range slices.Sorted(maps.Keys(paths)) {
		path := paths[setting]
		info, err := os.Stat(path)
		if path == "" || err != nil {
			continue // opening it reports the error
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			loose = append(loose, LooseFile{setting, path, mode})
		}
	}
	return loose
}
