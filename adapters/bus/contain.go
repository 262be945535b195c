package bus

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// PanicError is the error of a handler that panicked. It holds the place and the type of the
// panic's value, never the value: that may be personal data.
type PanicError struct {
	Type  string // the panic value's type
	Where string // the function that panicked, such as domain.Matter.TakeIn
	Stack string
}

// Error implements error.
func (e *PanicError) Error() string {
	return "the handler panics with a " + e.Type + " at " + e.Stack
}

// Poison is what the message did to the handler.
func (e *PanicError) Poison() string {
	return fmt.Sprintf("makes the engine fail (%s in %s)", e.Type, e.Where)
}

// HangError is the error of a handler that ignored the end of its context.
type HangError struct{ After time.Duration }

// Error implements error.
func (e *HangError) Error() string {
	return fmt.Sprintf("the handler has not ended after %s", e.After)
}

// Poison is what the message did to the handler.
func (e *HangError) Poison() string {
	return "keeps the engine busy without end; it was given up after " + e.After.String()
}

// Contain runs f with a context that ends after limit. It returns a panic of f as a
// [PanicError]. If f still runs a grace period after its context ended, Contain stops waiting
// for it and returns a [HangError]. If ctx ends, f has only lastMoment to return, and Contain
// returns ctx's error.
func Contain(ctx context.Context, limit, grace time.Duration, f func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return await(ctx, within, grace, func() error { return f(within) })
}

// lastMoment is how long a running handler may take to return once ctx has ended.
const lastMoment = time.Second

// await runs f in its own goroutine. within ends before ctx, or with it.
func await(ctx, within context.Context, grace time.Duration, f func() error) error {
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- caught(f) }()
	select {
	case err := <-ended:
		return err
	case <-within.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return &HangError{After: time.Since(began).Round(time.Millisecond)}
	case <-ctx.Done():
		return atTheEnd(ctx, ended)
	}
}

// atTheEnd waits lastMoment for a handler.
func atTheEnd(ctx context.Context, ended <-chan error) error {
	over := time.NewTimer(lastMoment)
	defer over.Stop()
	select {
	case err := <-ended:
		return err
	case <-over.C:
		return fmt.Errorf("the handler still runs: %w", ctx.Err())
	}
}

// caught runs f and returns a panic as an error.
func caught(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Type: fmt.Sprintf("%T", v), Where: panicking(), Stack: string(debug.Stack())}
		}
	}()
	return f()
}

// panicking returns the name of the function that panicked, without its import path.
func panicking() string {
	calls := make([]uintptr, 32)
	frames := runtime.CallersFrames(calls[:runtime.Callers(2, calls)])
	panicked := false
	for {
		f, more := frames.Next()
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			return f.Function[strings.LastIndex(f.Function, "/")+1:]
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return "unknown"
		}
	}
}
