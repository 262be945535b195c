package bus

import "sync"

// quota bounds what each firm's guests have in [Inbox] that the engine has not taken in: a
// firm whose events pile up leaves room to the others. It counts in two ages, and forgets the
// older one when all that the stream held at its end was taken in.
type quota struct {
	most int64 // bytes of one firm

	mu         sync.Mutex
	older, now map[guest]int64
	end        uint64 // the stream's last sequence when the older age ended
}

func newQuota(most int64) *quota {
	return &quota{most: most, older: map[guest]int64{}, now: map[guest]int64{}}
}

// take says whether the guest has room for so many bytes, and takes it.
func (q *quota) take(who guest, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.older[who]+q.now[who]+int64(bytes) > q.most {
		return false
	}
	q.now[who] += int64(bytes)
	return true
}

// turn notes how far the stream goes, and how far it was taken in.
func (q *quota) turn(last, done uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done >= q.end {
		q.older, q.now, q.end = q.now, map[guest]int64{}, last
	}
}

// shareOfOne is the part of a stream's room that one firm's guests may fill.
const shareOfOne = 8
