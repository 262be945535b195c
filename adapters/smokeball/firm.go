package smokeball

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

type firmAnswer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (f *firmAnswer) check() error {
	if f.ID == "" {
		return errUnnamed
	}
	return nil
}

func readFirm() call { return get("read firm", nil, "firm") }

// Accounts sign firms in and out, and read whose account a sign-in is for.
type Accounts struct {
	*caller
	plain *http.Client // for calls without Smokeball's headers
	store TokenStore
}

// Firm reads the Smokeball account that firm is connected to.
func (c *Accounts) Firm(ctx context.Context, firm domain.FirmID) (domain.Account, error) {
	var f firmAnswer
	if err := c.do(ctx, firm, readFirm(), &f); err != nil {
		return domain.Account{}, err
	}
	return domain.Account(f), nil
}

// Prove reads the account after a refresh of the firm's sign-in: a refresh that works proves
// that the grant is good, which an access token that is still alive does not.
func (c *Accounts) Prove(ctx context.Context, firm domain.FirmID) (domain.Account, error) {
	tokens := c.app(firm).tokens
	h, err := tokens.load(ctx, firm)
	if err == nil {
		_, err = tokens.Renew(ctx, firm, h.Access)
	}
	if err != nil {
		return domain.Account{}, during(readFirm().op, err)
	}
	return c.Firm(ctx, firm)
}

// FirmWith reads the Smokeball account that accessToken belongs to. It is for the
// moment right after consent, when the tokens are not stored yet.
func (c *Accounts) FirmWith(ctx context.Context, accessToken string) (domain.Account, error) {
	return c.firmWith(ctx, c.shared, accessToken)
}

// SignIn signs in to the firm's own app and reads whose Smokeball account it is. The
// tokens are to be stored; they are replaced from then on without anybody. A firm without
// an app of its own is refused.
func (c *Accounts) SignIn(ctx context.Context, firm domain.FirmID) (Tokens, domain.Account, error) {
	own, ok := c.own[firm]
	if !ok {
		return Tokens{}, domain.Account{}, faultOf(opOwnFirst, domain.Permanent, domain.CodeInternal, domain.FaultNoOwnApp, domain.About{}, nil)
	}
	t, err := own.oauth.ClientCredentials(ctx)
	if err != nil {
		return Tokens{}, domain.Account{}, err
	}
	account, err := c.firmWith(OnBehalf(ctx, firm), own, t.Access)
	return t, account, err
}

func (c *Accounts) firmWith(ctx context.Context, app *app, accessToken string) (domain.Account, error) {
	k := readFirm().named()
	a, err := c.send(ctx, app, &beforeSend{used: Tokens{Access: accessToken}}, k)
	if err != nil {
		return domain.Account{}, err
	}
	if a.status == http.StatusForbidden {
		return domain.Account{}, k.keyRefused(app, a)
	}
	var f firmAnswer
	if err := app.conclude(k, a, &f); err != nil {
		return domain.Account{}, err
	}
	return domain.Account(f), nil
}
