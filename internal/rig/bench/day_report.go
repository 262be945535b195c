package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// dayFigures are what was measured of the day.
type dayFigures struct {
	setUp, took, late, drained, cpu time.Duration

	idle, busy    memory
	disk          int64
	calls         int
	tooMany       int
	lost, doubled []string
	afterwards    int              // effects that came after CaseHug was told of the last sync that it waited for
	slots         map[string]slots // by class
}

// judge compares Smokeball with what the day brought: what is missing, and what is there twice or told twice.
func (d *day) judge() (lost, doubled []string) {
	has := map[string]*smokeballsim.AccountState{}
	state := d.smokeball.State()
	for i := range state.Accounts {
		has[state.Accounts[i].ID] = &state.Accounts[i]
	}
	for _, f := range d.firms {
		l, t := f.judge(has[f.account])
		lost, doubled = append(lost, l...), append(doubled, t...)
	}
	d.heard.mu.Lock()
	defer d.heard.mu.Unlock()
	for id, n := range d.heard.ids {
		if n > 1 {
			doubled = append(doubled, "event "+id)
		}
	}
	return append(lost, d.heard.failed...), doubled
}

func (f *dayFirm) judge(has *smokeballsim.AccountState) (lost, doubled []string) {
	seen := map[string]int{}
	for _, m := range has.Matters {
		seen["matter "+m.ExternalSystemID]++
		seen["title "+m.Description]++ // CaseHug’s title
		if m.Status == "Closed" {
			seen["closed "+m.ExternalSystemID]++
		}
	}
	for _, c := range has.Contacts {
		seen["contact "+c.Email]++
	}
	for _, file := range has.Files {
		seen["file "+strings.TrimSuffix(file.Name, ".pdf")]++
	}
	for _, want := range f.wanted() {
		if seen[want] == 0 {
			lost = append(lost, want+" of "+string(f.id))
		}
		if seen[want] > 1 {
			doubled = append(doubled, want+" of "+string(f.id))
		}
	}
	return lost, doubled
}

// wanted is what Smokeball has to have once.
func (f *dayFirm) wanted() (list []string) {
	for _, m := range f.matters {
		data := matterNumber(m.number, m.number)
		list = append(list, "matter "+string(data.ID), "contact "+data.Client.Email)
		for n := range m.documents {
			list = append(list, fmt.Sprintf("file d_%d_%d", m.number, n+1))
		}
		if m.kind == changedLater {
			list = append(list, "title "+data.Title+", amended")
		}
		if m.kind == closedThere {
			list = append(list, "closed "+string(data.ID))
		}
	}
	return list
}

// firstOf names the first of what is lost or doubled.
func firstOf(lost, doubled []string) string {
	all := append(slices.Clone(lost), doubled...)
	return strings.Join(all[:min(10, len(all))], ", ")
}

// scrape is the engine's metrics; empty where it gives none.
func (d *day) scrape(ctx context.Context) map[string]float64 {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.cfg.PublicURL+"/metrics", nil)
	if err != nil {
		return nil
	}
	resp, err := d.way.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	return samples(resp.Body)
}

// samples reads metrics as text, by name and labels.
func samples(r io.Reader) map[string]float64 {
	all := map[string]float64{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "} "); ok && !strings.HasPrefix(name, "#") {
			all[name+"}"], _ = strconv.ParseFloat(value, 64) // what is no number counts nothing
		}
	}
	return all
}

// slots are how long calls of a class waited for their slot of the allowance.
type slots struct {
	calls    float64
	p50, p99 float64 // upper bounds of the histogram's buckets, in seconds
}

// slotWaits is what the histogram has more than before.
func slotWaits(before, after map[string]float64) map[string]slots {
	found := map[string]slots{}
	for _, class := range []string{"clicked", "live", "bulk", "background"} {
		type bucket struct{ le, n float64 }
		var list []bucket
		for name, n := range after {
			if !strings.HasPrefix(name, "smokeball_slot_wait_seconds_bucket{") || !strings.Contains(name, `priority="`+class+`"`) {
				continue
			}
			_, text, _ := strings.Cut(name, `le="`)
			text, _, _ = strings.Cut(text, `"`)
			le, err := strconv.ParseFloat(text, 64)
			if err != nil {
				le = math.Inf(1)
			}
			list = append(list, bucket{le, n - before[name]})
		}
		slices.SortFunc(list, func(a, b bucket) int { return int(math.Copysign(1, a.le-b.le)) })
		if len(list) == 0 || list[len(list)-1].n == 0 {
			continue
		}
		s := slots{calls: list[len(list)-1].n}
		upTo := func(share float64) float64 {
			return list[slices.IndexFunc(list, func(b bucket) bool { return b.n >= share*s.calls })].le
		}
		s.p50, s.p99 = upTo(.5), upTo(.99)
		found[class] = s
	}
	return found
}

// report is the day as lines of the table.
func (d *day) report(f dayFigures) []result {
	matters, documents := 0, 0
	for _, firm := range d.firms {
		matters += len(firm.matters)
		for _, m := range firm.matters {
			documents += m.documents
		}
	}
	what := "a day of " + thousands(float64(len(d.firms))) + " firms in " + d.length.String() + ": "
	share := float64(f.calls) / allowanceOfADay
	list := []result{
		{what: what + "effects lost; doubled", goal: "0; 0", measured: fmt.Sprintf("%d; %d", len(f.lost), len(f.doubled)), met: len(f.lost)+len(f.doubled) == 0, note: firstOf(f.lost, f.doubled),
			beside: fmt.Sprintf("%s matters, %s documents, %d firms whose sign-in ended meanwhile; %d effects came with a sync after the first", thousands(float64(matters)), thousands(float64(documents)), d.revoked, f.afterwards)},
		{what: what + "calls to Smokeball", goal: "≤ 432,000, without a 429", measured: fmt.Sprintf("%s, %.0f %% of the allowance", thousands(float64(f.calls)), 100*share),
			beside: fmt.Sprintf("%.2f a matter; %d answers 429", float64(f.calls)/float64(matters), f.tooMany), met: share <= 1 && f.tooMany == 0},
		{what: what + "memory", goal: "≤ 60 KB a firm", measured: mb(f.busy.own) + " after it, at the peak " + mb(f.busy.peak), beside: mb(f.idle.own) + " before it", met: f.busy.own <= 60e3*float64(len(d.firms))+100e6},
		{what: what + "disk", goal: "≤ 60 KB a matter", measured: fmt.Sprintf("%s, %.1f KB a matter with its documents", mb(float64(f.disk)), float64(f.disk)/1e3/float64(matters)), met: float64(f.disk) <= 60e3*float64(matters)},
		{what: what + "processor", goal: "≤ 1 core", measured: fmt.Sprintf("%.2f cores, %s a matter", f.cpu.Seconds()/f.took.Seconds(), ms(f.cpu/time.Duration(max(matters, 1)))), met: f.cpu <= f.took,
			beside: fmt.Sprintf("the plan was late by %s at most; all was done %s after its end; connecting the firms took %s", ms(f.late), f.drained.Round(time.Second), f.setUp.Round(time.Second))},
	}
	for of := range ways {
		list = append(list, d.waitsOf(what, of))
	}
	for _, class := range []string{"clicked", "live", "bulk", "background"} {
		s := f.slots[class]
		list = append(list, result{what: what + "a slot for a call, " + class, goal: "p99 ≤ 1 s", measured: fmt.Sprintf("p50 ≤ %g s, p99 ≤ %g s", s.p50, s.p99), beside: thousands(s.calls) + " calls", met: s.p99 <= 1})
	}
	return list
}

// waitsOf is how long firms waited: over all syncs, and for the firm whose slowest tenth was the slowest.
func (d *day) waitsOf(what string, of asked) result {
	d.heard.mu.Lock()
	defer d.heard.mu.Unlock()
	var all, medians times
	var worst time.Duration
	for f, list := range d.heard.waits[of] {
		if f.revoked {
			continue // it waits for a person
		}
		all, medians = append(all, list...), append(medians, list.at(.5))
		worst = max(worst, list.at(.5))
	}
	return result{what: what + of.String(), goal: "p99 ≤ 60 s", measured: all.String(), met: all.at(.99) <= time.Minute,
		beside: fmt.Sprintf("medians of firms: p50 %s, p99 %s, the worst firm’s %s; %s times", ms(medians.at(.5)), ms(medians.at(.99)), ms(worst), thousands(float64(len(all))))}
}
