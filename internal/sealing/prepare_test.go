package sealing

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// meeting is a home where nobody adds a key before all who are expected do.
type meeting struct {
	home
	expected *sync.WaitGroup
}

func (m meeting) add(subject string, wrapped []byte) (slot, error) {
	m.expected.Done()
	m.expected.Wait()
	return m.home.add(subject, wrapped)
}

// TestTheKeysOfANewMatterAreMadeAtOnce: on a cluster each takes a round trip. One after the other they would
// wait for each other for ever.
func TestTheKeysOfANewMatterAreMadeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := openKeys(t, t.TempDir())
		expected := new(sync.WaitGroup)
		expected.Add(2)
		k.home = meeting{k.home, expected}
		m := rivera
		m.Matter.OtherClients = nil
		_, data, err := domain.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		at := eventstore.Place{Stream: somewhere, Version: 1, Name: m.EventName()}
		if stored, err := (&Sealer{Keys: k}).Seal(at, m, data); err != nil || stored.Keys == 0 {
			t.Errorf("it is sealed with the keys of batch %d, %v", stored.Keys, err)
		}
		for _, subject := range []string{somewhere.String(), domain.ClientStream("f_1", m.Matter.Client.ID).String()} {
			if k.known(subject) == nil {
				t.Errorf("%s has no key", subject)
			}
		}
	})
}
