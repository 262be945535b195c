package main

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// measureIdle leaves an engine with one connected firm alone.
func measureIdle(ctx context.Context, l *lab) ([]result, error) {
	c := unlimited
	c.apart = true
	s, err := l.openSite(ctx, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := retry.Wait(ctx, time.Duration(l.size(5, 2))*time.Second); err != nil { // until what a start does is done
		return nil, err
	}
	if err := s.process.collect(); err != nil {
		return nil, err
	}
	before, span := s.process.cpu(), time.Duration(l.size(20, 5))*time.Second
	if err := retry.Wait(ctx, span); err != nil {
		return nil, err
	}
	share, held := 100*float64(s.process.cpu()-before)/float64(span), s.process.memory()
	return []result{
		{what: "idle: processor", goal: "< 1 %", measured: fmt.Sprintf("%.2f %% of a core, over %s", share, span), beside: "one connected firm", met: share < 1},
		{what: "idle: memory", goal: "≤ 60 MB", measured: mb(held.own + held.file), beside: "of which mapped files and the program itself: " + mb(held.file), met: held.own+held.file <= 60e6},
	}, nil
}
