package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func aTrial(t *testing.T) *trial {
	t.Helper()
	return (&bench{options: options{seed: 7, short: true}, out: io.Discard, dir: t.TempDir()}).trial(campaign{name: "cluster"})
}

// TestEachStrikeIsDrawnOnce tells that no strike comes again before all others came.
func TestEachStrikeIsDrawnOnce(t *testing.T) {
	for short, n := range map[bool]int{true: len(allStrikes()) - 1, false: len(allStrikes())} {
		s, trial := &strikes{}, aTrial(t)
		trial.short = short
		orders := map[string]bool{}
		for range 20 {
			var names []string
			for range n {
				names = append(names, s.draw(trial).name)
			}
			orders[strings.Join(names, ",")] = true
			slices.Sort(names)
			if len(slices.Compact(names)) != n {
				t.Errorf("drew %v", names)
			}
		}
		if len(orders) < 2 {
			t.Error("the order is always the same")
		}
	}
}

func TestALateTakeoverIsAFault(t *testing.T) {
	for d, faults := range map[time.Duration]int{time.Second: 0, tolerance*takesOverWithin + time.Second: 1} {
		trial := aTrial(t)
		trial.judgeTakeover(d)
		if len(trial.faults) != faults || len(trial.notes) != 1 {
			t.Errorf("%s: faults %q, notes %q", d, trial.faults, trial.notes)
		}
	}
}

func TestAMomentPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := moment(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := moment(gone, time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("called off: %v", err)
		}
	})
}

// TestNodesKnowEachOther tells that what a node's process is told is what it becomes.
func TestNodesKnowEachOther(t *testing.T) {
	nodes := newNodes(aTrial(t).chance, t.TempDir())
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
	s := &seat{dir: t.TempDir()}
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
