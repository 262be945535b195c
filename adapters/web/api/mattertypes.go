package api

import (
	"context"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// matterTypeBody is one of the account's matter types.
type matterTypeBody struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Category string   `json:"category" doc:"The practice area."`
	Location string   `json:"location"`
	Type     string   `json:"type" enum:"matter,lead"`
	Roles    []string `json:"roles" doc:"What a client may be in such a matter."`
	Deleted  bool     `json:"deleted"`
}

type matterTypesInput struct {
	Reading
	reading.WholePaging
	Text string `query:"q" maxLength:"200" doc:"In name or category, without regard to case."`
}

// Types lists the matter types of the firm's Smokeball account.
func (m Mappings) Types(ctx context.Context, in *matterTypesInput) (*answer[list[matterTypeBody]], error) {
	types, err := m.Reader.MatterTypes(ctx, in.firm())
	if err != nil {
		return nil, err
	}
	var items []matterTypeBody
	for _, t := range types {
		if !mentions(t, in.Text) {
			continue
		}
		b := matterTypeBody{ID: t.ID, Name: t.Name, Category: t.Category, Location: t.Location, Type: "matter", Roles: append([]string{}, t.Roles...), Deleted: t.Deleted}
		if t.Lead {
			b.Type = "lead"
		}
		items = append(items, b)
	}
	part, next, err := reading.PartOf(in.WholePaging, items)
	return &answer[list[matterTypeBody]]{Body: list[matterTypeBody]{Items: append([]matterTypeBody{}, part...), Next: next}}, err
}

func mentions(t domain.MatterType, q string) bool {
	q = strings.ToLower(strings.TrimSpace(q))
	return strings.Contains(strings.ToLower(t.Name), q) || strings.Contains(strings.ToLower(t.Category), q)
}
