package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// kind is what happens to a matter within the day.
type kind int

// Of ten matters five get a document, one two documents, two a document and later a change in CaseHug, one is sent by
// a click, and one gets a document and is closed in Smokeball. The largest firm has older ones, which it sends in one bulk sync.
const (
	withDocument kind = iota
	withTwo
	changedLater
	clicked
	closedThere
	older
)

var kinds = []kind{withDocument, withDocument, changedLater, withDocument, clicked, withDocument, changedLater, withTwo, withDocument, closedThere}

// planned is one thing that happens at a time of the day.
type planned struct {
	at time.Duration
	do func(context.Context, *day) error
}

// planAll draws the day: four of five matters within the eight hours of the office, firms of very
// different size, an outage of Smokeball of a fiftieth of the day, and sign-ins that end and begin again.
func (d *day) planAll(matters float64) {
	chance := rand.New(rand.NewPCG(17, 0))
	total, weights := int(matters*float64(len(d.firms))), 0.0
	for i := range d.firms {
		weights += weight(i)
	}
	number := 0
	for i, f := range d.firms {
		share := float64(total) * weight(i) / weights
		n := int(share)
		if chance.Float64() < share-float64(n) {
			n++
		}
		for range n {
			m := &dayMatter{firm: f, number: number, kind: kinds[number%len(kinds)]}
			number++
			f.matters = append(f.matters, m)
			d.planMatter(chance, m)
		}
	}
	d.planBulk(number)
	d.planTrouble()
	slices.SortStableFunc(d.plan, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
}

// weight is a firm's share of the day: the largest have some thirty times as much as the median one.
func weight(rank int) float64 { return math.Pow(float64(rank+1), -.5) }

// moment draws a time of the day. The office's hours are its second third.
func (d *day) moment(chance *rand.Rand) time.Duration {
	at := chance.Float64()
	if chance.Float64() < .8 {
		at = (1 + at) / 3
	}
	return d.part(at)
}

func (d *day) part(share float64) time.Duration { return time.Duration(share * float64(d.length)) }

// planMatter plans what happens to a matter: it is told before anything else of it, and later things follow within a tenth
// of the day.
func (d *day) planMatter(chance *rand.Rand, m *dayMatter) {
	at := d.moment(chance) * 4 / 5
	later := func() time.Duration { return at + d.part(.02+.1*chance.Float64()) }
	d.add(at, func(ctx context.Context, d *day) error { return d.create(ctx, m) })
	if m.kind == clicked {
		d.add(later(), func(ctx context.Context, d *day) error { return d.click(ctx, m) })
		return
	}
	m.documents = 1
	approved := later()
	d.add(approved, func(ctx context.Context, d *day) error { return d.approve(ctx, m, 1) })
	switch m.kind {
	case withTwo:
		m.documents = 2
		d.add(approved+d.part(.05), func(ctx context.Context, d *day) error { return d.approve(ctx, m, 2) })
	case changedLater:
		d.add(approved+d.part(.05), func(ctx context.Context, d *day) error { return d.change(ctx, m) })
	}
}

func (d *day) add(at time.Duration, do func(context.Context, *day) error) {
	d.plan = append(d.plan, planned{at, do})
}

// planBulk lets the largest firm send its older matters at a third of the day.
func (d *day) planBulk(first int) {
	f := d.firms[0]
	for i := range max(10, len(d.firms)/20) {
		m := &dayMatter{firm: f, number: first + i, kind: older}
		f.matters = append(f.matters, m)
		d.add(0, func(ctx context.Context, d *day) error { return d.create(ctx, m) })
	}
	d.add(d.part(1./3), func(ctx context.Context, d *day) error { return d.sendOlder(ctx, f) })
}

// planTrouble is what goes wrong within the office's hours.
func (d *day) planTrouble() {
	d.add(d.part(.50), func(_ context.Context, d *day) error {
		return d.smokeball.Fault(smokeballsim.Fault{Route: "*", Kind: smokeballsim.Status, Status: http.StatusServiceUnavailable})
	})
	d.add(d.part(.52), func(_ context.Context, d *day) error { d.smokeball.ClearFaults(); return nil })
	for _, f := range d.firms {
		if f.revoked {
			d.add(d.part(.40), func(_ context.Context, d *day) error { return d.smokeball.Revoke(f.account) })
			d.add(d.part(.60), func(ctx context.Context, d *day) error { return d.signIn(ctx, f) })
		}
	}
}

func (d *day) tell(ctx context.Context, m *dayMatter, what, id string, data any) error {
	msg, err := message(m.firm.id, what, id, data)
	if err == nil {
		_, err = d.services.js.PublishMsg(ctx, msg)
	}
	return err
}

func (d *day) create(ctx context.Context, m *dayMatter) error {
	data := matterNumber(m.number, m.number)
	return d.tell(ctx, m, "matter.created", string(data.ID)+"-created", data)
}

func (d *day) approve(ctx context.Context, m *dayMatter, n int) error {
	id := fmt.Sprintf("d_%d_%d", m.number, n)
	doc, err := d.services.put(ctx, m.id(), id, strings.NewReader(strings.Repeat("bytes of "+id+"\n", 500)))
	if err != nil {
		return err
	}
	d.heard.expect(m, live)
	return d.tell(ctx, m, "document.approved", id+"-approved", doc)
}

func (d *day) change(ctx context.Context, m *dayMatter) error {
	data := matterNumber(m.number, m.number)
	data.Version, data.Title = 2, data.Title+", amended"
	d.heard.expect(m, live)
	return d.tell(ctx, m, "matter.updated", string(data.ID)+"-2", data)
}

func (d *day) click(ctx context.Context, m *dayMatter) error {
	d.heard.expect(m, byClick)
	return d.callOf(ctx, m.firm.id, m.firm.admin, http.MethodPost, "/matters/"+string(m.id())+"/sync", map[string]any{"matter": matterNumber(m.number, m.number)}, nil)
}

func (d *day) sendOlder(ctx context.Context, f *dayFirm) error {
	var ids []domain.MatterID
	for _, m := range f.matters {
		if m.kind == older {
			ids = append(ids, m.id())
			d.heard.expect(m, inBulk)
		}
	}
	return d.callOf(ctx, f.id, f.admin, http.MethodPost, "/bulk-syncs", map[string]any{"matter_ids": ids}, nil)
}
