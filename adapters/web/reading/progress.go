package reading

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

// AnswerTimeout is how long a caller waits for the views or for Smokeball.
const AnswerTimeout = 5 * time.Second

// Progress waits until the views include a ledger position.
type Progress struct{ Views ports.Progress }

// CatchUp waits for the position. After AnswerTimeout it fails with a problem that says when
// to ask again.
func (p Progress) CatchUp(ctx context.Context, position uint64) error {
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()
	err := p.Views.Wait(ctx, position)
	if errors.Is(err, context.DeadlineExceeded) {
		return problem.New(http.StatusServiceUnavailable, problem.CodeNotCaughtUp,
			fmt.Sprintf("The answer does not include ledger position %d yet; it is at %d.", position, p.Views.Position()),
			"Ask again in a second.").With("Retry-After", "1")
	}
	return err
}

// Settle waits until the answer shows a change that was just made. The change is made even
// if the views do not reach it in time.
func (p Progress) Settle(ctx context.Context, position uint64) error {
	err := p.CatchUp(ctx, position)
	if late := problem.As(err); late != nil && late.Code == problem.CodeNotCaughtUp {
		return nil
	}
	return err
}
