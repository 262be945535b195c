package bulk

import (
	"sync"
	"sync/atomic"

	"github.com/casehug/smokeball-sync/domain"
)

// Meter counts the calls of the syncs that bulk syncs asked for, sync by sync, so that each bulk
// sync counts its own. The zero value is ready.
type Meter struct {
	mu    sync.Mutex
	firms map[domain.FirmID]map[domain.SyncID]*atomic.Int64
}

// Of is the count of a firm's sync.
func (m *Meter) Of(f domain.FirmID, s domain.SyncID) *atomic.Int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.firms == nil {
		m.firms = map[domain.FirmID]map[domain.SyncID]*atomic.Int64{}
	}
	if m.firms[f] == nil {
		m.firms[f] = map[domain.SyncID]*atomic.Int64{}
	}
	if m.firms[f][s] == nil {
		m.firms[f][s] = new(atomic.Int64)
	}
	return m.firms[f][s]
}

// made is what was counted of a sync since it was taken last.
func (m *Meter) made(f domain.FirmID, s domain.SyncID) int { return int(m.Of(f, s).Load()) }

// take returns what made does, and begins again.
func (m *Meter) take(f domain.FirmID, s domain.SyncID) int { return int(m.Of(f, s).Swap(0)) }

// forget drops a sync that has ended.
func (m *Meter) forget(f domain.FirmID, s domain.SyncID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.firms[f], s)
}

// close drops a firm's syncs. Those that wait for somebody may have been counted after their
// bulk sync was over.
func (m *Meter) close(f domain.FirmID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.firms, f)
}
