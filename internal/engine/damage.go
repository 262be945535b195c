package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/boltfile"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

const (
	restoreLedger = "stop the engine, keep the damaged files, and restore ledger.db and ledger.mark from the newest backup"
	foldAgain     = "stop the engine, remove views.db and start it: the views are folded again from the ledger"
)

// damagedPages looks at the pages of the ledger's file, and says what is wrong with each. endless:
// reading them might not end.
func damagedPages(path string) (lines []string, endless bool, err error) {
	faults, err := boltfile.Check(path)
	for _, f := range faults {
		endless = endless || f.Twice
		lines = append(lines, f.String())
	}
	return lines, endless, err
}

// lostEvents names each event that a damaged ledger has lost.
func lostEvents(ctx context.Context, dir, masterKey string) (lines []string) {
	ledger, err := sealing.OpenDamagedLedger(dir, masterKey)
	if err != nil {
		return nil // why is said already
	}
	defer ledger.Close() // it was only read
	losses, err := ledger.Losses(ctx)
	if err != nil {
		return nil // who asked has gone
	}
	for _, l := range losses {
		lines = append(lines, l.String())
	}
	return lines
}

// storedViews compares the rows of an engine that does not run with those that are folded from the
// ledger into views, which are empty when it begins.
func storedViews(ctx context.Context, dir, masterKey string, views *projections.Views, ledger *eventstore.Bolt) (list []doctor.Finding, err error) {
	path := filepath.Join(dir, "views.db")
	damaged := func(what string) []doctor.Finding {
		return []doctor.Finding{failed("views.db", what, "pages and answers may show what the ledger does not say", foldAgain, "")}
	}
	faults, err := boltfile.Check(path)
	if len(faults) > 0 {
		return damaged(fmt.Sprintf("%d of its pages are damaged; %s", len(faults), faults[0])), nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := sealing.OpenLocalKeysReadOnly(sealing.LocalPath(dir), masterKey)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	stored, err := projections.OpenStored(path, keys)
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
		return damaged(err.Error()), nil
	case errors.Is(err, projections.ErrNoKey):
		return nil, nil // the next engine folds them again anyway
	}
	if err != nil || stored == nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stored.Close()) }()
	where, err := unlikeFolded(ctx, stored, views, ledger)
	switch {
	case errors.Is(err, projections.ErrUnfinished):
		return nil, nil // the next engine folds them again anyway
	case errors.Is(err, boltfile.ErrDamaged):
		return damaged(err.Error()), nil
	case where != "":
		return damaged("its rows are not those of the ledger; the first one that differs: " + where), nil
	}
	return nil, err
}

// unlikeFolded folds views as far as the stored ones are, and names the first row that differs.
func unlikeFolded(ctx context.Context, stored *projections.Stored, views *projections.Views, ledger *eventstore.Bolt) (string, error) {
	at, err := stored.Reached()
	if err != nil || at == 0 {
		return "", err
	}
	last, err := ledger.Last(ctx)
	if err != nil {
		return "", err
	}
	if at > last {
		return "the views have folded " + fmt.Sprint(at) + " events, and the ledger has " + fmt.Sprint(last), nil
	}
	if err := views.Run(ctx, upTo{ledger, at}); err != nil {
		return "", err
	}
	return stored.Unlike(views)
}

// upTo is a ledger that ends at a position.
type upTo struct {
	eventstore.Store
	last eventstore.Seq
}

// Tail yields the events up to the position, and ends.
func (u upTo) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		if after >= u.last {
			return
		}
		for env, err := range u.Store.Tail(ctx, after) {
			if !yield(env, err) || err != nil || env.Seq >= u.last {
				return
			}
		}
	}
}
