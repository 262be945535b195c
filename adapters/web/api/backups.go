package api

import (
	"context"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Backups makes backups of a running engine, one at a time.
type Backups interface {
	// Begin begins a backup. One that is under way is a Rejection (Conflict).
	Begin(BackupRequest) (BackupBody, error)
	Latest() BackupBody
}

// BackupRequest says where a backup is made.
type BackupRequest struct {
	Dir   string    `json:"dir" doc:"An absolute path on the engine's machine that does not exist yet."`
	Until time.Time `json:"until" doc:"From then on the backup is to be deleted."`
	NoKey bool      `json:"no_key,omitempty" doc:"Leave the master key file out although it is in the data directory."`
}

// BackupBody is the newest backup since the engine was started.
type BackupBody struct {
	Running bool       `json:"running" doc:"It is being made."`
	Dir     string     `json:"dir,omitempty"`
	Error   string     `json:"error,omitempty" doc:"Why it was not made."`
	Backup  *BackupRow `json:"backup,omitempty" doc:"What was made."`
}

// BackupRow is a backup that was made.
type BackupRow struct {
	ID        string    `json:"id"`
	MadeAt    time.Time `json:"made_at"`
	Until     time.Time `json:"until" doc:"From then on it is to be deleted."`
	Position  uint64    `json:"position" doc:"The ledger position that it includes."`
	Files     int       `json:"files"`
	Bytes     int64     `json:"bytes"`
	MasterKey bool      `json:"master_key" doc:"It holds the master key file: whoever has it can read everything."`
}

// BackupJobs makes backups.
type BackupJobs struct{ Backups Backups }

type backupIn struct{ Body BackupRequest }

// Latest is the newest backup.
func (b BackupJobs) Latest(context.Context, *struct{}) (*answer[BackupBody], error) {
	return &answer[BackupBody]{Body: b.Backups.Latest()}, nil
}

// Begin begins a backup.
func (b BackupJobs) Begin(_ context.Context, in *backupIn) (*answer[BackupBody], error) {
	if !filepath.IsAbs(in.Body.Dir) {
		return nil, &domain.Rejection{Reason: domain.Invalid, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: "dir is " + in.Body.Dir, Remedy: "It needs an absolute path on the engine's machine."}}
	}
	body, err := b.Backups.Begin(in.Body)
	return &answer[BackupBody]{Body: body}, err
}
