package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// flushes are how long the disk that is measured takes to keep a page, again and again: no way to
// record a fact is faster. Nothing else writes meanwhile.
func (l *lab) flushes(n int) (all times, err error) {
	dir := l.folder()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "page"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	page := make([]byte, 4096)
	for range n {
		began := time.Now()
		_, err := f.WriteAt(page, 0)
		if err = errors.Join(err, f.Sync()); err != nil {
			return nil, err
		}
		all = append(all, time.Since(began))
	}
	return all, nil
}

// appends are how many the engine has made to its ledger.
func (s *site) appends(ctx context.Context) (n float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.PublicURL+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := s.way.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	const name = `smokeball_sync_ledger_appends_total{outcome="recorded"} `
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.Join(fmt.Errorf("the engine's metrics have no %s", name), lines.Err())
}
