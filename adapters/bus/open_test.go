package bus_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// open starts a bus on an ephemeral port and closes it with the test.
func open(t testing.TB, change ...func(*bus.Config)) *bus.Bus {
	t.Helper()
	c := bus.Config{Listen: "127.0.0.1:0", DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	b, err := bus.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, b) })
	return b
}

// shut closes the bus; doing it twice is allowed.
func shut(t testing.TB, b *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
}

// within polls until what holds, or fails the test.
func within(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(d)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", d, what)
		case <-tick.C:
		}
	}
}
