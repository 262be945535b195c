package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"time"
)

// measurePast gives one firm a long history and asks about it, starts the engine again, and looks
// at what it holds in memory and on disk.
func measurePast(ctx context.Context, l *lab) (list []result, err error) {
	past := l.longPast()
	entries := past.matters() * past.syncs
	bareDir := filepath.Join(l.folder(), "bus")
	messages := past.matters() * past.perMatter()
	bareSize, err := l.fillBare(ctx, bareDir, messages)
	if err != nil {
		return nil, fmt.Errorf("embedded JetStream alone: %w", err)
	}
	bare, err := startChild(task{Bus: bareDir})
	if err != nil {
		return nil, err
	}
	if err := bare.collect(); err != nil {
		return nil, err
	}
	bareHeld, bareStart := bare.memory(), bare.started.Took
	if err := bare.stop(); err != nil {
		return nil, err
	}
	c := unlimited
	c.apart = true
	s, err := l.openSiteWith(ctx, c, past)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	back, err := s.farBack(ctx, l.size(40, 3))
	if err != nil {
		return nil, err
	}
	questions := append(back, historyQuestions...)
	each, before := l.size(300, 60), s.process.cpu()
	path, asked, err := s.slowest(ctx, each, questions...)
	if err != nil {
		return nil, err
	}
	used := (s.process.cpu() - before) / time.Duration(len(questions)*(each+each/10))
	list = append(list, result{what: fmt.Sprintf("history, matters and audit of a firm with %s entries", thousands(float64(entries))), goal: "p99 ≤ 5 ms", measured: asked.String() + " over HTTP", met: asked.at(.99) <= 5*time.Millisecond,
		note: fmt.Sprintf("the slowest of %d questions is %s; on average a question takes %s of the engine's processor: beyond that it waits for one", len(questions), path, ms(used))})
	took, err := s.restart()
	if err != nil {
		return list, err
	}
	what := thousands(float64(messages)) + " events"
	list = append(list, result{what: "start to ready at " + what, goal: "≤ 2 s", measured: ms(took), beside: ms(bareStart) + ", JetStream alone with as many messages", ratio: fmt.Sprintf("%.1f", ratioOf(took, bareStart)), met: took <= 2*time.Second})
	if err := s.process.collect(); err != nil {
		return list, err
	}
	list = append(list, memoryResult(what, s.process.memory(), bareHeld))
	size, err := sizeOf(s.cfg.DataDir)
	if err != nil {
		return list, err
	}
	stored := (float64(size) + float64(bareSize)*float64(past.matters())/float64(messages)) / float64(messages)
	return append(list, result{what: "disk per event, after a fold", goal: "≤ 3 KB once compacted", measured: fmt.Sprintf("%.2f KB", stored/1e3), beside: fmt.Sprintf("%.2f KB, a message of CaseHug's in JetStream", float64(bareSize)/float64(messages)/1e3),
		met: stored <= 3e3, note: "ledger and views, and the inbox's messages, one a matter"}), nil
}

// longPast is as long as this machine folds in 45 seconds, of a million entries at most.
func (l *lab) longPast() history {
	past := history{firms: 1, syncs: 50}
	entries := max(l.upTo(3_160_000, 6_320, 45)*50/158, 2_000)
	past.events = entries / past.syncs * past.perMatter()
	return past
}

// historyQuestions are what people ask about a firm: first pages, filters that find much, little
// and nothing, and a page far back.
var historyQuestions = []string{"/sync-history?limit=50", "/sync-history?status=failed", "/sync-history?status=succeeded&limit=50", "/sync-history?trigger=manual", "/sync-history?trigger=bulk",
	"/sync-history?matter_id=m_7", "/sync-history?matter_id=nobody", "/sync-history?from=2031-01-01T00:00:00Z", "/sync-history?to=2020-01-01T00:00:00Z",
	"/matters?limit=50", "/matters/m_7", "/audit?limit=50", "/connection"}

// farBack are questions for pages of the history and of the matters, so many pages back.
func (s *site) farBack(ctx context.Context, pages int) (questions []string, err error) {
	for _, list := range []string{"/sync-history", "/matters"} {
		cursor := ""
		for range pages {
			var page struct {
				Next string `json:"next_cursor"`
			}
			if err := s.call(ctx, http.MethodGet, list+"?limit=500&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
				return nil, err
			}
			if page.Next == "" {
				break
			}
			cursor = page.Next
		}
		questions = append(questions, list+"?limit=50&cursor="+url.QueryEscape(cursor))
	}
	return questions, nil
}

// restart starts the engine again on what it has, and returns how long that takes until it takes
// work.
func (s *site) restart() (time.Duration, error) {
	if err := s.process.stop(); err != nil {
		return 0, err
	}
	next, err := startChild(task{Settings: s.cfg})
	if err != nil {
		return 0, err
	}
	s.process = next
	s.stop = next.stop
	return next.started.Took, nil
}

// sizeOf is how many bytes the files below a folder take.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
