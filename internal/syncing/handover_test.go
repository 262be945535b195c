package syncing_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestEnginesThatTakeOver lets fifty matters of one new client arrive at once at several
// engines, of which one after the other works on them. The next one always begins while
// the last one is still at it, as where a lease is lost and nobody told its holder yet.
func TestEnginesThatTakeOver(t *testing.T) { eachSeed(t, 6, 4, takeOver) }

func takeOver(t *testing.T, seed uint64) {
	quickly(t, seed, func(o *office) {
		r := rand.New(rand.NewPCG(seed, seed))
		if seed%2 != 0 {
			o.hooks()
		}
		if seed%3 == 0 {
			for _, f := range weather {
				o.fault(f)
			}
		}
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		const matters = 50
		var arrivals sync.WaitGroup
		for i := range matters {
			through := o.engine
			arrivals.Go(func() {
				if err := through.intake.TakeIn(o.Context(), created(numbered(i, maria()))); err != nil {
					o.Error(err)
				}
			})
			if i%10 == 9 {
				o.next(time.Duration(r.Int64N(int64(5 * time.Second))))
			}
		}
		arrivals.Wait()
		for range 5 {
			time.Sleep(time.Duration(r.Int64N(int64(10 * time.Second))))
			o.next(time.Duration(r.Int64N(int64(5 * time.Second))))
		}
		o.rest()
		settle()
		s, once := o.kept(), map[string]bool{}
		for _, m := range s.Matters {
			once[m.ExternalSystemID] = true
		}
		if len(s.Contacts) != 1 || len(s.Matters) != matters || len(once) != matters {
			o.Errorf("of %d matters Smokeball has %d, %d of them different, and %d contacts", matters, len(s.Matters), len(once), len(s.Contacts))
		}
		for i := range matters {
			if e := o.newest(domain.MatterID(fmt.Sprint("m_", i))); e.Status != domain.Succeeded {
				o.Errorf("the sync of m_%d is %s: %s", i, e.Status, told(e.Error))
			}
		}
		if o.Failed() {
			o.Logf("replay it with: go test -run TestEnginesThatTakeOver ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}

// TestTheNextLeaderFirstDoesWhatIsNotDone tells that a new matter does not wait behind the
// confirmations of all syncs that ran when the engine before this one ended.
func TestTheNextLeaderFirstDoesWhatIsNotDone(t *testing.T) {
	t.Parallel()
	const ran = 20
	slowly(t, smokeballsim.Delay{Min: time.Minute, Max: time.Minute}, func(o *office) {
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		for i := range ran {
			o.must(o.intake.TakeIn(o.Context(), created(numbered(i, maria()))))
		}
		o.until("all are made", func() bool { return o.calls(makeMatter) == ran })
		o.rate = 1
		o.restart()
		time.Sleep(3 * time.Second) // all confirmations are looked for
		o.must(o.intake.TakeIn(o.Context(), created(numbered(ran, domain.ClientData{ID: "c_new", Version: 1, FirstName: "Noel", LastName: "Newman", Email: "noel@example.com"}))))
		began := time.Now()
		o.until("the new client is there", func() bool { return o.calls(makeContact) == 2 })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("at one call a second the first change came after %s", took)
		}
		o.rest()
	})
}

// next starts another engine beside the present one, which ends some time later.
func (o *office) next(both time.Duration) {
	o.Helper()
	last := o.engine
	o.start()
	time.Sleep(both)
	o.end(last)
}
