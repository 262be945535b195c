package engine

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/backup"
)

// backups makes the backups that operators ask a running engine for.
type backups struct {
	make  func(context.Context, BackupPlan) (backup.Manifest, error)
	asked chan BackupPlan

	mu     sync.Mutex
	latest api.BackupBody
}

func newBackups(e *Engine) *backups {
	return &backups{asked: make(chan BackupPlan, 1), make: func(ctx context.Context, p BackupPlan) (backup.Manifest, error) {
		return backUp(ctx, e, p)
	}}
}

// Run makes backups until ctx ends.
func (b *backups) Run(ctx context.Context) error {
	for {
		select {
		case p := <-b.asked:
			m, err := b.make(ctx, p)
			b.end(m, err)
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *backups) end(m backup.Manifest, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latest.Running = false
	if err != nil {
		b.latest.Error = err.Error()
		return
	}
	row := BackupRow(m)
	b.latest.Backup = &row
}

// BackupRow is a backup as the API shows it.
func BackupRow(m backup.Manifest) api.BackupRow {
	return api.BackupRow{ID: m.ID, MadeAt: m.MadeAt, Until: m.Until, Position: m.Position, Files: len(m.Files), Bytes: m.Bytes(), MasterKey: m.MasterKey}
}

// Begin implements [api.Backups].
func (b *backups) Begin(r api.BackupRequest) (api.BackupBody, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.latest.Running {
		return b.latest, &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: problem.CodeBackupRunning,
			Message: "A backup into " + b.latest.Dir + " is being made", Remedy: "Wait until it is done."}}
	}
	b.latest = api.BackupBody{Running: true, Dir: r.Dir}
	b.asked <- BackupPlan{Dir: r.Dir, Until: r.Until, NoKey: r.NoKey}
	return b.latest, nil
}

// Latest implements [api.Backups].
func (b *backups) Latest() api.BackupBody {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest
}

// noBackups are those of an engine that does not run.
type noBackups struct{}

func (noBackups) Begin(api.BackupRequest) (api.BackupBody, error) {
	return api.BackupBody{}, notRunning("only a running one makes backups on request")
}
func (noBackups) Latest() api.BackupBody { return api.BackupBody{} }
