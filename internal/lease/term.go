package lease

import (
	"context"
	"sync/atomic"
	"time"
)

// term is how long this engine may be sure that it leads.
type term struct{ end atomic.Pointer[time.Time] }

type termKey struct{}

// sure is for how long after it was asked for an entry is certainly ours: a little less
// than it lives.
func (l Lease) sure() time.Duration { return l.Life - l.Life/4 }

func (l Lease) term(asked time.Time) *term {
	t := &term{}
	t.prolong(asked.Add(l.sure()))
	return t
}

func (t *term) prolong(end time.Time) { t.end.Store(&end) }

// lasts reports whether the term has not ended by either clock: the steady one may stand
// still while a machine sleeps, and the wall clock may be set.
func (t *term) lasts(now time.Time) bool {
	end := *t.end.Load()
	return now.Before(end) && now.Round(0).Before(end.Round(0))
}

// Held reports whether the lease under which ctx's work was begun is certainly still this
// engine's: also at once after the engine stood still, when nobody told it yet that it has
// lost it. Work of no lease may always go on.
func Held(ctx context.Context) bool {
	t, ok := ctx.Value(termKey{}).(*term)
	return !ok || t.lasts(time.Now())
}
