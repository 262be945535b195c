//go:build !race

package syncing_test

// Go 1.26's race detector ends with a segmentation fault of its own in this walk; .ci/run runs it
// without.

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestNothingIsCalledTheSameThatIsNot walks through random changes of both sides: whenever
// the rows have what the ledger has, no field is the same, or differs, that Smokeball has not
// so, unless the webhook that tells of it is still on its way.
func TestNothingIsCalledTheSameThatIsNot(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, smokeballsim.Config{Seed: seed + 1, VisibleAfter: smokeballsim.Delay{Max: time.Second}})
			o.reads = true
			o.start()
			o.connect()
			o.hooks()
			o.fault(smokeballsim.Fault{Kind: smokeballsim.Duplicate, Probability: 0.1})
			chance := rand.New(rand.NewPCG(seed, 7))
			m := accident()
			o.sends(m)
			o.readAll()
			for step := range 100 {
				switch chance.IntN(6) {
				case 0, 1:
					o.edit(fmt.Sprintf(`{"status":%q}`, []string{"Open", "Pending", "Closed"}[chance.IntN(3)]))
				case 2:
					o.edit(fmt.Sprintf(`{"description":"Their name %d"}`, step))
				case 3:
					o.must(o.sim.EditContact(string(o.one().ClientIDs[0]), fmt.Appendf(nil, `{"person":{"lastName":"Name%d"}}`, step)))
				case 4:
					m.Version++
					m.Title, m.Status = fmt.Sprint("Our name ", step), []string{"active", "pending", "closed"}[chance.IntN(3)]
					o.tell(updated(m))
				case 5:
					o.restart()
				}
				time.Sleep(time.Duration(chance.IntN(4000)) * time.Millisecond)
				synctest.Wait()
				o.truthful(step, 3*time.Second)
			}
			o.readAll()
			o.truthful(100, 0)
		})
	}
}
