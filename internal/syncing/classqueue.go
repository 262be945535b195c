package syncing

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// class is how urgent a job is.
type class int

// The classes, the most urgent first.
const (
	clicked class = iota // a person waits for it
	live                 // an event asked for it
	bulk                 // many matters at once
	classes
)

// retryWindow is how many jobs of more urgent classes go first while one of a class waits.
const retryWindow = 4

// classOf returns the class of a sync with the trigger.
func classOf(t domain.Trigger) class {
	switch t {
	case domain.TriggerManual, domain.TriggerRetry:
		return clicked
	case domain.TriggerBulk:
		return bulk
	}
	return live
}

// job is work of a firm that waits for a worker.
type job struct {
	firm  domain.FirmID
	class class
	back  bool        // it had a worker before and goes on: such go first within their firm
	start func() bool // sets to work; false: it no longer needs a worker
}

// classQueue holds the waiting jobs of one class, firm by firm, first in first out.
type classQueue struct {
	firms  []domain.FirmID // that have jobs here, the next one first
	jobs   map[domain.FirmID]*waitingJobs
	passed int // jobs of more urgent classes that went first since this queue's last one
}

type waitingJobs struct{ back, fresh []*job }

func (l *classQueue) push(j *job) {
	if l.jobs == nil {
		l.jobs = map[domain.FirmID]*waitingJobs{}
	}
	q := l.jobs[j.firm]
	if q == nil {
		q = &waitingJobs{}
		l.jobs[j.firm] = q
		l.firms = append(l.firms, j.firm)
	}
	if j.back {
		q.back = append(q.back, j)
	} else {
		q.fresh = append(q.fresh, j)
	}
}

// pop removes the first job of the first firm that may have a worker, for a new job or
// for one that resumes, and moves the firm to the end; nil: there is none.
func (l *classQueue) pop(may func(f domain.FirmID, back bool) bool) *job {
	for i, f := range l.firms {
		q := l.jobs[f]
		from := &q.back
		if len(q.back) == 0 {
			from = &q.fresh
		}
		if !may(f, len(q.back) > 0) {
			continue
		}
		j := (*from)[0]
		(*from)[0] = nil
		*from = (*from)[1:]
		l.firms = slices.Delete(l.firms, i, i+1)
		if len(q.back)+len(q.fresh) > 0 {
			l.firms = append(l.firms, f)
		} else {
			delete(l.jobs, f)
		}
		return j
	}
	return nil
}
