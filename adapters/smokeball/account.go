package smokeball

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// EachContact reads all contacts of the account that changed since a time (zero: all), deleted
// ones too, page by page. fn gets each page.
func (c *Client) EachContact(ctx context.Context, firm domain.FirmID, since time.Time, fn func([]domain.SmokeballContact)) error {
	query := url.Values{}
	if !since.IsZero() {
		query.Set("UpdatedSince", strconv.FormatInt(Ticks(since), 10))
	}
	return eachPage(ctx, c.caller, firm, get("list contacts", query, "contacts"), func(list []contact) {
		page := make([]domain.SmokeballContact, len(list))
		for i, one := range list {
			page[i] = one.domain()
		}
		fn(page)
	})
}

// EachMatter reads all matters of the account that changed since a time (zero: all), deleted
// ones too, like EachContact.
func (c *Client) EachMatter(ctx context.Context, firm domain.FirmID, since time.Time, fn func([]domain.SmokeballMatter)) error {
	query := url.Values{}
	if !since.IsZero() {
		query.Set("LastUpdated", since.UTC().Format("2006-01-02T15:04:05Z")) // fractions of a second are refused
	}
	return eachPage(ctx, c.caller, firm, get("list matters", query, "matters"), func(list []matter) {
		page := make([]domain.SmokeballMatter, len(list))
		for i, one := range list {
			page[i] = one.domain()
		}
		fn(page)
	})
}

// eachPage reads a list to its end. However long it is, no more than a page is held.
func eachPage[T any](ctx context.Context, c *caller, firm domain.FirmID, k call, fn func([]T)) error {
	for offset := 0; ; {
		var p page[T]
		if err := c.do(ctx, firm, k.at(offset), &p); err != nil {
			return err
		}
		fn(p.Value.list)
		if offset += len(p.Value.list); !p.more(offset) {
			return nil
		}
	}
}
