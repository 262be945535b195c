package smokeball

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// customTag is the type of tags that are words of the firm's own.
const customTag = "Custom"

type tag struct {
	Name string `json:"name"`
	Kind string `json:"type"`
}

type tagCollection struct {
	Value []tag `json:"value"`
}

// Tags are the names of the custom tags of a matter.
func (c *Client) Tags(ctx context.Context, firm domain.FirmID, matter domain.SmokeballID) ([]string, error) {
	var got tagCollection
	if err := c.do(ctx, firm, get("list tags", nil, "matters", string(matter), "tags"), &got); err != nil {
		return nil, err
	}
	var names []string
	for _, t := range got.Value {
		if t.Kind == customTag || t.Kind == "" {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// AddTags adds custom tags to a matter. Smokeball keeps one tag per name and account.
func (c *Client) AddTags(ctx context.Context, firm domain.FirmID, matter domain.SmokeballID, names []string, rid domain.RequestID) error {
	body := make([]tag, len(names))
	for i, n := range names {
		body[i] = tag{Name: n, Kind: customTag}
	}
	return c.do(ctx, firm, call{op: "add tags", method: http.MethodPost, path: []string{"matters", string(matter), "tags"},
		body: body, request: rid}, nil)
}
