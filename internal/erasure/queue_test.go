package erasure

import (
	"context"
	"errors"
	"fmt"
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

// counted counts how many read what the ledger has of a firm at the same time.
type counted struct {
	*eventstore.Bolt
	now, most atomic.Int64
}

func (c *counted) ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		n := c.now.Add(1)
		defer c.now.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
		time.Sleep(2 * time.Millisecond) // others begin meanwhile, if they may
		for env, err := range c.Bolt.ReadKind(ctx, k, f) {
			if !yield(env, err) {
				return
			}
		}
	}
}

// TestErasuresReadTheLedgerOneAfterTheOther: each page, and each request, reads all that the ledger has of a
// firm; many at once would take the machine from all firms.
func TestErasuresReadTheLedgerOneAfterTheOther(t *testing.T) {
	p := newPlace(t)
	ledger := &counted{Bolt: p.ledger}
	s := p.runner.Service
	s.Kinds, s.Queue = ledger, NewQueue()
	var all sync.WaitGroup
	for n := range 8 {
		id := domain.MatterID(fmt.Sprint("m_", n))
		p.matter(t, id, "One", rivera)
		all.Go(func() {
			if _, err := s.Plan(t.Context(), firm, domain.EraseSubject{Matter: id}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, _, _, err := s.Request(t.Context(), admin(), domain.EraseSubject{Matter: id}); err != nil {
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
