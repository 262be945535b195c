package eventstore

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// keyed seals with keys that have to be settled, and notes which of them were.
type keyed struct {
	turned
	settled []uint64
	err     error
}

func (k *keyed) Seal(at Place, e domain.Event, data []byte) (Sealed, error) {
	s, err := k.turned.Seal(at, e, data)
	if s.Data != nil {
		s.Keys = at.Version
	}
	return s, err
}

func (k *keyed) Settle(keys uint64) error {
	k.settled = append(k.settled, keys)
	return k.err
}

// TestNoEventIsStoredBeforeItsKeys: while the keys can't be settled nothing of the commit is stored, and
// later all of it is. What needs no key does not wait.
func TestNoEventIsStoredBeforeItsKeys(t *testing.T) {
	type ledger interface {
		Store
		Last(context.Context) (Seq, error)
	}
	for kind, open := range map[string]func(*testing.T, Sealer) ledger{
		"bbolt": func(t *testing.T, s Sealer) ledger {
			b, err := OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{Seals: s})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			return b
		},
		"JetStream": func(t *testing.T, s Sealer) ledger { return openForm(t, startEmbedded(t), s) },
	} {
		t.Run(kind, func(t *testing.T) {
			seals := &keyed{err: errors.New("the disk is full")}
			l := open(t, seals)
			of := func(last Head, events ...domain.Event) Commit {
				return Commit{Stream: domain.MatterStream("f_1", "m_1"), Last: last, At: time.Unix(9, 0), Events: events}
			}
			sealed := of(Head{}, domain.SyncReleased{Sync: "s_1"}, domain.SyncReleased{Sync: "s_1"})
			if _, err := l.Append(t.Context(), sealed); !errors.Is(err, seals.err) {
				t.Errorf("without its keys it is appended: %v", err)
			}
			if last, err := l.Last(t.Context()); last != 0 || err != nil {
				t.Errorf("the ledger ends at %d, %v", last, err)
			}
			head, err := l.Append(t.Context(), of(Head{}, domain.SyncStarted{Sync: "s_1"}))
			if err != nil || !slices.Equal(seals.settled, []uint64{2}) {
				t.Errorf("what needs no key: %v; settled were %v", err, seals.settled)
			}
			seals.err = nil
			sealed.Last = head
			if _, err := l.Append(t.Context(), sealed); err != nil || !slices.Equal(seals.settled, []uint64{2, 3}) {
				t.Errorf("with its keys: %v; settled were %v", err, seals.settled)
			}
			if last, err := l.Last(t.Context()); last != 3 || err != nil {
				t.Errorf("the ledger ends at %d, %v", last, err)
			}
		})
	}
}
