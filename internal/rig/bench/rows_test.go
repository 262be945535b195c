package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// TestMain lets a measurement start this program again as the engine that it measures.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		if err := dispatch(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestARowIsMeasured: a row works from an empty folder to its line. How fast anything was is
// no test's business.
func TestARowIsMeasured(t *testing.T) {
	if os.Getenv("CI") != "true" {
		t.Skip("runs where CI=true: it takes a quarter of a minute")
	}
	t.Parallel()
	l, err := openLab(options{short: true}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	l.lull = 100 * time.Millisecond // which step a call counts for is no test's business either
	for _, name := range []string{"calls"} {
		chosen, err := choose(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.measureAll(t.Context(), chosen) {
			if r.fault != nil || r.measured == "" || r.goal == "" {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

// TestADayLosesNothing: a day of a few firms, with an outage, a sign-in that ends and a bulk sync, leaves in Smokeball what it
// brought, once. How long anything took is no test's business.
func TestADayLosesNothing(t *testing.T) {
	t.Parallel()
	l, err := openLab(options{short: true, firms: 12, length: 4 * time.Second, matters: 2}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	chosen, err := choose("day")
	if err != nil {
		t.Fatal(err)
	}
	list := l.measureAll(t.Context(), chosen)
	for _, r := range list {
		if r.fault != nil || r.measured == "" {
			t.Errorf("%+v", r)
		}
	}
	if first := list[0]; first.measured != "0; 0" {
		t.Errorf("%s: %s (%s)", first.what, first.measured, first.note)
	}
}
