package eventstore

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestRewrittenEventsAreNamed: each has the checksum that its new bytes have, so only its place in the
// stream tells.
func TestRewrittenEventsAreNamed(t *testing.T) {
	stream := domain.MatterStream("f_1", "m_1")
	for name, c := range map[string]struct {
		change func(*record)
		want   []Loss
	}{
		"another time": {func(r *record) { r.at = r.at.Add(time.Second) }, []Loss{{Seq: 2, Stream: stream.String(), Version: 2, Why: "the hash chain is broken"}}},
		"the first one's version": {func(r *record) { r.version = 1 }, []Loss{
			{Seq: 2, Stream: stream.String(), Version: 1, Why: "the hash chain is broken"},
			{Stream: stream.String(), Version: 2, Why: "it is missing"},
		}},
	} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		threeEvents(t, path, stream)
		rewriteRecord(t, path, 2, c.change)
		b, err := OpenBoltDamaged(path, BoltOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Losses(t.Context())
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNotEveryMissingVersionIsNamed where a damaged one is any number.
func TestNotEveryMissingVersionIsNamed(t *testing.T) {
	for to, want := range map[uint64]int{1: 0, 2: 1, mostMissing + 1: mostMissing, mostMissing + 2: mostMissing, 1 << 40: mostMissing} {
		var l losses
		if l.missing("matter.f_1.m_1", 0, to); len(l.list) != want {
			t.Errorf("before version %d, %d are named", to, len(l.list))
		}
	}
}
