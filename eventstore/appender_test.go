package eventstore

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// slowSealer takes a time for an event, as where a new key has to be stored first on a cluster.
type slowSealer map[domain.SyncID]time.Duration

func (s slowSealer) Seal(_ Place, e domain.Event, data []byte) (Sealed, error) {
	time.Sleep(s[e.(domain.SyncReleased).Sync])
	return Sealed{}, nil
}

func (slowSealer) Settle(uint64) error { return nil }

func (slowSealer) Open(_ Place, stored []byte) ([]byte, error) { return stored, nil }

// TestAGroupWaitsForWhatIsBeingSealed: a commit that is almost sealed shares the flush of the one
// before it; what takes longer than a moment delays nobody, and a writer alone never waits.
func TestAGroupWaitsForWhatIsBeingSealed(t *testing.T) {
	for _, c := range []struct {
		what   string
		limit  int
		sealed []time.Duration
		groups []int
		took   time.Duration
	}{
		{"a writer alone", boltGroup, []time.Duration{0}, []int{1}, 0},
		{"two almost at once", boltGroup, []time.Duration{0, groupWait / 2}, []int{2}, groupWait / 2},
		{"one that takes long", boltGroup, []time.Duration{0, 5 * groupWait}, []int{1, 1}, groupWait},
		{"a group that is full", 1, []time.Duration{0, groupWait / 2}, []int{1, 1}, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seals := slowSealer{}
				var groups []int
				var first time.Duration
				began := time.Now()
				a := startAppender(c.limit, seals, func(group []*pending) {
					if groups = append(groups, len(group)); len(groups) == 1 {
						first = time.Since(began)
					}
					for _, p := range group {
						p.settle(Head{}, nil)
					}
				})
				defer a.close()
				for i, d := range c.sealed {
					seals[domain.SyncID(fmt.Sprint("s_", i))] = d
				}
				done := make(chan error)
				for i := range slices.Backward(c.sealed) { // the one that is sealed at once comes last
					go func() {
						_, err := a.append(t.Context(), Commit{Stream: domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", i))), At: began,
							Events: []domain.Event{domain.SyncReleased{Sync: domain.SyncID(fmt.Sprint("s_", i))}}})
						done <- err
					}()
					if i > 0 {
						synctest.Wait()
					}
				}
				for range c.sealed {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				if !slices.Equal(groups, c.groups) || first != c.took {
					t.Errorf("groups of %v, the first after %s; want %v after %s", groups, first, c.groups, c.took)
				}
			})
		})
	}
}

// TestAGroupIsWhatWaits, up to its limit; a writer that appends alone, again and again, never waits.
func TestAGroupIsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var groups []int
		begun, goOn := make(chan struct{}, 9), make(chan struct{})
		a := startAppender(2, nil, func(group []*pending) {
			groups = append(groups, len(group))
			begun <- struct{}{}
			<-goOn
			for _, p := range group {
				p.settle(Head{}, nil)
			}
		})
		defer a.close()
		done := make(chan error)
		write := func(i int) {
			_, err := a.append(t.Context(), Commit{Stream: domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", i))), At: time.Now(),
				Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}})
			done <- err
		}
		go write(0)
		<-begun
		for i := range 3 {
			go write(i + 1)
		}
		synctest.Wait()
		close(goOn)
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(groups, []int{1, 2, 1}) {
			t.Errorf("groups of %v, want 1, 2 and 1", groups)
		}
		for i := range 3 {
			synctest.Wait()
			began := time.Now()
			go write(9)
			if err := <-done; err != nil {
				t.Error(err)
			}
			if took := time.Since(began); i > 0 && took > 0 {
				t.Errorf("a writer alone waits %s", took)
			}
		}
	})
}
