package smokeball

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// SearchMatters are up to limit matters, not leads, that Smokeball finds for what a person typed, in
// Smokeball's order, with one call. more reports that there are others. Without text it finds all.
func (c *Client) SearchMatters(ctx context.Context, firm domain.FirmID, text string, limit int) (found []domain.SmokeballMatter, more bool, err error) {
	query := url.Values{"Limit": {strconv.Itoa(limit)}, "Offset": {"0"}}
	if text = strings.TrimSpace(text); text != "" {
		query.Set("Search", text)
	}
	var p page[matter]
	if err := c.do(ctx, firm, get("find matters", query, "matters"), &p); err != nil {
		return nil, false, err
	}
	seen := map[string]bool{}
	for _, m := range p.Value.list {
		if m.ID != "" && !seen[m.ID] && len(found) < limit {
			seen[m.ID] = true
			found = append(found, m.domain())
		}
	}
	return found, p.more(len(p.Value.list)), nil
}
