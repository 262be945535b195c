package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// measureWaiting lets many syncs of other firms wait for a connection, and measures what an
// engine holds, and what a firm's questions take beside them.
func measureWaiting(ctx context.Context, l *lab) (list []result, err error) {
	sizes := []int{40_000, max(60_000, l.upTo(800_000, 0, 25)/4)}
	if l.short {
		sizes = []int{2_000}
	}
	for _, n := range sizes {
		more, err := l.waitBeside(ctx, n)
		list = append(list, more...)
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

func (l *lab) waitBeside(ctx context.Context, n int) ([]result, error) {
	bare, err := l.bareMemory(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("embedded JetStream alone: %w", err)
	}
	c := unlimited
	c.apart = true
	past := history{firms: 20, first: 1, waiting: true}
	past.events = n * past.perMatter()
	s, err := l.openSiteWith(ctx, c, past)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.renewed(ctx); err != nil {
		return nil, err
	}
	if err := s.process.collect(); err != nil {
		return nil, err
	}
	held := s.process.memory()
	path, asked, err := s.slowest(ctx, l.size(500, 50), "/connection", "/sync-history?limit=1", "/matters?limit=1")
	if err != nil {
		return nil, err
	}
	what := thousands(float64(n)) + " waiting syncs of 20 other firms"
	return []result{memoryResult(what, held, bare),
		{what: what + ": a firm's connection, card and overview", goal: "p99 ≤ 2 ms", measured: asked.String() + " over HTTP", met: asked.at(.99) <= 2*time.Millisecond, note: "the slowest is " + path}}, nil
}

// renewed waits until the views' file is not being renewed, and the one before it is closed: that
// takes memory for a moment, after a start with a long past.
func (s *site) renewed(ctx context.Context) error {
	for {
		_, err := os.Stat(filepath.Join(s.cfg.DataDir, "views.db.new"))
		maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", s.process.command.Process.Pid)) // empty where the kernel does not tell
		if errors.Is(err, fs.ErrNotExist) && !bytes.Contains(maps, []byte("views.db (deleted)")) {
			return nil
		}
		if err := retry.Wait(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// memoryResult compares what an engine holds with JetStream alone. Pages of mapped files are the
// kernel's, which takes them back when it needs them.
func memoryResult(what string, held, bare memory) result {
	most := 1.5*bare.own + 40e6
	return result{what: what + ": memory", goal: "≤ 1.5 × + 40 MB", measured: mb(held.own), beside: mb(bare.own) + ", embedded JetStream alone with as many messages", ratio: fmt.Sprintf("%.2f", held.own/bare.own),
		met: held.own <= most, note: fmt.Sprintf("besides, %s of mapped files and of the program itself are in memory (%s)", mb(held.file), mb(bare.file))}
}

// bareMemory is what embedded JetStream holds that has n messages of a matter each, after a
// start of its own.
func (l *lab) bareMemory(ctx context.Context, n int) (memory, error) {
	dir := filepath.Join(l.folder(), "bus")
	if _, err := l.fillBare(ctx, dir, n); err != nil {
		return memory{}, err
	}
	c, err := startChild(task{Bus: dir})
	if err != nil {
		return memory{}, err
	}
	if err := c.collect(); err != nil {
		return memory{}, err
	}
	m := c.memory()
	return m, c.stop()
}

// fillBare fills a stream with n messages, and returns the size of its files. They are not
// synced one by one: only what is there afterwards counts.
func (l *lab) fillBare(ctx context.Context, dir string, n int) (size int64, err error) {
	b, err := openBus(ctx, dir, false)
	if err != nil {
		return 0, err
	}
	defer b.close()
	_, err = publishAll(ctx, b.js, n, func() error { return nil })
	if err != nil {
		return 0, err
	}
	return sizeOf(dir)
}
