package bus

import (
	"log/slog"
	"testing"
)

// TestReplicasAreNotTakenAway: a command that an operator runs without ENGINE_REPLICAS opens the bus
// of a cluster as well.
func TestReplicasAreNotTakenAway(t *testing.T) {
	servers := runServers(t, 3)
	for _, replicas := range []int{3, 1} {
		b, err := Open(t.Context(), Config{URL: servers[0].ClientURL(), Replicas: replicas, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range required() {
			s, err := b.js.Stream(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if n := s.CachedInfo().Config.Replicas; n != 3 {
				t.Errorf("opened with %d, stream %s has %d replicas", replicas, name, n)
			}
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
