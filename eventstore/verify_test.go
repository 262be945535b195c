package eventstore

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// readOtherwise is a ledger whose streams are not those of its log.
type readOtherwise struct {
	Store
	read iter.Seq2[Envelope, error]
}

func (r readOtherwise) Read(context.Context, domain.Stream) iter.Seq2[Envelope, error] { return r.read }

// TestVerifyComparesTheLogWithItsStreams. What was appended after the position is not compared.
func TestVerifyComparesTheLogWithItsStreams(t *testing.T) {
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	stream, at := domain.MatterStream("f_1", "m_1"), []time.Time{time.Unix(9, 0).UTC(), time.Unix(5, 0).UTC(), time.Unix(99, 0).UTC()}
	var head Head
	for i, at := range at {
		var err error
		head, err = b.Append(t.Context(), Commit{Stream: stream, Last: head, At: at, Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}})
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	want := Verified{Events: 2, Streams: 1, Last: 2, Newest: at[0]}
	if v, err := Verify(t.Context(), b, 2); err != nil || v != want {
		t.Errorf("verified: %+v, %v", v, err)
	}
	fault := errors.New("a fault")
	for name, c := range map[string]struct {
		read iter.Seq2[Envelope, error]
		want error
	}{
		"a stream can't be read":    {func(yield func(Envelope, error) bool) { yield(Envelope{}, fault) }, fault},
		"a stream lacks events":     {yields(1), ErrDamaged},
		"a stream has others later": {yields(1, 2, 3), nil},
		"a stream has more":         {yields(1, 2, 2), ErrDamaged},
	} {
		if _, err := Verify(t.Context(), readOtherwise{b, c.read}, 2); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// yields is a stream with events at these positions.
func yields(at ...Seq) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		for _, seq := range at {
			if !yield(Envelope{Seq: seq}, nil) {
				return
			}
		}
	}
}
