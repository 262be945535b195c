package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/erasure"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// erasuresFile is the list of erasures in a data directory, where the settings name no other.
const erasuresFile = "erasures.json"

// erasuresPath is where an engine keeps its list of erasures.
func erasuresPath(cfg config.Settings) string {
	path := cmp.Or(cfg.ErasuresFile, filepath.Join(cfg.DataDir, erasuresFile))
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// listPathOf is where the engine that made a backup keeps its list of erasures; empty: the backup does not
// say it, because an earlier version made it or nothing of its ledger can be erased.
func listPathOf(dir string, m backup.Manifest) (string, error) {
	if !m.Has(listPathFile) {
		return "", nil
	}
	path, err := os.ReadFile(filepath.Join(dir, listPathFile))
	return string(path), err
}

// FindErasures finds the list of erasures for the restore of a backup: in the file that the settings name,
// which may be none, or where the engine that made the backup keeps it. lacks says why there is no list that
// can have what was erased after the backup; that is no error, because both are lost with a machine.
func FindErasures(dir, setting string) (path string, list *domain.ErasureList, lacks string, err error) {
	m, err := backup.Read(dir)
	if err != nil {
		return "", nil, "", err
	}
	kept, err := listPathOf(dir, m)
	if err != nil {
		return "", nil, "", err
	}
	var why []string
	for _, path := range slices.Compact([]string{setting, kept}) {
		if path == "" {
			continue
		}
		list, err := ReadErasures(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			why = append(why, path+" is not there")
		case err != nil:
			return path, nil, "", err
		case list.Made.Before(m.MadeAt):
			why = append(why, path+" is older than the backup")
		default:
			return path, list, "", nil
		}
	}
	return "", nil, cmp.Or(strings.Join(why, ", "), "neither the settings nor the backup name one"), nil
}

// ReadErasures reads a list of erasures. One that was cut, or is another thing, is refused as a whole: what
// it lacks would come back.
func ReadErasures(path string) (*domain.ErasureList, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file api.ErasureList
	if err := json.Unmarshal(text, &file); err != nil || file.Items == nil {
		return nil, errors.Join(fmt.Errorf("%s is no list of erasures; it needs what the engine or “smokeball-sync erase list --out FILE” wrote", path), err)
	}
	list := file.List()
	for i, e := range list.Entries {
		if !e.Valid() {
			return nil, fmt.Errorf("entry %d of %s, %s, is no erasure; it needs what the engine or “smokeball-sync erase list --out FILE” wrote", i+1, path, e.ID)
		}
	}
	return &list, nil
}

// WriteErasures puts a list in a file, which has the old list or the whole new one at any time.
func WriteErasures(path string, list api.ErasureList) error {
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := WritePrivate(path, append(text, '\n')); err != nil {
		return err
	}
	return backup.SyncFolder(filepath.Dir(path))
}

// Whether a list of erasures may be believed. An error says why not.
var (
	errUnsignedList = errors.New("the list of erasures has no signature, so nobody can tell whether it is whole: make it again with “smokeball-sync erase list --out FILE”")
	errForeignList  = errors.New("the list of erasures was changed, or is another engine's: its signature does not fit the master key file")
)

// believe fails if a list was not signed with the master keyset, as it is.
func believe(list domain.ErasureList, name func(string) (string, error)) error {
	fits, err := list.Fits(name)
	switch {
	case err != nil:
		return err
	case list.Signature == "":
		return errUnsignedList
	case !fits:
		return errForeignList
	}
	return nil
}

// believed reads the list of erasures that an engine keeps; nil: there is none.
func believed(path string, name func(string) (string, error)) (*domain.ErasureList, error) {
	list, err := ReadErasures(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = believe(*list, name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s can't be used and is left as it is: %w; move it away if nobody needs it", path, err)
	}
	return list, nil
}

// newListFile keeps the list of erasures of an engine.
func newListFile(e *Engine) *erasure.ListFile {
	views, path, list := e.store.views, erasuresPath(e.cfg), erasureListOf(e)
	return &erasure.ListFile{Path: path, Log: e.log, List: list.All, Again: e.store.erasing().Again,
		Newest: func() (map[erasure.Ref]eventstore.Seq, error) {
			rows, err := views.Erasures.All()
			return refsAt(rows, func(r projections.ErasureRow) uint64 { return r.Changed }), err
		},
		Changed: func() <-chan struct{} {
			_, moved := views.Changes()
			return moved
		},
		Read:  func() (*domain.ErasureList, error) { return believed(path, list.name) },
		Write: func(l domain.ErasureList) error { return WriteErasures(path, api.ErasureListOf(l)) }}
}

// keepErasures keeps the list from when the rows have what the ledger has: before, the file seems to have more.
func keepErasures(ctx context.Context, e *Engine) error {
	last, err := e.store.last(ctx)
	if err != nil {
		return err
	}
	if err := e.store.views.Wait(ctx, uint64(last)); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return e.listFile.Run(ctx)
}

// errLacking says that a stopped engine has lost erasures.
var errLacking = errors.New("the list of erasures has some that the ledger lacks, as one that was put back from a copy: start the engine, which does them again")

// renewErasures writes the list of a stopped engine, whose rows nobody folds: its erasures are read from the
// ledger.
func renewErasures(ctx context.Context, e *Engine, key *vault.Vault) error {
	rows, last, err := erasuresIn(ctx, e.store.source)
	if err != nil {
		return err
	}
	path, l := erasuresPath(e.cfg), erasureList{ledger: e.store.ledger, name: key.Name}
	k := erasure.ListFile{Path: path, Log: e.log,
		List:   func(ctx context.Context) (domain.ErasureList, error) { return l.signed(ctx, last, rows) },
		Again:  func(context.Context, []domain.ErasureEntry) (int, error) { return 0, errLacking },
		Newest: func() (map[erasure.Ref]eventstore.Seq, error) { return nil, nil },
		Read:   func() (*domain.ErasureList, error) { return believed(path, key.Name) },
		Write:  func(l domain.ErasureList) error { return WriteErasures(path, api.ErasureListOf(l)) }}
	return k.Renew(ctx)
}

// erasuresIn reads from the ledger which erasures it has.
func erasuresIn(ctx context.Context, ledger source) (rows []projections.ErasureRow, at uint64, err error) {
	last, err := ledger.Last(ctx)
	if err != nil || last == 0 {
		return nil, 0, err
	}
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return nil, 0, err
		}
		if _, asked := env.Event.(domain.EraseRequested); asked {
			rows = append(rows, projections.ErasureRow{Firm: env.Stream.Firm, ID: domain.EraseID(env.Stream.ID), Position: uint64(env.Seq)})
		}
		if env.Seq >= last {
			return rows, uint64(last), nil
		}
	}
	return nil, 0, ctx.Err()
}
