package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// measureFirms connects many firms, each with tokens of its own, and leaves the engine alone.
func measureFirms(ctx context.Context, l *lab) ([]result, error) {
	n := l.size(10_000, 300)
	none, err := l.engineOf(ctx, 0)
	if err != nil {
		return nil, err
	}
	many, err := l.engineOf(ctx, n)
	if err != nil {
		return nil, err
	}
	each := (many.held.own - none.held.own) / float64(n)
	what := thousands(float64(n)) + " connected firms: "
	return []result{
		{what: what + "memory a firm", goal: "≤ 30 KB", measured: fmt.Sprintf("%.1f KB", each/1e3), beside: mb(none.held.own) + " without any", met: each <= 30e3},
		{what: what + "idle", goal: "≤ 2 % of a core", measured: fmt.Sprintf("%.2f %%", 100*many.share), met: many.share <= .02},
		{what: what + "start to ready", goal: "≤ 3 s", measured: ms(many.start), beside: ms(none.start) + " without any", met: many.start <= 3*time.Second},
	}, nil
}

// idleEngine is what was measured of an engine that nobody asked anything.
type idleEngine struct {
	held  memory
	share float64 // of a core
	start time.Duration
}

func (l *lab) engineOf(ctx context.Context, n int) (a idleEngine, err error) {
	cfg, err := l.idleSettings(l.folder())
	if err != nil {
		return a, err
	}
	if err := connectFirms(ctx, cfg.DataDir, n); err != nil {
		return a, err
	}
	for range 2 { // the first start makes what is missing, the second one is measured
		c, err := startChild(task{Settings: cfg})
		if err != nil {
			return a, err
		}
		a.start = c.started.Took
		if err := retry.Wait(ctx, time.Duration(l.size(5, 3))*time.Second); err != nil {
			return a, err
		}
		if err := c.collect(); err != nil {
			return a, err
		}
		before, span := c.cpu(), time.Duration(l.size(10, 3))*time.Second
		if err := retry.Wait(ctx, span); err != nil {
			return a, err
		}
		a.held, a.share = c.memory(), float64(c.cpu()-before)/float64(span)
		if err := c.stop(); err != nil {
			return a, err
		}
	}
	return a, nil
}

// connectFirms writes the facts and the sealed tokens of n connected firms.
func connectFirms(ctx context.Context, dir string, n int) (err error) {
	ledger, err := openLedger(ctx, dir, history{})
	if err != nil {
		return err
	}
	defer ledger.Close()
	b, err := bus.Open(ctx, bus.Config{Listen: "off", DataDir: dir, Replicas: 1, Logger: quiet()})
	if err != nil {
		return err
	}
	defer b.Close(ctx)
	kv, err := b.KeyValue(ctx, bus.Tokens)
	if err != nil {
		return err
	}
	v, err := vault.Open(filepath.Join(dir, "master-key.json"))
	if err != nil {
		return err
	}
	sealed := secrets.New(v, kv)
	return inParallel(ctx, n, func(i int) error { return connectOne(ctx, ledger, sealed, firmNumber(i), i) })
}

func connectOne(ctx context.Context, ledger eventstore.Store, sealed *secrets.Bucket, f domain.FirmID, i int) error {
	now := time.Now().UTC()
	tokens, err := smokeball.EncodeTokens(smokeball.Tokens{Access: fmt.Sprintf("access-%032d", i), Refresh: fmt.Sprintf("refresh-%064d", i), Expiry: now.Add(time.Hour), Issued: now, Obtained: now})
	if err != nil {
		return err
	}
	if err := sealed.Put(ctx, connect.TokenName(f, "a"), tokens); err != nil {
		return err
	}
	_, err = ledger.Append(ctx, eventstore.Commit{Stream: domain.ConnectionStream(f), At: now, Events: []domain.Event{domain.ConnectionAuthorized{Attempt: "a",
		Account: domain.Account{ID: fmt.Sprintf("0a4c0000-0000-4000-8000-%012d", i), Name: fmt.Sprint("Firm ", i)}, Region: "us", By: "u_admin", ReauthorizeBy: now.Add(30 * 24 * time.Hour)}}})
	return err
}
