package eventstore

import (
	"container/list"
	"context"
	"iter"
	"reflect"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// resumable is a Store that can read a stream after any head and remembers the aggregates of
// streams, so that a decision does not fold the same facts again.
type resumable interface {
	readAfter(ctx context.Context, s domain.Stream, after Head) iter.Seq2[Envelope, error]
	folds() *folds
}

const (
	longStream   = 100    // events from which on a stream is long
	foldedLimit  = 50_000 // events of the long streams that are remembered
	recentStream = 2      // events from which on a short stream is remembered
	recentLimit  = 256    // short streams that are remembered
)

// folds remembers the aggregates of long streams, which are dear to fold, and of the short ones
// that were used last: a sync decides on the same stream a dozen times. Sharing them is safe,
// because Apply returns a new aggregate and never changes the old one. The zero value is ready.
type folds struct {
	mu           sync.Mutex
	long, recent foldCache
	era          uint64 // how often everything was forgotten
}

// now returns the era in which a load begins: what it reads is remembered in that era only.
func (f *folds) now() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.era
}

// forget drops everything, also what loads that are under way have read.
func (f *folds) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.era++
	f.long, f.recent = foldCache{}, foldCache{}
}

type foldKey struct {
	stream domain.Stream
	kind   reflect.Type // of the aggregate
}

type fold struct {
	key       foldKey
	aggregate any
	head      Head
}

func foldKeyOf[A any](s domain.Stream) foldKey { return foldKey{s, reflect.TypeFor[A]()} }

// recall returns the remembered aggregate of a stream and its head; zero values if there is none.
func recall[A any](f *folds, s domain.Stream) (a A, head Head) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := foldKeyOf[A](s)
	known, ok := f.long.get(key)
	if !ok {
		known, ok = f.recent.get(key)
	}
	if !ok {
		return a, head
	}
	return known.aggregate.(A), known.head
}

// remember stores the aggregate of a stream that was loaded in an era, and drops the least recently
// used ones.
func remember[A any](f *folds, era uint64, s domain.Stream, a A, head Head) {
	if head.Version < recentStream {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if era != f.era {
		return
	}
	v := fold{foldKeyOf[A](s), a, head}
	if head.Version < longStream {
		f.recent.put(v, 1, recentLimit)
		return
	}
	f.recent.drop(v.key)
	f.long.put(v, head.Version, foldedLimit)
}

// foldCache holds the folds that were used last, up to a limit of their weights.
type foldCache struct {
	known  map[foldKey]*list.Element // of weighedFold
	order  list.List                 // the last used first
	weight uint64
}

type weighedFold struct {
	fold
	weight uint64
}

func (c *foldCache) get(key foldKey) (fold, bool) {
	e, ok := c.known[key]
	if !ok {
		return fold{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(weighedFold).fold, true
}

// put stores a fold unless a newer one of its stream is known. One fold is kept whatever it weighs.
func (c *foldCache) put(v fold, weight, limit uint64) {
	if e, ok := c.known[v.key]; ok && e.Value.(weighedFold).head.Version >= v.head.Version {
		return
	}
	c.drop(v.key)
	if c.known == nil {
		c.known = map[foldKey]*list.Element{}
	}
	c.known[v.key] = c.order.PushFront(weighedFold{v, weight})
	c.weight += weight
	for c.weight > limit && c.order.Len() > 1 {
		c.drop(c.order.Back().Value.(weighedFold).key)
	}
}

func (c *foldCache) drop(key foldKey) {
	e, ok := c.known[key]
	if !ok {
		return
	}
	c.weight -= c.order.Remove(e).(weighedFold).weight
	delete(c.known, key)
}
