package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestWhatABulkSyncForetoldIsComparedWithItsEnd(t *testing.T) {
	began := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	var c curve
	c.add(at(5), 0.05, 900*time.Second) // before the first tenth: it does not count
	c.add(at(20), 0.2, 88*time.Second)  // 80 s were to go
	c.add(at(50), 0.5, 40*time.Second)  // 50 s
	c.add(at(95), 0.95, 20*time.Second) // after nine tenths it counts for the end only
	c.add(at(101), 1, 10*time.Second)   // after the end
	f := c.against(began, at(100), nil)
	if f.part != 0.2 || f.left != 88*time.Second || math.Abs(f.miss-0.1) > 1e-9 || math.Abs(f.worst-0.2) > 1e-9 || f.beyond != 1 || f.of != 2 || math.Abs(f.ofAll-0.15) > 1e-9 {
		t.Errorf("judged as %+v", f)
	}
	if f := c.against(began, at(110), outages{{at(10), at(15)}, {at(18), at(23)}, {at(60), at(67)}}); math.Abs(f.miss-0.1) > 1e-9 {
		t.Errorf("with ten seconds without an engine judged as %+v", f)
	}
}

func TestTheFirstCallOfALiveSyncIsFound(t *testing.T) {
	list := []request{{Account: account, Route: "POST /contacts", ID: "of-the-bulk-sync"}, {Account: otherAccount, Route: "GET /contacts"}, {Account: account, Route: "GET /contacts"}, {Account: account, Route: "POST /contacts", ID: "own"}}
	if first := firstOf(list, otherFirm, "x"); first != 1 {
		t.Errorf("the other firm's first call is number %d", first)
	}
	if first := firstOf(list, firm, "own"); first != 2 {
		t.Errorf("the firm's first call is number %d", first)
	}
	if first := firstOf(list[:2], firm, "own"); first != -1 {
		t.Errorf("a call that is not there is number %d", first)
	}
	if isCall("POST /oauth2/token") || isCall("PUT /_upload/{key}") || !isCall("GET /contacts") {
		t.Error("not all that Smokeball meets is a call of its API")
	}
}

func TestABulkSyncThatBreaksItsPromiseIsAFault(t *testing.T) {
	began := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	ended := began.Add(100 * time.Second)
	judged := func(change func(*bulkRun, *calls)) string {
		var out strings.Builder
		tr := &trial{bench: &bench{out: &out}, row: &row{planned: 1000}}
		b := &bulkRun{trial: tr, kills: 2, status: bulkStatus{Status: "done", Total: 1000, Done: 1000, Started: began, Finished: &ended}}
		b.curve.add(began.Add(20*time.Second), 0.2, 80*time.Second)
		made := calls{all: 2050}
		change(b, &made)
		b.judge(made)
		return strings.Join(tr.faults, "; ")
	}
	if f := judged(func(*bulkRun, *calls) {}); f != "" {
		t.Errorf("a good one is at fault: %s", f)
	}
	for want, change := range map[string]func(*bulkRun, *calls){
		"met a 429":          func(_ *bulkRun, c *calls) { c.tooMany = 1 },
		"2.301 each":         func(_ *bulkRun, c *calls) { c.all = 2301 },
		"took 2.101 calls":   func(b *bulkRun, c *calls) { b.planned, b.status.Done, c.all = 10000, 10000, 21010 },
		"wrong by":           func(b *bulkRun, _ *calls) { b.curve[0].left = 100 * time.Second },
		"was killed 1 times": func(b *bulkRun, _ *calls) { b.kills = 1 },
		"ended as":           func(b *bulkRun, _ *calls) { b.status.Done, b.status.Failed = 999, 1 },
		"3 calls came":       func(b *bulkRun, _ *calls) { b.waits = []wait{{firm: otherFirm, passed: 3}} },
	} {
		if f := judged(change); !strings.Contains(f, want) {
			t.Errorf("faults %q, want one that says %q", f, want)
		}
	}
}
