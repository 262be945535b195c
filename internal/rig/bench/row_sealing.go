package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// measureSealing appends new matters with their first syncs until the views show them, to a ledger that seals
// what it says of persons and to one that does not, in turns.
func measureSealing(ctx context.Context, l *lab) ([]result, error) {
	h := history{events: l.size(30_000, 3_000), firms: 100}
	var plain, sealed times
	for round := range 6 {
		for turn := range 2 {
			seals := (round+turn)%2 == 1 // whichever comes first finds the disk at rest
			took, err := l.appendUntilSeen(ctx, h, seals)
			if err != nil {
				return nil, err
			}
			if seals {
				sealed = append(sealed, took)
			} else {
				plain = append(plain, took)
			}
		}
	}
	events := float64(h.matters() * h.perMatter())
	own, theirs := events/sealed.at(.5).Seconds(), events/plain.at(.5).Seconds()
	return []result{{what: fmt.Sprintf("%s new matters and their first syncs, sealed and seen by the views", thousands(float64(h.matters()))), goal: "≥ .8 ×", measured: thousands(own) + " events/s",
		beside: thousands(theirs) + " events/s, a ledger that seals nothing", ratio: fmt.Sprintf("%.2f", own/theirs), met: own/theirs >= .8, note: "the medians of six turns each; each new matter and each new client has a key of its own, which is on disk first"}}, nil
}

// appendUntilSeen returns how long it takes until the views show a history that 64 writers append to an empty ledger.
func (l *lab) appendUntilSeen(ctx context.Context, h history, seals bool) (took time.Duration, err error) {
	dir := l.folder()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	o := eventstore.BoltOptions{Log: quiet()}
	if seals {
		v, err := vault.Open(filepath.Join(dir, "master-key.json"))
		if err != nil {
			return 0, err
		}
		keys, err := sealing.OpenKeys(sealing.Path(dir), v)
		if err != nil {
			return 0, err
		}
		defer keys.Close()
		o.Seals = &sealing.Sealer{Keys: keys}
	}
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), o)
	if err != nil {
		return 0, err
	}
	defer ledger.Close()
	views, err := projections.Open(filepath.Join(dir, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		return 0, err
	}
	defer views.Close()
	work, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- views.Run(work, ledger) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	began := time.Now()
	if err := inParallel(ctx, h.matters(), func(n int) error { return h.live(ctx, ledger, n) }); err != nil {
		return 0, err
	}
	last, err := ledger.Last(ctx)
	if err == nil {
		err = views.Wait(ctx, uint64(last))
	}
	return time.Since(began), err
}

// live appends one matter as it happens, two events at once.
func (h history) live(ctx context.Context, ledger eventstore.Store, n int) error {
	at, stream := time.Now().UTC(), domain.MatterStream(firmNumber(h.first+n%max(h.firms, 1)), matterNumber(n, n).ID)
	var head eventstore.Head
	for list := h.matter(n, at); len(list) > 0; list = list[min(2, len(list)):] {
		var err error
		if head, err = ledger.Append(ctx, eventstore.Commit{Stream: stream, Last: head, At: at, Events: list[:min(2, len(list))]}); err != nil {
			return err
		}
	}
	return nil
}
