package syncing

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Workers shares a fixed number of workers out among the firms. The most urgent class of
// work goes first, but a class that was passed over often enough goes next; within a class
// the firms take turns. One firm holds at most half of the workers while others wait, and
// one worker is always kept for a firm that has none.
//
// A person's click is more urgent than an event, and no more than that: the clicks of one
// firm hold up neither another firm's clicks nor its events.
type Workers struct {
	size int // workers
	most int // of them for one firm, whoever waits

	mu        sync.Mutex
	used      int
	held      map[domain.FirmID]int // workers that a firm has
	suspended map[domain.FirmID]int // jobs of a firm that gave their worker back for a while
	waiting   map[domain.FirmID]int // jobs of a firm that wait
	queues    [classes]classQueue
}

// maxAside is how many jobs of one firm may be aside before it gets no worker for another:
// each keeps a goroutine, and perhaps a document on the disk.
const maxAside = 32

// NewWorkers are so many workers.
func NewWorkers(size int) *Workers { return newWorkers(size, size) }

// Fetching documents needs no worker. So many are fetched at once, so many of one firm.
const (
	fetches     = 16
	firmFetches = 4
)

// NewFetches are the places for documents that are being fetched.
func NewFetches() *Workers { return newWorkers(fetches, firmFetches) }

func newWorkers(size, most int) *Workers {
	return &Workers{size: size, most: most, held: map[domain.FirmID]int{}, suspended: map[domain.FirmID]int{}, waiting: map[domain.FirmID]int{}}
}

// ask queues a job and starts what may start.
func (w *Workers) ask(j *job) {
	w.mu.Lock()
	w.queues[j.class].push(j)
	w.waiting[j.firm]++
	w.mu.Unlock()
	w.grant()
}

// free takes a worker back from a firm and starts what may start.
func (w *Workers) free(f domain.FirmID) {
	w.release(f)
	w.grant()
}

func (w *Workers) release(f domain.FirmID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used--
	count(w.held, f, -1)
}

// suspend takes a worker back from a firm whose job will come back for one.
func (w *Workers) suspend(f domain.FirmID) {
	w.mu.Lock()
	count(w.suspended, f, 1)
	w.mu.Unlock()
	w.free(f)
}

// resume notes that a job is no longer aside.
func (w *Workers) resume(f domain.FirmID) {
	w.mu.Lock()
	count(w.suspended, f, -1)
	w.mu.Unlock()
	w.grant()
}

// grant starts jobs as long as there is a worker for one.
func (w *Workers) grant() {
	for {
		j := w.next()
		if j == nil {
			return
		}
		if !j.start() {
			w.release(j.firm)
		}
	}
}

// next takes the next job out of its queue and gives its firm a worker, or
// returns nil.
func (w *Workers) next() *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.used >= w.size {
		return nil
	}
	for _, c := range w.order() {
		j := w.queues[c].pop(w.may)
		if j == nil {
			continue
		}
		w.queues[c].passed = 0
		for later := c + 1; later < classes; later++ {
			if len(w.queues[later].firms) > 0 {
				w.queues[later].passed++
			}
		}
		w.used++
		count(w.held, j.firm, 1)
		count(w.waiting, j.firm, -1)
		return j
	}
	return nil
}

// order is in which order the queues are asked for the next job.
func (w *Workers) order() []class {
	order := make([]class, 0, classes+1)
	for c := classes - 1; c > 0; c-- {
		if w.queues[c].passed >= retryWindow {
			order = append(order, c)
			break
		}
	}
	for c := range classes {
		order = append(order, c)
	}
	return order
}

// may reports whether a firm may have one more worker, for a fresh job or for one that
// comes back.
func (w *Workers) may(f domain.FirmID, back bool) bool {
	has := w.held[f]
	switch {
	case !back && w.suspended[f] >= maxAside:
		return false
	case has == 0:
		return true
	case w.used >= w.size-1 || has >= w.most:
		return false
	}
	others := len(w.waiting)
	if w.waiting[f] > 0 {
		others--
	}
	return others == 0 || has < w.size/2
}

// count adds n to a firm's number; one that is 0 is not kept.
func count(m map[domain.FirmID]int, f domain.FirmID, n int) {
	if m[f] += n; m[f] == 0 {
		delete(m, f)
	}
}

// enter waits for a worker. leave gives it back.
func (w *Workers) enter(ctx context.Context, stopping <-chan struct{}, f domain.FirmID, c class) (leave func(), err error) {
	if err := w.wait(ctx, stopping, &job{firm: f, class: c}); err != nil {
		return nil, err
	}
	return func() { w.free(f) }, nil
}

// wait queues the job and waits until it has a worker.
func (w *Workers) wait(ctx context.Context, stopping <-chan struct{}, j *job) error {
	granted := make(chan struct{})
	var mu sync.Mutex
	gone := false
	j.start = func() bool {
		mu.Lock()
		defer mu.Unlock()
		if !gone {
			close(granted)
		}
		return !gone
	}
	w.ask(j)
	select {
	case <-granted:
		return nil
	case <-ctx.Done():
	case <-stopping:
	}
	mu.Lock()
	defer mu.Unlock()
	select {
	case <-granted:
		return nil // it came at the same moment; who asked sees to the stop
	default:
		gone = true
		return errStopping
	}
}

// workerHold is a job's hold on a worker.
type workerHold struct {
	workers *Workers
	firm    domain.FirmID
	class   class
	left    bool
}

// without gives the worker back while do works on what needs none, and waits for one again.
func (s *workerHold) without(ctx context.Context, stopping <-chan struct{}, do func() error) error {
	s.left = true
	s.workers.suspend(s.firm)
	defer s.workers.resume(s.firm)
	err := do()
	if e := s.workers.wait(ctx, stopping, &job{firm: s.firm, class: s.class, back: true}); e != nil {
		return e
	}
	s.left = false
	return err
}

// leave gives the worker back for good.
func (s *workerHold) leave() {
	if !s.left {
		s.workers.free(s.firm)
	}
}
