package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
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
