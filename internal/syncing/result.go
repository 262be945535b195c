package syncing

import (
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// result says how a piece of an attempt's work ended, and where the attempt goes on. The zero
// value: the piece is done.
type result struct {
	next next
	step domain.Step // where it ended, if that is another step than the one at work
	wait waiting     // what the sync waits for
	err  error       // why the piece could not be done
}

// next says where an attempt goes on.
type next int

const (
	onward  next = iota // with the next piece
	repeats             // with the same piece, by the facts as they are now
	restart             // with the first step: the state on which the steps relied has changed
	waits               // nowhere: the sync waits
	failed              // nowhere: see the error
)

// waiting is what a sync waits for.
type waiting struct {
	failure domain.Failure
	until   time.Time // zero: until what the failure names is there
	// mappings is the revision of the firm's mappings that did not help, where it waits
	// for one.
	mappings int
	// types is the ledger position up to which changes of the account's matter types were
	// known then.
	types uint64
}

// The results without further values.
var (
	done      = result{}
	again     = result{next: repeats}
	startOver = result{next: restart}
)

// fails is the result of a piece that may have failed; nil: it is done.
func fails(err error) result {
	if err == nil {
		return done
	}
	return result{next: failed, err: err}
}

// waitsFor makes the sync wait until what the failure names exists.
func waitsFor(f domain.Failure) result { return result{next: waits, wait: waiting{failure: f}} }

// decided is the result of a decision. Where somebody else decided first, the piece is
// repeated by the facts as they are now; where what the steps rely on has changed, they start over.
func decided(err error) result {
	switch {
	case errors.Is(err, domain.ErrTaken):
		return again
	case errors.Is(err, domain.ErrOutdated):
		return startOver
	}
	return fails(err)
}

// ends reports whether the piece after this one is not to begin.
func (r result) ends() bool { return r.next != onward }

// or is the result, or the other one where the piece is done.
func (r result) or(other result) result {
	if r.ends() {
		return r
	}
	return other
}

// in notes the step where it ended, unless a step within it is known: the innermost knows best.
func (r result) in(s domain.Step) result {
	if r.ends() && r.step == "" {
		r.step = s
	}
	return r
}

// repeat does a piece of work until it is not to be repeated.
func repeat(do func() result) result {
	for {
		if r := do(); r.next != repeats {
			return r
		}
	}
}
