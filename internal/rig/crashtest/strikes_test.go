package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func aTrial(t *testing.T) *trial {
	t.Helper()
	return (&bench{options: options{seed: 7, short: true}, out: io.Discard, dir: t.TempDir()}).trial(campaign{name: "cluster"})
}

// TestEachStrikeIsDrawnOnce: no strike comes again before all others came.
func TestEachStrikeIsDrawnOnce(t *testing.T) {
	for _, short := range []bool{true, false} {
		s, trial := &strikes{}, aTrial(t)
		trial.short = short
		chosen, err := trial.chosenStrikes()
		if err != nil || len(chosen) < 5 {
			t.Fatalf("%d strikes, %v", len(chosen), err)
		}
		orders := map[string]bool{}
		for range 20 {
			var names []string
			for range chosen {
				names = append(names, s.draw(trial, chosen).name)
			}
			orders[strings.Join(names, ",")] = true
			slices.Sort(names)
			if len(slices.Compact(names)) != len(chosen) {
				t.Errorf("drew %v", names)
			}
		}
		if len(orders) < 2 {
			t.Error("the order is always the same")
		}
	}
}

func TestStrikesAreChosenByTheirKeys(t *testing.T) {
	trial := aTrial(t)
	trial.options.strikes = "term,kill"
	if list, err := trial.chosenStrikes(); err != nil || len(list) != 2 || list[0].name != killedLeader || list[1].name != terminatedLeader {
		t.Errorf("chosen are %+v, %v", list, err)
	}
	trial.options.strikes = "frown"
	if _, err := trial.chosenStrikes(); err == nil || !strings.Contains(err.Error(), `"frown"`) || !strings.Contains(err.Error(), "kill") {
		t.Errorf("the error is %v", err)
	}
}

func TestALateTakeoverIsAFault(t *testing.T) {
	for d, faults := range map[time.Duration]int{time.Second: 0, killedWithin + time.Second: 1} {
		trial := aTrial(t)
		trial.short = false
		all := takeovers{}
		for _, at := range []time.Duration{2 * time.Second, d, time.Second} {
			all.add(killedLeader, takeover{leads: at / 2, writes: at})
		}
		trial.judgeTakeovers(all)
		if len(trial.faults) != faults || len(trial.notes) != 1 || !strings.Contains(trial.notes[0], "3 times") {
			t.Errorf("%s: faults %q, notes %q", d, trial.faults, trial.notes)
		}
	}
}

// TestAGatewayKnowsChanges: reads and sign-ins are not taken for changes.
func TestAGatewayKnowsChanges(t *testing.T) {
	g, now := &gateway{}, time.Now()
	for i, r := range []*http.Request{httptest.NewRequest("GET", "/matters", nil), httptest.NewRequest("POST", "/oauth2/token", nil),
		httptest.NewRequest("POST", "/matters", nil), httptest.NewRequest("PATCH", "/matters/1", nil)} {
		g.note(r, now.Add(time.Duration(i)*time.Second))
	}
	if at, before := g.firstAfter(now); at.Sub(now) != 2*time.Second || len(before) != 1 || before[0] != "1s POST /oauth2/token" {
		t.Errorf("the first change came after %s and %q", at.Sub(now), before)
	}
	if at, _ := g.firstAfter(now.Add(time.Minute)); !at.IsZero() {
		t.Error("there is a change after the last one")
	}
}

// TestNodesKnowEachOther: what a node's process is told is what it becomes.
func TestNodesKnowEachOther(t *testing.T) {
	nodes := newNodes(aTrial(t), t.TempDir())
	used := map[string]bool{}
	for _, n := range nodes {
		data, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var told node
		if err := json.Unmarshal(data, &told); err != nil {
			t.Fatal(err)
		}
		o, err := told.options()
		if err != nil {
			t.Fatal(err)
		}
		if o.ServerName != n.Name || len(o.Routes) != clusterSize || o.StoreDir != n.Store || !o.SyncAlways || !o.JetStream {
			t.Errorf("node %s becomes %+v", n.Name, o)
		}
		for _, a := range []string{n.Client, n.Route, n.Monitor, n.Store} {
			if used[a] {
				t.Errorf("%s is used twice", a)
			}
			used[a] = true
		}
		if !strings.Contains(addresses(nodes), "nats://"+n.Client) || o.Routes[0].Host != nodes[0].Route {
			t.Errorf("node %s is not found: %s, %v", n.Name, addresses(nodes), o.Routes)
		}
	}
	if err := runNode(`{"Client":"nowhere"}`); err == nil {
		t.Error("a node without an address runs")
	}
}

func TestAnEngineIsKnownByItsToken(t *testing.T) {
	s := &clusterEngine{dir: t.TempDir()}
	if s.token() != "" {
		t.Error("an engine that never ran has a token")
	}
	if err := os.WriteFile(filepath.Join(s.dir, "operator.json"), []byte(`{"url":"http://127.0.0.1:1","token":"ABCDEF"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.token(); got != "ABCDEF" {
		t.Errorf("its token is %q", got)
	}
}
