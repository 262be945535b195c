package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// grown is what costs are at one size.
type grown struct {
	at                                 float64
	append, fold, query, memory, start float64 // seconds, or bytes
}

// measureGrowth measures the same at one size after the other, for the plots, and requires that
// nothing grows faster than the size and that questions do not grow at all.
func measureGrowth(ctx context.Context, l *lab) ([]result, error) {
	sizes, firms, events := []int{1_000, 10_000, 100_000, max(300_000, l.upTo(1_000_000, 0, 30))}, []int{1, 10, 100, 1_000, 10_000}, 100_000
	sharing := 100
	if l.short {
		sizes, firms, events = []int{1_000, 4_000}, []int{1, 20}, 2_000
		sharing = 3 // the firm that asks fills a page at both sizes: rows, not history, are what a page costs
	}
	var byEvents, byFirms []grown
	for _, n := range sizes {
		g, err := l.grow(ctx, history{events: n, firms: sharing}, float64(n))
		if err != nil {
			return nil, fmt.Errorf("%d events: %w", n, err)
		}
		byEvents = append(byEvents, g)
	}
	for _, n := range firms {
		g, err := l.grow(ctx, history{events: events, firms: n}, float64(n))
		if err != nil {
			return nil, fmt.Errorf("%d firms: %w", n, err)
		}
		byFirms = append(byFirms, g)
	}
	l.plots = append(l.plots, plotsOf("events", "events", byEvents)...)
	l.plots = append(l.plots, plotsOf("firms", fmt.Sprintf("firms that share %s events", thousands(float64(events))), byFirms)...)
	return []result{growthResult("events", byEvents, true), growthResult("firms", byFirms, false)}, nil
}

// grow measures one size.
func (l *lab) grow(ctx context.Context, h history, at float64) (g grown, err error) {
	g.at = at
	dir := l.folder()
	data := filepath.Join(dir, "data")
	began := time.Now()
	ledger, err := openLedger(ctx, data, h)
	if err != nil {
		return g, err
	}
	g.append = time.Since(began).Seconds()
	last, err := ledger.Last(ctx)
	if err != nil {
		return g, err
	}
	keys, err := localKeys(data)
	if err != nil {
		return g, err
	}
	took, err := foldAll(ctx, ledger, filepath.Join(data, "views.db"), keys, last)
	if err != nil {
		return g, err
	}
	g.fold = took.Seconds()
	if err := ledger.Close(); err != nil {
		return g, err
	}
	if g.query, err = askViews(filepath.Join(data, "views.db"), keys); err != nil {
		return g, err
	}
	if err := keys.Close(); err != nil {
		return g, err
	}
	cfg, err := l.idleSettings(dir)
	if err != nil {
		return g, err
	}
	for range 2 { // the first start makes the bus
		c, err := startChild(task{Settings: cfg})
		if err != nil {
			return g, err
		}
		if err := c.collect(); err != nil {
			return g, err
		}
		g.start, g.memory = c.started.Took.Seconds(), c.memory().own
		if err := c.stop(); err != nil {
			return g, err
		}
	}
	return g, nil
}

// localKeys are those that an engine on the data directory will find.
func localKeys(data string) (*sealing.LocalKeys, error) {
	v, err := vault.Open(filepath.Join(data, "master-key.json"))
	if err != nil {
		return nil, err
	}
	return sealing.OpenLocalKeys(sealing.LocalPath(data), v)
}

// askViews is how long a firm's first page of history, its matters and its connection take
// together.
func askViews(file string, keys projections.Keys) (float64, error) {
	views, err := projections.Open(file, keys)
	if err != nil {
		return 0, err
	}
	defer views.Close()
	var all times
	for range 200 {
		began := time.Now()
		if _, err := views.Syncs.History(firm, projections.HistoryQuery{Limit: 20}); err != nil {
			return 0, err
		}
		if _, _, err := views.Matters.Matters(firm, projections.MatterQuery{Limit: 20}); err != nil {
			return 0, err
		}
		if _, err := views.Connections.Connection(firm); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	return all.at(.5).Seconds(), nil
}

// plotsOf are a plot of times and one of memory.
func plotsOf(name, x string, list []grown) []plot {
	curve := func(of func(grown) float64) (points []point) {
		for _, g := range list {
			points = append(points, point{g.at, of(g)})
		}
		return points
	}
	return []plot{
		{name: name + "-time", title: "Time by " + name, x: x, y: "seconds", lines: []line{{"append all", curve(func(g grown) float64 { return g.append })}, {"fold all", curve(func(g grown) float64 { return g.fold })},
			{"start to ready", curve(func(g grown) float64 { return g.start })}, {"a firm’s pages", curve(func(g grown) float64 { return g.query })}}},
		{name: name + "-memory", title: "Memory by " + name, x: x, y: "MB", lines: []line{{"an idle engine", curve(func(g grown) float64 { return g.memory / 1e6 })}}},
	}
}

// growthResult says whether costs grew faster than the size, and whether questions grew. From
// the middle size on: below, what does not depend on the size prevails.
func growthResult(name string, list []grown, linear bool) result {
	a, b := list[len(list)/2], list[len(list)-1]
	if len(list) < 3 {
		a = list[0]
	}
	times := b.at / a.at
	most := times * 1.3
	if !linear {
		most = 3 // the same work, spread
	}
	fold, appended, query := b.fold/a.fold, b.append/a.append, b.query/a.query
	goal := fmt.Sprintf("append and fold ≤ %.0f ×, questions ≤ 2 ×", most)
	return result{what: fmt.Sprintf("growth from %s to %s %s", thousands(a.at), thousands(b.at), name), goal: goal, measured: fmt.Sprintf("append %.1f ×, fold %.1f ×, questions %.1f ×, start %.1f ×, memory %.1f ×", appended, fold, query, b.start/a.start, b.memory/a.memory),
		beside: fmt.Sprintf("%.0f × as many", times), met: fold <= most && appended <= most && query <= 2}
}
