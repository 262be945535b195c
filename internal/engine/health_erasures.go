package engine

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/erasure"
)

// erasuresOf looks at the list of erasures of a running engine, which keeps it.
func erasuresOf(e *Engine) look {
	return func(ctx context.Context) []doctor.Finding {
		if e.listFile == nil {
			return []doctor.Finding{fine("nothing of this ledger can be erased, so there is no list")}
		}
		kept := e.listFile.Kept()
		switch {
		case kept.Err != nil:
			return []doctor.Finding{listFailed(e.cfg, "the list of erasures is not up to date: "+kept.Err.Error(),
				"let the engine’s user write the file, or name another one in ENGINE_ERASURES_FILE: the engine tries again by itself; until then write a list with the command and keep it", eraseList(e.cfg))}
		case kept.Made.IsZero():
			return []doctor.Finding{{Severity: doctor.Skipped, Found: "the list of erasures is not compared with the ledger yet"}}
		}
		return listPlace(ctx, e.cfg, e.store.ledger, kept)
	}
}

// erasures looks at the list of erasures of a stopped engine.
func (f *folder) erasures(ctx context.Context) []doctor.Finding {
	start := "smokeball-sync serve --data-dir " + shellWord(f.cfg.DataDir)
	list := erasureList{f.ledger, f.views.Erasures, f.views.Position, f.vault.Name}
	all, err := list.All(ctx)
	if err != nil {
		return []doctor.Finding{failed("", "the erasures can't be read from the ledger: "+err.Error(), "", "check the ledger", "")}
	}
	kept, err := believed(erasuresPath(f.cfg), list.name)
	if err != nil {
		return []doctor.Finding{listFailed(f.cfg, "the list of erasures can't be used: "+err.Error(), "move the file away and start the engine: it writes the list again", start)}
	}
	if kept == nil {
		kept = &domain.ErasureList{}
	}
	if n := len(kept.Lacking(all)); n > 0 {
		return []doctor.Finding{listFailed(f.cfg, "the list of erasures lacks "+words.Plural(n, "erasure")+" that the ledger has", "start the engine: it writes the list again", start)}
	}
	if n := len(all.Lacking(*kept)); n > 0 {
		return []doctor.Finding{listFailed(f.cfg, "the ledger lacks "+words.Plural(n, "erasure")+" that the list of erasures has, as one that was put back from a copy", "start the engine: it erases again", start)}
	}
	return listPlace(ctx, f.cfg, f.ledger, erasure.Kept{Made: kept.Made, Erasures: len(kept.Entries)})
}

func listFailed(cfg config.Settings, found, do, command string) doctor.Finding {
	return failed(erasuresPath(cfg), found, "a backup that is older than the last erasure and is restored now may bring persons back", do, command)
}

// eraseList is the command that writes a list at once.
func eraseList(cfg config.Settings) string {
	return "smokeball-sync erase list --data-dir " + shellWord(cfg.DataDir) + " --out FILE"
}

// listPlace warns of a list that would be lost together with the data directory.
func listPlace(ctx context.Context, cfg config.Settings, ledger eventstore.Store, kept erasure.Kept) []doctor.Finding {
	path := erasuresPath(cfg)
	if kept.Erasures == 0 || !within(cfg.DataDir, path) {
		return []doctor.Finding{fine(words.Plural(kept.Erasures, "erasure") + " in the list, " + path)}
	}
	means := "where the directory is lost, a backup that is older than the last erasure is restored without the list and brings persons back"
	b, _, err := eventstore.Load[domain.Backups](ctx, ledger, domain.LedgerStream())
	if held := domain.LastUntil(b.Holding(time.Now(), time.Now())); err == nil && !held.IsZero() {
		means += "; backups are kept until " + held.UTC().Format(time.DateOnly)
	}
	return []doctor.Finding{warning(path, "the list of "+words.Plural(kept.Erasures, "erasure")+" is in the data directory", means,
		"name a file on another disk, beside the backups, in ENGINE_ERASURES_FILE and start the engine again; until then write the list there with the command after each erasure", eraseList(cfg))}
}

// within reports whether a file is in a directory or below it.
func within(dir, path string) bool {
	dir, err := filepath.Abs(dir)
	real := func(p string) string {
		if r, err := filepath.EvalSymlinks(p); err == nil {
			return r
		}
		return p
	}
	rel, no := filepath.Rel(real(dir), filepath.Join(real(filepath.Dir(path)), filepath.Base(path)))
	return errors.Join(err, no) == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
