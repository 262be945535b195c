package smokeball

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// allStatuses asks for the matters of every status: that those which were deleted are listed
// without it is not promised.
var allStatuses = []string{"Open", "Pending", "Closed", "Deleted", "Cancelled"}

// ChangedMatters lists a page of the matters, deleted ones among them, that changed at since or
// later, from offset on; the zero time: all of them.
func (c *Client) ChangedMatters(ctx context.Context, firm domain.FirmID, since time.Time, offset int) (domain.MatterPage, error) {
	query := url.Values{"Sort": {"asc(lastUpdated)"}, "Status": allStatuses}
	if !since.IsZero() {
		query.Set("LastUpdated", since.UTC().Format("2006-01-02T15:04:05Z")) // fractions of a second are refused
	}
	var p page[matter]
	if err := c.do(ctx, firm, get("list changed matters", query, "matters").at(offset), &p); err != nil {
		return domain.MatterPage{}, err
	}
	list := make([]domain.SmokeballMatter, len(p.Value.list))
	for i, m := range p.Value.list {
		list[i] = m.domain()
	}
	return domain.MatterPage{Matters: list, More: p.more(offset + len(list))}, nil
}

// ChangedContacts lists a page of the contacts, deleted ones among them, that changed at since
// or later, from offset on.
func (c *Client) ChangedContacts(ctx context.Context, firm domain.FirmID, since time.Time, offset int) (domain.ContactPage, error) {
	query := url.Values{"Sort": {"asc(lastUpdated)"}, "UpdatedSince": {strconv.FormatInt(Ticks(since), 10)}}
	var p page[contact]
	if err := c.do(ctx, firm, get("list changed contacts", query, "contacts").at(offset), &p); err != nil {
		return domain.ContactPage{}, err
	}
	list := make([]domain.SmokeballContact, len(p.Value.list))
	for i, one := range p.Value.list {
		list[i] = one.domain()
	}
	return domain.ContactPage{Contacts: list, More: p.more(offset + len(list))}, nil
}
