package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCampaignsAreChosenByName(t *testing.T) {
	chosen, err := choose("stops,power")
	if err != nil || len(chosen) != 2 || chosen[0].name != "stops" || chosen[1].name != "power" {
		t.Errorf("chose %v, %v", chosen, err)
	}
	if _, err := choose("stops,earthquake"); err == nil || !strings.Contains(err.Error(), "power") {
		t.Errorf("got %v, want an error that names the campaigns", err)
	}
	if all, err := choose(""); err != nil || len(all) != len(campaigns()) {
		t.Errorf("chose %d campaigns of %d, %v", len(all), len(campaigns()), err)
	}
}

func TestOneFigureSpoilsTheVerdict(t *testing.T) {
	for name, r := range map[string]*row{"lost": {lost: 1}, "doubled": {doubled: 1}, "stuck": {stuck: 1}, "views": {views: 1}, "fault": {faults: []string{"no end"}}} {
		if err := verdict(t.Context(), []*row{{}, r}); !errors.Is(err, errNotProved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verdict(t.Context(), []*row{{cycles: 3, smokeball: 7, ledger: 7}}); err != nil {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := verdict(stopped, nil); err == nil {
		t.Error("campaigns that were called off count as proof")
	}
}

func TestTableSaysWhatWasNotRun(t *testing.T) {
	var out bytes.Buffer
	printTable(&out, []*row{{name: "kills", planned: 1000, cycles: 12, smokeball: 345, ledger: 345, lost: 2, faults: []string{"gone"}}, {name: "seeds", uncounted: true, planned: 9, cycles: 9}})
	for _, want := range []string{"12 of 1000", "345", "–", "kills: FAULT: gone"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

// TestFailingSeedsAreNamed runs a test binary's like: its failing seeds have to be found
// in what it prints.
func TestFailingSeedsAreNamed(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	b := &bench{out: &out}
	trial := b.trial(campaign{name: "seeds"})
	said := "--- FAIL: TestBadLuck (1.2s)\n    --- FAIL: TestBadLuck/seed_412 (0.10s)\n        seeds_test.go:1: lost\n    --- PASS: TestBadLuck/seed_413 (0.10s)\n"
	failed := exec.Command("/bin/sh", "-c", "exit 1").Run()
	if err := trial.blameSeeds([]byte(said), failed, "seeds.txt"); err != nil {
		t.Fatal(err)
	}
	if len(trial.faults) != 1 || !strings.Contains(trial.faults[0], "-run '^TestBadLuck$' ./internal/syncing -seed 412") {
		t.Errorf("faults: %q", trial.faults)
	}
	if kept, err := os.ReadFile(filepath.Join(os.TempDir(), "seeds.txt")); err != nil || string(kept) != said {
		t.Errorf("kept %q, %v", kept, err)
	}
	if err := trial.blameSeeds([]byte("panic: no seed"), failed, "seeds.txt"); err == nil {
		t.Error("a failure outside of the seeds is passed over")
	}
}
