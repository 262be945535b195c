package main

import (
	"context"
	"net/http"
	"time"
)

// ask makes the same call of the API again and again and returns how long its answers took.
func (s *site) ask(ctx context.Context, path string, n int) (all times, err error) {
	for i := range n + n/10 {
		began := time.Now()
		if err := s.call(ctx, http.MethodGet, path, nil, nil); err != nil {
			return nil, err
		}
		if i >= n/10 { // the first ones open connections and fill caches
			all = append(all, time.Since(began))
		}
	}
	return all, nil
}

// slowest asks each of the paths, and returns the one whose p99 is the longest.
func (s *site) slowest(ctx context.Context, n int, paths ...string) (worst string, t times, err error) {
	for _, p := range paths {
		one, err := s.ask(ctx, p, n)
		if err != nil {
			return p, nil, err
		}
		if one.at(.99) >= t.at(.99) {
			worst, t = p, one
		}
	}
	return worst, t, nil
}
