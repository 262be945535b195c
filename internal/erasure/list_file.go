package erasure

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// ListFile keeps the signed list of all erasures in a file: what a backup that is older than some of them
// brings back is erased again from it. A list is never replaced by one that lacks an erasure: what only
// the file has, the ledger has lost, as one that was put back from a copy, and it is erased again first.
type ListFile struct {
	// List makes the signed list of all erasures that the ledger has.
	List func(context.Context) (domain.ErasureList, error)
	// Newest has the erasures that the ledger has, each with the position of its last event.
	Newest func() (map[Ref]eventstore.Seq, error)
	// Changed returns a channel that is closed when the erasures may have changed.
	Changed func() <-chan struct{}
	// Read reads the list that the file holds; nil: there is no file. It fails if the file is not a list
	// that this engine has signed.
	Read func() (*domain.ErasureList, error)
	// Write replaces the file.
	Write func(domain.ErasureList) error
	// Again takes over erasures that the ledger does not have, and returns how many these are.
	Again func(context.Context, []domain.ErasureEntry) (int, error)
	Path  string // of the file
	Log   *slog.Logger

	working sync.Mutex // one at a time compares and writes
	mu      sync.Mutex
	kept    Kept
	seen    seen          // when the file was last as the ledger says
	renew   bool          // it is to be written though nothing has changed
	notify  chan struct{} // see asked
}

// Kept is how the file stands.
type Kept struct {
	Made     time.Time // of the list in the file; zero: not known yet
	Erasures int       // in it
	Err      error     // why it is not as the ledger says; nil: it is
}

// seen tells whether erasures have changed.
type seen struct {
	count  int
	newest eventstore.Seq
}

func seenOf(erasures map[Ref]eventstore.Seq) (s seen) {
	s.count = len(erasures)
	for _, at := range erasures {
		s.newest = max(s.newest, at)
	}
	return s
}

// Kept is how the file stands.
func (k *ListFile) Kept() Kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept
}

// retries are the pauses before further attempts to write the file.
var retries = retry.Backoff{First: time.Second, Limit: time.Minute}

// Run keeps the file as the ledger says until ctx ends, and returns nil then.
func (k *ListFile) Run(ctx context.Context) error {
	pause := time.Duration(0)
	for ctx.Err() == nil {
		changed, asked := k.Changed(), k.asked()
		err := k.keep(ctx, false)
		var again <-chan time.Time
		switch {
		case err == nil:
			pause = 0
		case errors.Is(err, ErrBusy):
			again = time.After(retries.First)
		default: // a full disk is not tried at each event
			pause = retries.Next(pause)
			again, changed, asked = time.After(pause), nil, nil
		}
		select {
		case <-changed:
			_ = retry.Wait(ctx, settle)
		case <-asked:
		case <-again:
		case <-ctx.Done():
		}
	}
	return nil
}

// Renew writes the file also where nothing was erased since: the list says then that nothing was. Where
// that fails, Run tries it again.
func (k *ListFile) Renew(ctx context.Context) error {
	err := k.keep(ctx, true)
	if err != nil {
		k.ask()
	}
	return err
}

// asked returns a channel that is closed when Renew could not do what Run has to do.
func (k *ListFile) asked() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.notify == nil {
		k.notify = make(chan struct{})
	}
	return k.notify
}

func (k *ListFile) ask() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.notify != nil {
		close(k.notify)
		k.notify = nil
	}
}

// keep compares the file with the ledger, writes it where it says something else, and notes how it stands.
func (k *ListFile) keep(ctx context.Context, renew bool) error {
	k.working.Lock()
	defer k.working.Unlock()
	k.mu.Lock()
	k.renew = k.renew || renew
	k.mu.Unlock()
	erasures, err := k.Newest()
	now := seenOf(erasures)
	if err == nil && k.isSeen(now) {
		return nil
	}
	var list domain.ErasureList
	if err == nil {
		list, err = k.replace(ctx)
	}
	if errors.Is(err, ErrBusy) || ctx.Err() != nil {
		return err
	}
	k.note(list, now, err)
	return err
}

// isSeen reports whether nothing has changed since the file was as the ledger says.
func (k *ListFile) isSeen(now seen) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.renew && k.kept.Err == nil && !k.kept.Made.IsZero() && now == k.seen
}

// replace returns the list that the file has in the end.
func (k *ListFile) replace(ctx context.Context) (domain.ErasureList, error) {
	file, err := k.Read()
	if err != nil {
		return domain.ErasureList{}, err
	}
	list, err := k.List(ctx)
	if err != nil {
		return domain.ErasureList{}, err
	}
	if file == nil {
		return list, k.Write(list)
	}
	if lost := list.Lacking(*file); len(lost) > 0 {
		return *file, k.again(ctx, lost)
	}
	k.mu.Lock()
	same := !k.renew && list.SaysAs(*file)
	k.mu.Unlock()
	if same {
		return *file, nil
	}
	return list, k.Write(list)
}

// again erases what the ledger has lost. The list is written when the rows show it.
func (k *ListFile) again(ctx context.Context, lost []domain.ErasureEntry) error {
	taken, err := k.Again(ctx, lost)
	if err != nil {
		return err
	}
	if taken > 0 {
		k.Log.Warn("the ledger lacks erasures that the list of erasures has, as one that was put back from a copy: they are done again", "path", k.Path, "erasures", taken)
	}
	return ErrBusy
}

// note keeps how the file stands. While it can't be written it stays as it was.
func (k *ListFile) note(list domain.ErasureList, now seen, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.kept.Err = err
		k.Log.Error("the list of erasures is not up to date; the engine tries again: a backup that is restored without it brings back what was erased", "path", k.Path, "err", err)
		return
	}
	if k.kept.Err != nil {
		k.Log.Info("the list of erasures is up to date again", "path", k.Path, "erasures", len(list.Entries))
	}
	k.kept, k.seen, k.renew = Kept{Made: list.Made, Erasures: len(list.Entries)}, now, false
}
