package bus

import "sync"

// quota limits the messages of each firm's tenants in [Inbox] that the engine has not processed,
// so that a firm whose events pile up leaves room for the others. It counts in two periods, and
// drops the older one when the engine has processed all that the stream held at its end.
type quota struct {
	most int64 // bytes of one firm

	mu         sync.Mutex
	older, now map[tenant]int64
	end        uint64 // the stream's last sequence when the older period ended
}

func newQuota(most int64) *quota {
	return &quota{most: most, older: map[tenant]int64{}, now: map[tenant]int64{}}
}

// take reserves the bytes for the tenant, and reports whether its share has room for them.
func (q *quota) take(who tenant, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.older[who]+q.now[who]+int64(bytes) > q.most {
		return false
	}
	q.now[who] += int64(bytes)
	return true
}

// acquire drops the older period once the engine has processed everything up to its end: last
// is the stream's last sequence, done the last one processed.
func (q *quota) acquire(last, done uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done >= q.end {
		q.older, q.now, q.end = q.now, map[tenant]int64{}, last
	}
}

// shareOfOne is the part of a stream's room that one firm's tenants may fill.
const shareOfOne = 8
