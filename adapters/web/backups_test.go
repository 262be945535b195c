package web_test

import "github.com/casehug/smokeball-sync/adapters/web/api"

// backups are those of an engine that makes none.
type backups struct{}

func (backups) Begin(r api.BackupRequest) (api.BackupBody, error) {
	return api.BackupBody{Running: true, Dir: r.Dir}, nil
}

func (backups) Latest() api.BackupBody { return api.BackupBody{} }
