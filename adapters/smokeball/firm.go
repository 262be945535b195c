package smokeball

import (
	"context"

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

// Firm reads the Smokeball account that firm is connected to.
func (c *Client) Firm(ctx context.Context, firm domain.FirmID) (domain.Account, error) {
	var f firmAnswer
	if err := c.do(ctx, firm, readFirm(), &f); err != nil {
		return domain.Account{}, err
	}
	return domain.Account(f), nil
}

// FirmWith reads the Smokeball account that accessToken belongs to. It is for the
// moment right after consent, when the tokens are not stored yet.
func (c *Client) FirmWith(ctx context.Context, accessToken string) (domain.Account, error) {
	k := readFirm().named()
	a, err := c.send(ctx, accessToken, k)
	if err != nil {
		return domain.Account{}, err
	}
	var f firmAnswer
	if err := c.conclude(k, a, &f); err != nil {
		return domain.Account{}, err
	}
	return domain.Account(f), nil
}
