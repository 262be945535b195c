package smokeball

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// beforeSend is what happens to a call between its slot and its sending: it gets the
// access token that counts then, and its intent is recorded. So a call that waits has
// neither an old token nor an open intent.
type beforeSend struct {
	firm    domain.FirmID
	tokens  *tokenSource                // nil: the call is sent with used
	best    Tokens                      // that were to be had before the wait
	fresh   bool                        // they were fresh then
	refused string                      // an access token that Smokeball has refused; empty: none
	intend  func(context.Context) error // nil: the call creates nothing
	used    Tokens                      // what the call was sent with
}

type beforeSendKey struct{}

// errTokenEnded marks a call whose access token ended while it waited: it needs another
// one, and another slot.
var errTokenEnded = errors.New("the access token expired while the call waited for its slot")

// errConnectedAgain marks a call that is not repeated, because the firm has connected again since it
// was turned away: the new tokens may be another account's, for which nobody decided the call.
var errConnectedAgain = errors.New("the firm has connected again since the call was decided")

// withheld is a call that was not sent because its tokens or its intent were not to be had.
type withheld struct{ err error }

func (w *withheld) Error() string { return w.err.Error() }
func (w *withheld) Unwrap() error { return w.err }

// prepare makes the call ready to be sent. The permit is asked for once more after the
// intent was recorded, which may take time.
func (l limited) prepare(ctx context.Context, req *http.Request) (*http.Request, error) {
	if err := l.permitted(ctx); err != nil {
		return nil, err
	}
	d, _ := ctx.Value(beforeSendKey{}).(*beforeSend)
	if d == nil {
		return req, nil
	}
	if err := d.choose(ctx); err != nil {
		return nil, &withheld{err}
	}
	if d.intend != nil {
		if err := d.intend(ctx); err != nil {
			return nil, &withheld{err}
		}
		d.intend = nil // it stands; a repetition needs no other
		if err := l.permitted(ctx); err != nil {
			return nil, err
		}
	}
	signed := req.Clone(ctx)
	signed.Header.Set("Authorization", "Bearer "+d.used.Access)
	return signed, nil
}

// choose takes the firm's tokens as they are now.
func (d *beforeSend) choose(ctx context.Context) error {
	if d.tokens == nil {
		return nil
	}
	h, err := d.tokens.load(ctx, d.firm)
	if err != nil {
		return err
	}
	now := time.Now()
	switch {
	case d.used.Access != "" && h.Grant != d.used.Grant:
		return abandoned(opOwn, errConnectedAgain)
	case h.Access == d.refused || !h.alive(now):
		return errTokenEnded
	case !h.fresh(now) && (h.Access != d.best.Access || d.fresh):
		return errTokenEnded
	}
	d.used = h.Tokens
	return nil
}
