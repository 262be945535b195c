package erasure

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// counted counts how many read the whole ledger at the same time.
type counted struct {
	*eventstore.Bolt
	now, most atomic.Int64
}

func (c *counted) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		n := c.now.Add(1)
		defer c.now.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
		time.Sleep(2 * time.Millisecond) // others begin meanwhile, if they may
		for env, err := range c.Bolt.Tail(ctx, after) {
			if !yield(env, err) {
				return
			}
		}
	}
}

// TestPagesOfErasuresReadTheLedgerOneAfterTheOther: each page reads the whole ledger, and is not counted as a
// change is; opened many times at once it would take the machine from all firms.
func TestPagesOfErasuresReadTheLedgerOneAfterTheOther(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "One", rivera)
	ledger := &counted{Bolt: p.ledger}
	s := p.runner.Service
	s.Ledger, s.Queue = ledger, NewQueue()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := s.Plan(t.Context(), firm, domain.EraseSubject{Client: "c_r"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := ledger.most.Load(); n != 1 {
		t.Errorf("%d read the ledger at the same time", n)
	}
}

// TestAFirmThatAsksOftenIsNotBeforeAnother: of many requests of one firm only one waits where others do.
func TestAFirmThatAsksOftenIsNotBeforeAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := NewQueue()
		end, err := queue.enter(t.Context(), "f_busy")
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []domain.FirmID
		ask := func(f domain.FirmID) {
			go func() {
				end, err := queue.enter(t.Context(), f)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, f)
				mu.Unlock()
				end()
			}()
			synctest.Wait()
		}
		for range 3 {
			ask("f_busy")
		}
		ask("f_other")
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := queue.enter(gone, "f_third"); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever has left waits: %v", err)
		}
		end()
		synctest.Wait()
		if want := []domain.FirmID{"f_other", "f_busy", "f_busy", "f_busy"}; !slices.Equal(order, want) {
			t.Errorf("the order is %v", order)
		}
		if end, err = queue.enter(t.Context(), "f_third"); err != nil {
			t.Fatal(err)
		}
		end()
	})
}
