package main

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
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
