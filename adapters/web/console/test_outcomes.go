package console

import (
	"crypto/rand"
	"sync"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// testOutcomes remembers how the newest test notifications went, under names that nobody can
// guess: an address that held the outcome could claim any. The zero value is ready.
type testOutcomes struct {
	mu   sync.Mutex
	list []testOutcome
}

type testOutcome struct {
	firm domain.FirmID
	name string
	test ports.WebhookTest
}

// mostTests is how many outcomes are remembered.
const mostTests = 100

func (o *testOutcomes) add(f domain.FirmID, t ports.WebhookTest) (name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name = rand.Text()
	o.list = append(o.list, testOutcome{f, name, t})
	o.list = o.list[max(0, len(o.list)-mostTests):]
	return name
}

// of is the outcome of the firm's test; nil: it is not known.
func (o *testOutcomes) of(f domain.FirmID, name string) *ports.WebhookTest {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, known := range o.list {
		if known.firm == f && known.name == name {
			return &known.test
		}
	}
	return nil
}
