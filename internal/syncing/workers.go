package syncing

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Workers allots a fixed number of workers to the firms: the most urgent class first, but a class
// that was passed over often enough next; round-robin over the firms within a class. One firm
// holds at most half of the workers while others wait, and one worker is always reserved for a
// firm that has none.
//
// A person's click precedes events, but the clicks of one firm delay neither another firm's
// clicks nor its events.
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

// maxAside limits the suspended jobs of one firm; beyond it the firm gets no worker for a new job,
// because each suspended job holds a goroutine, and perhaps a document on the disk.
const maxAside = 32

// NewWorkers returns a pool of so many workers.
func NewWorkers(size int) *Workers { return newWorkers(size, size) }

// Fetching documents requires no worker. These limit the fetches at once, in total and per firm.
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

// suspend takes back the worker of a job that will resume later.
func (w *Workers) suspend(f domain.FirmID) {
	w.mu.Lock()
	count(w.suspended, f, 1)
	w.mu.Unlock()
	w.free(f)
}

// resume records that a job is no longer suspended.
func (w *Workers) resume(f domain.FirmID) {
	w.mu.Lock()
	count(w.suspended, f, -1)
	w.mu.Unlock()
	w.grant()
}

// grant starts jobs while workers are free.
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

// next removes the next job from its queue and assigns its firm a worker; nil: there is none.
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

// order returns the order in which the queues are tried for the next job.
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

// may reports whether a firm may have one more worker, for a new job or for one that resumes.
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
		return nil // the worker came at the same time; the caller handles the stop
	default:
		gone = true
		return errStopping
	}
}

// workerHold is a job's hold on a worker. Several goroutines may do the job: they hold the
// worker together, and it is given back while each of them does what needs none.
type workerHold struct {
	workers   *Workers
	firm      domain.FirmID
	class     class
	returning chan struct{} // holds one element while nobody waits for the worker again

	mu        sync.Mutex
	users     int  // goroutines that need the worker
	left      bool // it was given back
	suspended bool // and its job will resume
}

// newHold is the hold of a job that has a worker, for one goroutine.
func newHold(w *Workers, f domain.FirmID, c class) *workerHold {
	h := &workerHold{workers: w, firm: f, class: c, returning: make(chan struct{}, 1), users: 1}
	h.returning <- struct{}{}
	return h
}

// join lets one more goroutine hold the worker, which somebody holds.
func (s *workerHold) join() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
}

// depart ends a goroutine's hold. With the last one the worker is given back for a while.
func (s *workerHold) depart() {
	s.mu.Lock()
	s.users--
	gives := s.users == 0 && !s.left
	if gives {
		s.left, s.suspended = true, true
	}
	s.mu.Unlock()
	if gives {
		s.workers.suspend(s.firm)
	}
}

// arrive lets a goroutine hold the worker again, and waits for one where it was given back. It
// counts as a user also where none comes, because the engine stops.
func (s *workerHold) arrive(ctx context.Context, stopping <-chan struct{}) error {
	<-s.returning
	defer func() { s.returning <- struct{}{} }()
	if s.stays() {
		return nil
	}
	err := s.workers.wait(ctx, stopping, &job{firm: s.firm, class: s.class, back: true})
	s.count(err != nil)
	return err
}

// count adds a goroutine as a user, with the worker or, if none came, without it: then the job no
// longer resumes.
func (s *workerHold) count(without bool) {
	s.mu.Lock()
	s.users++
	s.left = without
	resumes := s.suspended
	s.suspended = false
	s.mu.Unlock()
	if resumes {
		s.workers.resume(s.firm)
	}
}

// stays adds a goroutine as a user if the worker was not given back.
func (s *workerHold) stays() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.users++
	}
	return !s.left
}

// without runs do, which requires no worker, without the goroutine's hold.
func (s *workerHold) without(ctx context.Context, stopping <-chan struct{}, do func() error) error {
	s.depart()
	finished := false
	defer func() {
		if !finished { // do panicked: whoever contains that goes on without a worker, as where none comes
			s.mu.Lock()
			left := s.left
			s.mu.Unlock()
			s.count(left)
		}
	}()
	err := do()
	finished = true
	if e := s.arrive(ctx, stopping); e != nil {
		return e
	}
	return err
}

// leave gives the worker back finally.
func (s *workerHold) leave() {
	if !s.left {
		s.workers.free(s.firm)
	}
}
