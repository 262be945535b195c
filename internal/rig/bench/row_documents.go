package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// pace is how slow Smokeball is.
type pace struct {
	rate         float64 // calls a second that it allows
	call, upload time.Duration
}

func (p pace) String() string {
	return fmt.Sprintf("%s a call, %s an upload, %.0f calls/s", p.call, p.upload, p.rate)
}

// workers is how many workers the allowance feeds.
func (p pace) workers() int { return int(p.rate*(p.call+p.upload).Seconds()) + 1 }

// slowly makes Smokeball slow.
func (p pace) slowly(s *smokeballsim.Server) error {
	if err := s.Fault(smokeballsim.Fault{Route: "PUT /_upload*", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(p.upload)}); err != nil {
		return err
	}
	return s.Fault(smokeballsim.Fault{Route: "* /matters*", Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(p.call)})
}

// measureManyDocuments sends many documents of one matter to a slow Smokeball: by a bare loop
// with as many workers as the allowance feeds, and by the engine.
func measureManyDocuments(ctx context.Context, l *lab) ([]result, error) {
	p, n := pace{rate: 5, call: 400 * time.Millisecond, upload: 2 * time.Second}, 300
	if l.short {
		p, n = pace{rate: 20, call: 100 * time.Millisecond, upload: 500 * time.Millisecond}, 60
	}
	s, err := l.openSite(ctx, conditions{rate: fmt.Sprint(p.rate), burst: "5", connected: true})
	if err != nil {
		return nil, err
	}
	defer s.close()
	m := matterNumber(1, 1)
	if err := s.services.publish(ctx, "matter.created", "created", m); err != nil {
		return nil, err
	}
	if err := s.call(ctx, http.MethodPost, "/matters/"+string(m.ID)+"/sync", map[string]any{"matter": m}, nil); err != nil {
		return nil, err
	}
	if err := s.settled(ctx, 1, 1, func(projections.MatterRow) bool { return true }); err != nil {
		return nil, err
	}
	row, _, err := s.engine.Views().Matters.Matter(firm, m.ID)
	if err != nil {
		return nil, err
	}
	if err := p.slowly(s.smokeball); err != nil {
		return nil, err
	}
	bare, err := s.bareDocuments(ctx, p, string(row.Matter.Smokeball.ID), n)
	if err != nil {
		return nil, fmt.Errorf("the bare loop: %w", err)
	}
	own, err := s.engineDocuments(ctx, m.ID, n)
	if err != nil {
		return nil, err
	}
	if err := s.eachOnce(n); err != nil {
		return nil, err
	}
	ratio := bare.Seconds() / own.Seconds()
	return []result{{what: fmt.Sprintf("%d documents of one matter, %s", n, p), goal: "≥ .8 ×", measured: rateOf(n, own) + ", all confirmed", beside: fmt.Sprintf("%s, a bare loop of %d workers", rateOf(n, bare), p.workers()),
		ratio: fmt.Sprintf("%.2f", ratio), met: ratio >= .8}}, nil
}

func rateOf(n int, took time.Duration) string {
	return fmt.Sprintf("%.2f/s", float64(n)/took.Seconds())
}

// engineDocuments approves the documents and waits until each is confirmed.
func (s *site) engineDocuments(ctx context.Context, m domain.MatterID, n int) (time.Duration, error) {
	var all []domain.DocumentData
	for i := range n {
		d, err := s.services.put(ctx, m, fmt.Sprint("d_", i), strings.NewReader(strings.Repeat("page\n", 4000)))
		if err != nil {
			return 0, err
		}
		all = append(all, d)
	}
	began := time.Now()
	for _, d := range all {
		if err := s.services.approve(ctx, d); err != nil {
			return 0, err
		}
	}
	err := s.settled(ctx, 1, 1, func(r projections.MatterRow) bool {
		for _, d := range r.Matter.Documents {
			if !d.Confirmed {
				return false
			}
		}
		return len(r.Matter.Documents) == n
	})
	return time.Since(began), err
}

// eachOnce requires every document of CaseHug to be one file in Smokeball.
func (s *site) eachOnce(n int) error {
	files := map[string]int{}
	for _, f := range s.smokeball.State().Accounts[0].Files {
		if id, ok := f.AdditionalData[domain.FileDocumentKey].(string); ok && f.SHA256 != "" {
			files[id]++
		}
	}
	for id, times := range files {
		if times != 1 {
			return fmt.Errorf("document %s is %d files in Smokeball", id, times)
		}
	}
	if len(files) != n {
		return fmt.Errorf("%d documents are in Smokeball, not %d", len(files), n)
	}
	return nil
}

// bareDocuments announces and uploads files as a program does that only this row needs.
func (s *site) bareDocuments(ctx context.Context, p pace, matter string, n int) (time.Duration, error) {
	b, err := s.bare(p.rate)
	if err != nil {
		return 0, err
	}
	took := b.work(ctx, p.workers(), n, func(i int) error {
		return b.sendFile(ctx, matter, fmt.Sprint("bare ", i, ".pdf"), strings.Repeat("page\n", 4000))
	})
	return took, b.failed()
}

// bare is a program that calls Smokeball and keeps nothing.
type bare struct {
	site  *site
	token string
	slots *rate.Limiter
	fault atomic.Pointer[error]

	matterType string // of the matters that it makes
}

func (s *site) bare(perSecond float64) (*bare, error) {
	t, err := s.smokeball.Grant(account)
	return &bare{site: s, token: t.Access, slots: rate.NewLimiter(rate.Limit(perSecond), 1)}, err
}

func (b *bare) failed() error {
	if err := b.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// work does n pieces with so many workers and says how long that took.
func (b *bare) work(ctx context.Context, workers, n int, do func(i int) error) time.Duration {
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n && ctx.Err() == nil; i = int(next.Add(1)) {
				if err := do(i); err != nil {
					b.fault.CompareAndSwap(nil, &err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

func (b *bare) call(ctx context.Context, method, path string, in, out any) error {
	if err := b.slots.Wait(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if in == nil {
		body = nil
	}
	req, err := http.NewRequestWithContext(ctx, method, b.site.vendor+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("x-api-key", app)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return answered(b.site.way, req, out)
}

func (b *bare) sendFile(ctx context.Context, matter, name, body string) error {
	var place struct {
		URL string `json:"uploadUrl"`
	}
	if err := b.call(ctx, http.MethodPost, "/matters/"+matter+"/documents/files", map[string]any{"fileName": name}, &place); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, place.URL, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header["Content-Type"] = []string{""}
	return answered(b.site.way, req, nil)
}
