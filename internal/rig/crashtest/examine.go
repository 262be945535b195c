package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/internal/sealing"
)

// examine looks at the files of a dead engine: the ledger is whole, what it has seen in
// Smokeball is there, what is there it knows of or has asked for, nothing is there twice,
// and the views are what the ledger makes of them.
func (t *trial) examine(ctx context.Context, w *world) error {
	made, _, err := w.has(ctx)
	if err != nil {
		return err
	}
	t.count(&t.doubled, "twice in Smokeball", made.doubled())
	r, err := t.read(ctx, w)
	if err != nil {
		return err
	}
	t.count(&t.lost, "the ledger has seen it in Smokeball, and it is not there", without(r.seen, made.ids()))
	t.count(&t.lost, "in Smokeball, and the ledger neither has it nor asked for it", made.unexplained(r))
	return nil
}

// read reads the ledger of an engine that does not run, and compares the views.
func (t *trial) read(ctx context.Context, w *world) (record, error) {
	ledger, err := sealing.OpenLedger(w.data, filepath.Join(w.data, "master-key.json"))
	if err != nil {
		return record{}, err
	}
	r, err := known(ctx, ledger)
	if err == nil {
		var where string
		where, err = unlike(ctx, filepath.Join(w.data, "views.db"), filepath.Join(w.data, "master-key.json"), ledger)
		if where != "" {
			t.count(&t.views, "folded step by step and at once it differs", []string{where})
		}
	}
	return r, errors.Join(err, ledger.Close())
}

// without are the members of a that b has not.
func without(a, b map[string]bool) []string {
	var list []string
	for id := range a {
		if !b[id] {
			list = append(list, id)
		}
	}
	return list
}

// count adds the number of things to a figure of the row and says which they are.
func (t *trial) count(figure *int, what string, things []string) {
	if len(things) > 0 {
		*figure += len(things)
		t.fault("%s: %q", what, short(things))
	}
}

// settle lets an engine work off all events, stops it and counts what
// came of it. The publisher rests meanwhile.
func (t *trial) settle(ctx context.Context, w *world) error {
	if err := w.calm(ctx); err != nil {
		return err
	}
	if err := w.launch(t.engine); err != nil {
		return err
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	w.people.end()
	names, err := t.workOff(ctx, w)
	if err != nil {
		return err
	}
	if err := t.hear(ctx, w); err != nil {
		return err
	}
	if w.heard, err = t.heardOfPeople(ctx, w); err != nil {
		return err
	}
	if _, err := w.stop(ctx); err != nil {
		return err
	}
	return t.balance(ctx, w, names)
}

// workOff returns when all events are worked off and heard of, and gives
// the names of it. The publisher rests from here on.
func (t *trial) workOff(ctx context.Context, w *world) ([]string, error) {
	names, titles := wanted(w.load.stop(), w.load.documents)
	return names, t.workOffAll(ctx, w, names, titles)
}

// workOffAll returns when everything with these names and titles is in Smokeball and reported.
func (t *trial) workOffAll(ctx context.Context, w *world, names, titles []string) error {
	waited := untilNone(ctx, "all is in Smokeball", func(ctx context.Context) int {
		if n := w.queue(ctx); n != 0 {
			return n + len(names) + len(titles)
		}
		made, called, err := w.has(ctx)
		if err != nil {
			return len(names) + len(titles)
		}
		return len(made.missing(names)) + len(unmet(called, titles))
	})
	if waited != nil && ctx.Err() != nil {
		return waited // called off
	}
	if waited != nil {
		t.blame(ctx, w, names, titles)
	}
	return t.listen(ctx, w)
}

func unmet(called map[string]bool, titles []string) (list []string) {
	for _, title := range titles {
		if !called[title] {
			list = append(list, "title "+title)
		}
	}
	return list
}

// unknown is how many syncs have not ended where nobody answers: more than any number.
const unknown = 1 << 30

// queue is how many syncs have not ended.
func (w *world) queue(ctx context.Context) int {
	var connection struct {
		Queue struct{ Waiting, Running int }
	}
	if w.api.call(ctx, http.MethodGet, "/v1/firms/"+firm+"/connection", nil, &connection) != nil {
		return unknown
	}
	return connection.Queue.Waiting + connection.Queue.Running
}

// blame counts what did not come: with syncs in the queue they are stuck, without it
// is lost.
func (t *trial) blame(ctx context.Context, w *world, names, titles []string) {
	if n := w.queue(ctx); n != 0 {
		t.stuck += n
		t.fault("%d syncs do not come to an end, and nothing moves", n)
	}
	made, called, err := w.has(ctx)
	if err != nil {
		t.fault("%v", err)
		return
	}
	t.count(&t.lost, "acknowledged and not in Smokeball", append(made.missing(names), unmet(called, titles)...))
}

// listen checks that CaseHug hears of each sync that has ended, under one id.
func (t *trial) listen(ctx context.Context, w *world) error {
	ended, err := w.ended(ctx)
	if err != nil {
		return err
	}
	var heard map[string]map[string]bool
	waited := until(ctx, timeout/4, "CaseHug hears of all syncs", func(ctx context.Context) bool {
		heard, err = w.load.news(ctx)
		return err == nil && len(unheard(heard, ended)) == 0
	})
	if waited != nil {
		t.count(&t.lost, "CaseHug did not hear of a sync", unheard(heard, ended))
	}
	for id, events := range heard {
		if len(events) > 1 {
			t.count(&t.doubled, "CaseHug heard of a sync under several ids", []string{id})
		}
	}
	return nil
}

func unheard(heard map[string]map[string]bool, ended []string) (list []string) {
	for _, id := range ended {
		if len(heard[id]) == 0 {
			list = append(list, id)
		}
	}
	return list
}

// ended are the syncs that succeeded or failed.
func (w *world) ended(ctx context.Context) (list []string, err error) {
	var page struct {
		Items []struct{ ID string }
		Next  *string `json:"next_cursor"`
	}
	for cursor := ""; ; cursor = *page.Next {
		query := url.Values{"limit": {"500"}, "status": {"succeeded", "failed"}, "cursor": {cursor}}
		page.Next, page.Items = nil, nil
		if err := w.api.call(ctx, http.MethodGet, "/v1/firms/"+firm+"/sync-history?"+query.Encode(), nil, &page); err != nil {
			return nil, fmt.Errorf("read the sync history: %w", err)
		}
		for _, e := range page.Items {
			list = append(list, e.ID)
		}
		if page.Next == nil {
			return list, nil
		}
	}
}

// balance compares Smokeball and the ledger of an engine that has nothing left to do.
func (t *trial) balance(ctx context.Context, w *world, names []string) error {
	r, err := t.read(ctx, w)
	if err != nil {
		return err
	}
	if w.people != nil {
		there, err := w.practice(ctx)
		if err != nil {
			return err
		}
		t.judgeChanges(w, there, r.changes)
	}
	return t.compare(ctx, w, r, names)
}

// compare compares Smokeball and what a ledger knows when nothing is left to do.
func (t *trial) compare(ctx context.Context, w *world, r record, names []string) error {
	made, _, err := w.has(ctx)
	if err != nil {
		return err
	}
	t.count(&t.doubled, "twice in Smokeball", made.doubled())
	ids := made.ids()
	t.count(&t.lost, "in the ledger and not in Smokeball", without(r.all, ids))
	t.count(&t.lost, "in the ledger and never seen", without(r.all, r.seen))
	t.count(&t.doubled, "in Smokeball and not in the ledger", without(ids, r.all))
	if len(ids) > len(names) {
		t.count(&t.doubled, "more in Smokeball than CaseHug told of", []string{fmt.Sprintf("%d of %d", len(ids), len(names))})
	}
	w.smokeballHas, w.ledgerHas = len(ids), len(r.all)
	return nil
}

// took is a time for people.
func took(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }
