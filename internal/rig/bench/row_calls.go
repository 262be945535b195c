package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/projections"
)

// measureCalls counts the calls of each kind of sync where webhooks are on. Matter types are
// cached: a first matter fills the cache.
func measureCalls(ctx context.Context, l *lab) (list []result, err error) {
	c := unlimited
	c.late = true
	s, err := l.openSite(ctx, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	chosen := domain.DefaultSettings
	chosen.OnMatterCreated, chosen.OnClientUpdated = true, true
	if err := s.choose(ctx, chosen); err != nil {
		return nil, err
	}
	const n = 50 // also in the short form: some reads are one for all matters of a firm
	if err := s.bringMatters(ctx, 0, 1, 0); err != nil {
		return nil, err
	}
	counted := func(what string, goal float64, do func() error) error {
		before := s.smokeball.Counts()
		if err := do(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err := s.rest(ctx, l.lull); err != nil {
			return err
		}
		after := s.smokeball.Counts()
		made := float64(after.Calls()-before.Calls()) / float64(n)
		list = append(list, result{what: "calls: " + what, goal: fmt.Sprintf("%.0f, + 2 %%", goal), measured: fmt.Sprintf("%.2f", made),
			beside: fmt.Sprintf("%.0f, the fewest", goal), ratio: fmt.Sprintf("%.2f", made/goal), met: made <= goal*1.02, note: routesSince(before.ByRoute, after.ByRoute, n)})
		return nil
	}
	steps := []struct {
		what string
		goal float64
		do   func() error
	}{
		{"a new matter with a new client", 4, func() error { return s.bringMatters(ctx, 1, n, 1) }},
		{"a new matter with a known client", 2, func() error { return s.bringMatters(ctx, 1+n, n, 1) }},
		{"a change of a matter", 1, func() error { return s.changeMatters(ctx, 1, n) }},
		{"a document", 1, func() error { return s.sendDocuments(ctx, 1, n, 1) }},
		{"ten documents of one matter, and its matter's look", 11, func() error { return s.sendDocuments(ctx, 1+n, n, 10) }},
	}
	for _, step := range steps {
		if err := counted(step.what, step.goal, step.do); err != nil {
			return list, err
		}
	}
	return list, nil
}

// rest waits until no call has been made for a while, so that what a step leaves to be read is
// its own.
func (s *site) rest(ctx context.Context, while time.Duration) error {
	for before := -1; before != s.smokeball.Counts().Total; {
		before = s.smokeball.Counts().Total
		if err := retry.Wait(ctx, while); err != nil {
			return err
		}
	}
	return nil
}

// bringMatters announces n matters from the first on, each with a client of its own (those of
// the matters before, where first is beyond them), and waits until each is in Smokeball.
func (s *site) bringMatters(ctx context.Context, first, n, client int) error {
	for i := range n {
		m := matterNumber(first+i, client+i)
		if err := s.services.publish(ctx, "matter.created", string(m.ID)+"-created", m); err != nil {
			return err
		}
	}
	return s.settled(ctx, first, n, func(projections.MatterRow) bool { return true })
}

func (s *site) changeMatters(ctx context.Context, first, n int) error {
	for i := range n {
		m := matterNumber(first+i, 1+i)
		m.Version, m.Title = 2, m.Title+", amended"
		if err := s.services.publish(ctx, "matter.updated", string(m.ID)+"-2", m); err != nil {
			return err
		}
	}
	return s.settled(ctx, first, n, func(r projections.MatterRow) bool { return r.Matter.Data.Version == 2 })
}

// sendDocuments approves so many documents of each of n matters.
func (s *site) sendDocuments(ctx context.Context, first, n, each int) error {
	for i := range n {
		m := matterNumber(first+i, 0).ID
		var list []domain.DocumentData
		for k := range each {
			id := fmt.Sprintf("d_%d_%d", first+i, k)
			d, err := s.services.put(ctx, m, id, strings.NewReader(strings.Repeat("bytes of "+id+"\n", 500)))
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		for _, d := range list {
			if err := s.services.approve(ctx, d); err != nil {
				return err
			}
		}
	}
	return s.settled(ctx, first, n, func(r projections.MatterRow) bool {
		return len(r.Matter.Documents) == each && len(r.Matter.Unsent()) == 0
	})
}

// settled waits until the matters are as wanted and their syncs have succeeded, or found nothing
// left to do.
func (s *site) settled(ctx context.Context, first, n int, wanted func(projections.MatterRow) bool) error {
	for i := range n {
		id := matterNumber(first+i, 0).ID
		var last projections.MatterRow
		err := s.until(ctx, "the sync of "+string(id)+" has succeeded", func() (bool, error) {
			r, ok, err := s.engine.Views().Matters.Matter(firm, id)
			if err != nil || !ok {
				return false, err
			}
			if last = r; r.Status == domain.Failed {
				return false, fmt.Errorf("the sync of %s failed: %v", id, r.Failure)
			}
			return (r.Status == domain.Succeeded || r.Status == domain.Skipped) && wanted(r), nil
		})
		if err != nil {
			return fmt.Errorf("%w; it is %s (%v), %d of its %d documents are not sent", err, last.Status, last.Failure, len(last.Matter.Unsent()), len(last.Matter.Documents))
		}
	}
	return nil
}

// routesSince says which calls were made for each sync.
func routesSince(before, after map[string]int, n int) string {
	var b bytes.Buffer
	for route, count := range after {
		if made := count - before[route]; made > 0 && !strings.HasPrefix(route, "PUT /_upload") {
			fmt.Fprintf(&b, "%s %.2f; ", route, float64(made)/float64(n))
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}
