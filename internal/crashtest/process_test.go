package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestAKillIsToldFromAnEnd(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	sleeper, err := start(log, nil, "/bin/sh", "-c", "exec sleep 60")
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
	if !quitter.endsWithin(t.Context(), patience) || quitter.wasKilled() {
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
		slowly := func(context.Context) int { return 10 - int(time.Since(began)/(patience/2)) }
		if err := untilNone(t.Context(), "all is done", slowly); err != nil || time.Since(began) < 5*patience {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		began = time.Now()
		never := func(context.Context) int { return 3 }
		if err := untilNone(t.Context(), "all is done", never); !errors.Is(err, errInVain) || time.Since(began) > 2*patience {
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
	if err := until(t.Context(), patience, "it talks", func(context.Context) bool { return size() > 0 }); err != nil {
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
