package smokeball

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// caller makes the calls of firms, each with the app and the sign-in of its firm.
type caller struct {
	shared   *app                   // that any firm may allow
	own      map[domain.FirmID]*app // firms' own
	circuits *circuits
	host     string
}

// do makes a call for firm and decodes its answer into out (nil: not needed). A call
// turned away for its sign-in is made once more with new tokens.
func (c *caller) do(ctx context.Context, firm domain.FirmID, k call, out any) error {
	k = k.named()
	if r := rehearsedIn(ctx); r != nil {
		if answered, err := r.take(ctx, k, out); answered {
			return err
		}
	}
	app := c.app(firm)
	d := &beforeSend{firm: firm, tokens: app.tokens, intend: k.intend}
	a, err := c.signed(ctx, app, d, k)
	if err != nil {
		return err
	}
	if renewable(a.status, d.used) {
		a, err = c.again(ctx, app, d, k, a)
		if err != nil {
			return err
		}
	}
	if a.status == http.StatusForbidden && c.shutOut(ctx, app, d, k) {
		f := k.keyRefused(app, a)
		c.circuits.recordFailure(firm, f)
		return f
	}
	return app.conclude(k, a, out)
}

// shutOut reports whether Smokeball refuses the app itself, not only what the call is
// about: it refuses even to name the account.
func (c *caller) shutOut(ctx context.Context, app *app, d *beforeSend, refused call) bool {
	k := readFirm()
	if refused.op == k.op {
		return true
	}
	look := &beforeSend{firm: d.firm, tokens: d.tokens}
	a, err := c.signed(ctx, app, look, k.named())
	return err == nil && a.status == http.StatusForbidden && k.refusal(a).told
}

// signed sends the call with tokens that are alive when its slot is granted. Where they end
// while it waits it gets others, and waits again.
func (c *caller) signed(ctx context.Context, app *app, d *beforeSend, k call) (answer, error) {
	for {
		tokens, err := app.tokens.Token(ctx, d.firm)
		if err != nil {
			return answer{}, during(k.op, err)
		}
		d.best, d.fresh = tokens, tokens.fresh(time.Now())
		a, err := c.send(slotFor(ctx, d.firm, tokens.Issued), app, d, k)
		if !errors.Is(err, errTokenEnded) {
			return a, err
		}
	}
}

// renewable reports whether new tokens may help: the access token has ended, or it is
// not younger than the grant whose scopes it should carry.
func renewable(status int, t Tokens) bool {
	return status == http.StatusUnauthorized ||
		(status == http.StatusForbidden && !t.Obtained.After(t.Issued))
}

// again repeats a call that was turned away, with new tokens.
func (c *caller) again(ctx context.Context, app *app, d *beforeSend, k call, first answer) (answer, error) {
	d.refused = d.used.Access
	_, err := app.tokens.Renew(ctx, d.firm, d.refused)
	if err != nil && first.status == http.StatusForbidden {
		return first, nil // the refusal says more than the failed refresh
	}
	if err != nil {
		return answer{}, during(k.op, err)
	}
	a, err := c.signed(ctx, app, d, k)
	if err == nil && a.status == http.StatusUnauthorized {
		refused := k.refused(a)
		app.tokens.Refused(ctx, d.firm, refused)
		c.circuits.recordFailure(d.firm, refused)
	}
	return a, err
}

// during is err with the operation that it ended.
func during(op string, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil {
		return err
	}
	named := *ce
	named.Op = op
	return &named
}

// send makes one request and reads its answer to the end.
func (c *caller) send(ctx context.Context, app *app, d *beforeSend, k call) (answer, error) {
	var watch sending
	ctx = context.WithValue(ctx, beforeSendKey{}, d)
	req, err := k.build(withOp(watch.watch(ctx), k.op), c.host)
	if err != nil {
		return answer{}, k.malformedRequest(withoutURL(err))
	}
	req.Header.Set("x-api-key", app.key)
	resp, err := app.api.Do(req)
	if w := (*withheld)(nil); errors.As(err, &w) {
		return answer{}, during(k.op, w.err)
	}
	if err != nil {
		return answer{}, k.lost(withoutURL(err), watch.settled(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, k.lost(withoutURL(err), false)
	}
	if len(body) > maxAnswer {
		return answer{}, k.unreadable(errTooLong)
	}
	return answer{resp.StatusCode, resp.Header, body}, nil
}

// conclude decodes a good answer or turns a bad one into an error.
func (p *app) conclude(k call, a answer, out any) error {
	if a.status == http.StatusTooManyRequests {
		return k.tooMany(a, p.limiter.Allowance().PausedFor)
	}
	if a.status < 200 || a.status > 299 {
		return k.refused(a)
	}
	if out == nil {
		return nil
	}
	return k.decode(a, out)
}
