package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// standby is what a standby engine knows of the entry.
type standby struct {
	revision uint64 // the newest revision seen; 0: none
	free     bool   // there is no entry, it was deleted, or it is this engine's own
}

var (
	errWatchEnded = errors.New("the watch of the entry ended")
	// errWritten says that the entry was written although the watch did not show it: another
	// standby was faster, or the watch lags. A new watch shows it.
	errWritten = errors.New("the entry was written meanwhile")
)

// claim watches the entry until this engine can take it: at once when its holder deletes it, or
// when it was not renewed for its lifetime. It returns the entry's revision and the time of the
// request that wrote it.
func (l Lease) claim(ctx context.Context) (revision uint64, asked time.Time, err error) {
	watch, err := l.KV.Watch(ctx, l.Key)
	if err != nil {
		return 0, asked, fmt.Errorf("watch the entry: %w", err)
	}
	defer func() { _ = watch.Stop() }() // at the latest it ends with the connection
	now := standby{free: true}
	silent := time.NewTimer(l.Lifetime)
	defer silent.Stop()
	for {
		overdue := false
		select {
		case <-ctx.Done():
			return 0, asked, ctx.Err()
		case e, open := <-watch.Updates():
			if !open {
				return 0, asked, errWatchEnded
			}
			silent.Reset(l.Lifetime)
			now = now.after(e, l.Owner)
		case <-silent.C:
			overdue = true
		}
		if !now.free && !overdue {
			continue
		}
		asked = time.Now()
		revision, err = l.take(ctx, now)
		switch {
		case err == nil:
			return revision, asked, nil
		case ctx.Err() != nil:
			l.giveBack(0) // the server may have written the entry
			return 0, asked, ctx.Err()
		case !outrun(err):
			return 0, asked, err
		case overdue:
			return 0, asked, errWritten
		}
		now.free = false // another engine was faster
	}
}

// after returns the state after the watch delivered e; nil: the watch has delivered all entries.
func (s standby) after(e jetstream.KeyValueEntry, owner string) standby {
	if e == nil {
		return s
	}
	gone := e.Operation() != jetstream.KeyValuePut
	return standby{revision: e.Revision(), free: gone || string(e.Value()) == owner}
}

// take writes the entry for this engine, provided that nobody has written it since.
func (l Lease) take(ctx context.Context, s standby) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Lifetime/3)
	defer cancel()
	if s.revision > 0 {
		if revision, err := l.KV.Update(ctx, l.Key, []byte(l.Owner), s.revision); err == nil {
			return revision, nil
		}
	}
	return l.KV.Create(ctx, l.Key, []byte(l.Owner)) // the entry may have expired
}

// replicatedConflict is the server's code for a wrong expected sequence on a replicated stream.
const replicatedConflict = 10164

// outrun reports whether another engine wrote the entry first.
func outrun(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || (errors.As(err, &api) && api.ErrorCode == replicatedConflict)
}
