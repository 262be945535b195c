package domain

// trail is a set that grows without changing the sets it grew from: each value is one
// step behind the next. Adding is cheap, which folding does for every event; looking
// walks back, which deciding does once.
type trail[K comparable] struct {
	key    K
	before *trail[K]
}

func (t *trail[K]) has(k K) bool {
	for ; t != nil; t = t.before {
		if t.key == k {
			return true
		}
	}
	return false
}

func (t *trail[K]) with(k K) *trail[K] { return &trail[K]{key: k, before: t} }
