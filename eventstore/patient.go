package eventstore

import (
	"context"
	"time"
)

const (
	// patientWait is how long a patient append waits at most for others.
	patientWait = 3 * time.Millisecond
	// fewWriters is how many appends a group has at most where patient ones don't wait.
	fewWriters = 2
)

type patientKey struct{}

// Patient marks the appends under ctx as those of messages that the bus has on disk already, so that
// nobody waits for them. While many are made, each may wait for some milliseconds: more of them then
// share a flush to disk, and the bus, which flushes each message alone, has the disk for itself
// meanwhile. An append that is not patient neither waits so long nor is held up by patient ones.
func Patient(ctx context.Context) context.Context { return context.WithValue(ctx, patientKey{}, true) }

func isPatient(ctx context.Context) bool { return ctx.Value(patientKey{}) != nil }

// allPatient reports whether a group may wait.
func allPatient(group []*pending) bool {
	for _, p := range group {
		if !isPatient(p.ctx) {
			return false
		}
	}
	return true
}
