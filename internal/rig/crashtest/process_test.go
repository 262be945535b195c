package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAKillIsToldFromAnEnd(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	sleeper, err := start(log, nil, "/bin/sh", "-c", "kill -STOP $$") // it stops and so does not end; no PATH is needed
	if err != nil {
		t.Skip("there is no shell here:", err)
	}
	if sleeper.endsWithin(t.Context(), time.Millisecond) {
		t.Error("it ended by itself")
	}
	sleeper.kill()
	if !sleeper.wasKilled() {
		t.Errorf("it was killed, and ended with %v", sleeper.err)
	}
	quitter, err := start(log, map[string]string{"CODE": "3"}, "/bin/sh", "-c", "echo bye; exit $CODE")
	if err != nil {
		t.Fatal(err)
	}
	if !quitter.endsWithin(t.Context(), timeout) || quitter.wasKilled() {
		t.Errorf("it ended with %v, and counts as killed: %v", quitter.err, quitter.wasKilled())
	}
	var exit *exec.ExitError
	if !errors.As(quitter.err, &exit) || exit.ExitCode() != 3 || lastLine(log) != "bye" {
		t.Errorf("it ended with %v and said %q", quitter.err, lastLine(log))
	}
}

func TestWaitingGoesOnWhileLessIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		slowly := func(context.Context) int { return 10 - int(time.Since(began)/(timeout/2)) }
		if err := untilNone(t.Context(), "all is done", slowly); err != nil || time.Since(began) < 5*timeout {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		began = time.Now()
		never := func(context.Context) int { return 3 }
		if err := untilNone(t.Context(), "all is done", never); !errors.Is(err, errInVain) || time.Since(began) > 2*timeout {
			t.Errorf("after %s: %v, want that it is in vain", time.Since(began), err)
		}
	})
}

func TestAFrozenProcessRunsNoFurther(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	talker, err := start(log, nil, "/bin/sh", "-c", "while :; do echo on; done")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("this needs Linux and a shell:", err)
	}
	defer talker.kill()
	size := func() int64 {
		info, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if err := until(t.Context(), timeout, "it talks", func(context.Context) bool { return size() > 0 }); err != nil {
		t.Fatal(err)
	}
	if err := talker.freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	was := size()
	if talker.endsWithin(t.Context(), 50*time.Millisecond) || size() != was {
		t.Errorf("it ended, or wrote %d bytes more", size()-was)
	}
	talker.kill()
	if !talker.wasKilled() {
		t.Errorf("it was killed, and ended with %v", talker.err)
	}
}

// TestAProgramThatEndsIsNotWaitedFor: a Smokeball which does not start is a fault
// with its own words at once, not one of time.
func TestAProgramThatEndsIsNotWaitedFor(t *testing.T) {
	sim := filepath.Join(t.TempDir(), "sim")
	if err := os.WriteFile(sim, []byte("#!/bin/sh\necho \"--rate is wrong\" >&2\nexit 2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	trial := aTrial(t)
	trial.simulator = sim
	_, err := trial.newWorld(t.Context(), "")
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "--rate is wrong") {
		t.Errorf("got %v, want that it ended, and what it logged", err)
	}
}

// TestTheSimulatorTakesTheCampaignsWords: a world's Smokeball starts with what the
// campaigns tell it, with and without a limit of the rate.
func TestTheSimulatorTakesTheCampaignsWords(t *testing.T) {
	trial := aTrial(t)
	trial.simulator = filepath.Join(t.TempDir(), "simulator")
	if err := goTool(t.Context(), "build", "-o", trial.simulator, module+"/cmd/smokeball-sim"); err != nil {
		t.Fatal(err)
	}
	for _, allowance := range []string{unlimited, clusterAllowance} {
		w := &world{dir: t.TempDir(), allowance: allowance}
		if err := w.startSmokeball(t.Context(), trial); err != nil {
			t.Errorf("with an allowance of %s: %v", allowance, err)
		}
		_ = w.close() // nothing of it is left but a process
	}
}

// TestNoTwoWorldsShareAnAddress draws with the same chance twice, as two campaigns may.
func TestNoTwoWorldsShareAnAddress(t *testing.T) {
	b := aTrial(t).bench
	first, second := b.trial(campaign{name: "kills"}), b.trial(campaign{name: "kills"})
	for _, address := range first.freeAddresses(20) {
		if slices.Contains(second.freeAddresses(20), address) {
			t.Errorf("both worlds have %s", address)
		}
	}
}
