package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// wait is how long a sync beside the bulk sync waited from its request, which is on record, until
// its first call came to Smokeball.
type wait struct {
	firm    string // whose it is
	clicked bool   // a person asked for it; else an event did
	of      newCase
	took    time.Duration
	passed  int // calls that came meanwhile
}

// liveEvery is the time between two such syncs.
func (b *bulkRun) liveEvery() time.Duration {
	if b.short {
		return 300 * time.Millisecond
	}
	return 4 * time.Second
}

// workLive asks for syncs of both firms, by an event and by a person in turn, until beside ends. A
// request that is under way then goes on: what was asked for has to be in Smokeball at the end, and
// nothing else may be.
func (b *bulkRun) workLive(ctx, beside context.Context) {
	again := time.NewTicker(b.liveEvery())
	defer again.Stop()
	for n := 0; ; n++ {
		select {
		case <-again.C:
		case <-beside.Done():
			return
		}
		l := wait{firm: []string{otherFirm, firm}[n%2], clicked: n/2%2 == 1, of: newCase(b.planned + n)}
		if err := b.live(ctx, beside, l); err != nil && beside.Err() == nil {
			b.fault("live work beside the bulk sync: %v", err)
		}
	}
}

// running reports whether the bulk sync makes calls, and how often the engine was killed.
func (b *bulkRun) running() (kills int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kills, !b.away && b.status.Status == "running"
}

// live asks for one sync, and measures until beside ends. What a kill came across is not measured.
func (b *bulkRun) live(ctx, beside context.Context, l wait) error {
	kills, ok := b.running()
	if !ok {
		return nil
	}
	api := b.api
	if l.firm == otherFirm {
		api = b.other
	}
	b.mu.Lock()
	b.asked = append(b.asked, l)
	b.mu.Unlock()
	if err := b.request(ctx, api, l); err != nil {
		return err
	}
	h, err := b.called(beside, api, l)
	if err != nil {
		return err
	}
	list, err := b.requestsSince(beside, h.Queued)
	if err != nil {
		return err
	}
	i := firstOf(list, l.firm, h.contactRequest())
	if now, ok := b.running(); i < 0 || !ok || now != kills {
		return nil
	}
	l.passed, l.took = i, list[i].At.Sub(h.Queued)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits = append(b.waits, l)
	return nil
}

// request asks for the sync, again where the engine is away.
func (b *bulkRun) request(ctx context.Context, api caller, l wait) error {
	if !l.clicked {
		b.load.insist(ctx, b.load.eventOf(l.firm, "matter.created", l.of.matter()+"-created", l.of.data()))
		return ctx.Err()
	}
	return until(ctx, timeout, "a sync is requested", func(ctx context.Context) bool {
		return api.call(ctx, http.MethodPost, "/v1/firms/"+l.firm+"/matters/"+l.of.matter()+"/sync", map[string]any{"matter": l.of.data()}, nil) == nil
	})
}

// pastSync is a sync as the history shows it.
type pastSync struct {
	Queued time.Time `json:"queued_at"`
	Steps  []struct {
		Name    string
		Request string `json:"request_id"`
	}
}

// contactRequest is the request that created the contact; "": there is none yet.
func (h pastSync) contactRequest() string {
	for _, s := range h.Steps {
		if s.Name == "contact" && s.Request != "" {
			return s.Request
		}
	}
	return ""
}

// called waits until the sync has created its contact.
func (b *bulkRun) called(ctx context.Context, api caller, l wait) (h pastSync, err error) {
	err = until(ctx, timeout, "the sync of "+l.of.matter()+" calls", func(ctx context.Context) bool {
		var page struct{ Items []pastSync }
		if api.call(ctx, http.MethodGet, "/v1/firms/"+l.firm+"/sync-history?matter_id="+l.of.matter(), nil, &page) != nil || len(page.Items) == 0 {
			return false
		}
		h = page.Items[0]
		return h.contactRequest() != ""
	})
	return h, err
}

// request is a call that Smokeball met.
type request struct {
	At             time.Time
	Route, Account string
	ID             string `json:"requestId"`
}

// requestsSince are the calls of the API that Smokeball met after a time, oldest first.
func (b *bulkRun) requestsSince(ctx context.Context, t time.Time) ([]request, error) {
	var log struct{ Requests []request }
	err := b.smokeball.call(ctx, http.MethodGet, "/_sim/requests?since="+url.QueryEscape(t.UTC().Format(time.RFC3339Nano)), nil, &log)
	list := slices.DeleteFunc(log.Requests, func(r request) bool { return !isCall(r.Route) })
	slices.SortStableFunc(list, func(a, b request) int { return a.At.Compare(b.At) })
	return list, err
}

// firstOf is the place of the first call of a sync beside the bulk sync, which created its contact
// with a request; -1: it is not in the list. The bulk sync searches for no contact, so that the
// first search of its firm's is the sync's.
func firstOf(list []request, of, contact string) int {
	return slices.IndexFunc(list, func(r request) bool {
		if of == otherFirm {
			return r.Account == otherAccount
		}
		return r.ID == contact || r.Account == account && r.Route == "GET /contacts"
	})
}

// isCall reports whether Smokeball's allowance applies to a route.
func isCall(route string) bool {
	_, path, _ := strings.Cut(route, " ")
	return !strings.HasPrefix(path, "/oauth2/") && !strings.HasPrefix(path, "/_")
}

// calls is what Smokeball met.
type calls struct{ all, writes, tooMany int }

func (c calls) less(o calls) calls {
	return calls{c.all - o.all, c.writes - o.writes, c.tooMany - o.tooMany}
}

func (b *bulkRun) counts(ctx context.Context) (c calls, err error) {
	var log struct {
		Counts struct {
			TooMany int
			ByRoute map[string]int
		}
	}
	err = b.smokeball.call(ctx, http.MethodGet, "/_sim/requests?since="+url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano)), nil, &log)
	for route, n := range log.Counts.ByRoute {
		if isCall(route) {
			c.all += n
			if !strings.HasPrefix(route, http.MethodGet) {
				c.writes += n
			}
		}
	}
	c.tooMany = log.Counts.TooMany
	return c, err
}

// waited is a list of waits in figures.
type waited struct {
	took   []time.Duration // the shortest first
	passed []int           // the fewest first
}

func figures(list []wait) (w waited) {
	for _, l := range list {
		w.took, w.passed = append(w.took, l.took), append(w.passed, l.passed)
	}
	slices.Sort(w.took)
	slices.Sort(w.passed)
	return w
}

// String is for people.
func (w waited) String() string {
	half, last := len(w.took)/2, len(w.took)-1
	return fmt.Sprintf("%d times, first call after %s at the median (%.1f calls’ time) and %s at most (%.1f); %d calls came before it at the median, %d at most", len(w.took),
		took(w.took[half]), w.took[half].Seconds()*bulkAllowance, took(w.took[last]), w.took[last].Seconds()*bulkAllowance, w.passed[half], w.passed[last])
}
