package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
)

// Operator answers about all firms.
type Operator struct{ Connections reading.Connections }

// Firms lists every firm that anything is known of, by id, with its connection.
func (o Operator) Firms(context.Context, *struct{}) (*answer[list[reading.ConnectionBody]], error) {
	rows, err := o.Connections.Rows.AllConnections()
	if err != nil {
		return nil, err
	}
	items := make([]reading.ConnectionBody, 0, len(rows))
	for _, r := range rows {
		b, err := o.Connections.Status(r.Firm)
		if err != nil {
			return nil, err
		}
		items = append(items, b)
	}
	return &answer[list[reading.ConnectionBody]]{Body: listOf(items, 0)}, nil
}
