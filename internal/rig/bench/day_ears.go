package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
)

// asked is how a sync was asked for.
type asked int

const (
	live asked = iota
	byClick
	inBulk
	told // a change in Smokeball that CaseHug is told of
	ways
)

func (a asked) String() string {
	return [ways]string{"an event → synced", "a click → synced", "in a bulk sync → synced", "closed in Smokeball → told"}[a]
}

// ears are CaseHug's: they hear what came of each sync, and when.
type ears struct {
	day *day

	mu     sync.Mutex
	open   map[expectation]time.Time
	waits  [ways]map[*dayFirm]times
	ids    map[string]int // events, by id
	failed []string
	moved  time.Time
}

// expectation is that a matter's sync, or a change, is told. What is asked for again while a sync waits may join it.
type expectation struct {
	matter *dayMatter
	of     asked
}

func (d *day) listen(ctx context.Context) (*ears, error) {
	e := &ears{day: d, open: map[expectation]time.Time{}, ids: map[string]int{}, moved: time.Now()}
	for i := range e.waits {
		e.waits[i] = map[*dayFirm]times{}
	}
	byID := map[domain.MatterID]*dayMatter{}
	for _, f := range d.firms {
		for _, m := range f.matters {
			byID[m.id()] = m
		}
	}
	heard, err := d.services.conn.Subscribe("sync.>", func(m *nats.Msg) { e.hear(m, byID) })
	if err != nil {
		return nil, err
	}
	if err := heard.SetPendingLimits(-1, -1); err != nil {
		return nil, err
	}
	return e, d.services.conn.FlushWithContext(ctx)
}

// expect begins to wait, unless the same is waited for already.
func (e *ears) expect(m *dayMatter, of asked) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := expectation{m, of}
	if e.open[k].IsZero() {
		e.open[k] = time.Now()
	}
	e.moved = time.Now()
}

// hear ends what waited for this.
func (e *ears) hear(m *nats.Msg, byID map[domain.MatterID]*dayMatter) {
	var event struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Matter    domain.MatterID `json:"matter_id"`
			Trigger   domain.Trigger  `json:"trigger"`
			Smokeball struct {
				Matter string `json:"matter_id"`
			} `json:"smokeball"`
		} `json:"data"`
	}
	if err := json.Unmarshal(m.Data, &event); err != nil {
		return // an event of another shape, such as a connection's
	}
	matter := byID[event.Data.Matter]
	if matter == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ids[event.ID]++
	e.moved = time.Now()
	switch event.Type {
	case "com.casehug.sync.matter.synced":
		for _, of := range []asked{live, byClick, inBulk} {
			e.end(expectation{matter, of})
		}
		if matter.kind == closedThere && e.ids["closed "+string(matter.id())] == 0 {
			e.ids["closed "+string(matter.id())] = 1
			e.open[expectation{matter, told}] = e.moved
			go e.day.closeThere(e, event.Data.Smokeball.Matter)
		}
	case "com.casehug.sync.matter.changed_in_smokeball":
		e.end(expectation{matter, told})
	default:
		e.failed = append(e.failed, event.Type+" "+string(matter.id()))
	}
}

func (e *ears) end(k expectation) {
	if since := e.open[k]; !since.IsZero() {
		e.waits[k.of][k.matter.firm] = append(e.waits[k.of][k.matter.firm], time.Since(since))
		delete(e.open, k)
	}
}

// closeThere is a person who closes a matter in Smokeball.
func (d *day) closeThere(e *ears, id string) {
	if err := d.smokeball.EditMatter(id, []byte(`{"status":"Closed"}`)); err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.failed = append(e.failed, err.Error())
	}
}

// left is how much is waited for, and when something was heard last.
func (e *ears) left() (int, time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.open), e.moved
}

// some are up to n of what is waited for.
func (e *ears) some(n int) (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for k := range e.open {
		if len(list) < n {
			list = append(list, fmt.Sprintf("%s of %s (%s)", k.matter.id(), k.matter.firm.id, k.of))
		}
	}
	return append(list, e.failed[:min(n, len(e.failed))]...)
}
