package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// measureFold folds all views from an empty file, and reads and decodes the same ledger.
func measureFold(ctx context.Context, l *lab) ([]result, error) {
	n := l.size(300_000, 20_000)
	dir := l.folder()
	ledger, err := openLedger(ctx, dir, history{events: n, firms: 100})
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	last, err := ledger.Last(ctx)
	if err != nil {
		return nil, err
	}
	began := processorTime(os.Getpid())
	read, err := readAll(ctx, ledger, last)
	if err != nil {
		return nil, err
	}
	reading := processorTime(os.Getpid())
	folded, err := foldAll(ctx, ledger, filepath.Join(dir, "views.db"), &projections.MemoryKeys{}, last)
	if err != nil {
		return nil, err
	}
	folding := processorTime(os.Getpid())
	put, err := putRows(filepath.Join(dir, "views.db"), filepath.Join(dir, "rows.db"))
	if err != nil {
		return nil, fmt.Errorf("the same rows in bbolt alone: %w", err)
	}
	putting := processorTime(os.Getpid())
	l.foldRate = float64(last) / folded.Seconds()
	own, theirs, bare := float64(last)/folded.Seconds(), float64(last)/read.Seconds(), float64(last)/(read+put).Seconds()
	each := func(took time.Duration) float64 { return float64(took.Microseconds()) / float64(last) }
	return []result{{what: fmt.Sprintf("all views from an empty file (%s events of 100 firms)", thousands(float64(last))), goal: "≥ .4 ×, ≥ 60,000 events/s", measured: thousands(own) + " events/s",
		beside: thousands(theirs) + " events/s, reading and decoding the ledger", ratio: fmt.Sprintf("%.2f", own/theirs), met: own/theirs >= .4 && own >= 60_000,
		note: fmt.Sprintf("processor time an event: %.1f µs to fold, of which %.1f µs are reading and decoding; folding uses all cores, reading one, so .4 × leaves %.1f µs on %d cores that never wait", each(folding-reading), each(reading-began), float64(runtime.NumCPU())/.4*each(read), runtime.NumCPU())},
		{what: "– the same ledger read, and the finished rows put into bbolt in the order of their keys", goal: "≥ .4 ×, or the goal above is beyond this machine", measured: thousands(bare) + " events/s",
			beside: thousands(theirs) + " events/s, reading and decoding the ledger", ratio: fmt.Sprintf("%.2f", bare/theirs), met: bare/theirs >= .4,
			note: fmt.Sprintf("the puts alone take %.1f µs an event, with %.1f µs of processor time; each row once, without an index moved or a row decoded", each(put), each(putting-folding))}}, nil
}

func readAll(ctx context.Context, ledger *eventstore.Bolt, last eventstore.Seq) (time.Duration, error) {
	began := time.Now()
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return 0, err
		}
		if env.Seq >= last {
			break
		}
	}
	return time.Since(began), ctx.Err()
}

// foldAll folds the ledger into views in the file.
func foldAll(ctx context.Context, ledger *eventstore.Bolt, file string, keys projections.Keys, last eventstore.Seq) (time.Duration, error) {
	began := time.Now()
	views, err := projections.Open(file, keys)
	if err != nil {
		return 0, err
	}
	defer views.Close()
	work, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- views.Run(work, ledger) }()
	err = views.Wait(ctx, uint64(last))
	took := time.Since(began)
	stop()
	if e := <-ended; err == nil {
		err = e
	}
	return took, err
}
