package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

// Operator answers about all firms.
type Operator struct {
	Connections reading.Connections
	Report      func(ctx context.Context, deep bool) doctor.Report
	Views       Rebuilds
}

// Rebuilds folds the views again; *projections.Views does.
type Rebuilds interface {
	Position() uint64
	// Rebuild begins one, unless one is under way.
	Rebuild()
	LastRebuild() projections.Rebuild
}

// ViewsBody is how far the views are.
type ViewsBody struct {
	Position   uint64 `json:"position" doc:"The ledger position that every view includes."`
	Rebuilding bool   `json:"rebuilding" doc:"A rebuild was requested or is under way; the rows from before it answer until it is done."`
	Rebuilt    uint64 `json:"rebuilt" doc:"The ledger position that the rebuild has come to; 0 where none is under way."`
	Rebuilds   int    `json:"rebuilds" doc:"How many are done since the engine was started."`
}

func (o Operator) views() *answer[ViewsBody] {
	r := o.Views.LastRebuild()
	return &answer[ViewsBody]{Body: ViewsBody{Position: o.Views.Position(), Rebuilding: r.Running, Rebuilt: r.Position, Rebuilds: r.Done}}
}

// ReadViews tells how far the views are.
func (o Operator) ReadViews(context.Context, *struct{}) (*answer[ViewsBody], error) {
	return o.views(), nil
}

// RebuildViews begins a rebuild.
func (o Operator) RebuildViews(context.Context, *struct{}) (*answer[ViewsBody], error) {
	o.Views.Rebuild()
	return o.views(), nil
}

type healthQuery struct {
	Deep bool `query:"deep" doc:"Also what reads much or calls out: the whole ledger, Smokeball's hosts, the public address."`
}

// Health runs the engine's checks.
func (o Operator) Health(ctx context.Context, in *healthQuery) (*answer[doctor.Report], error) {
	return &answer[doctor.Report]{Body: o.Report(ctx, in.Deep)}, nil
}

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
		b.ConnectionBody = b.WithoutHours()
		items = append(items, b)
	}
	return &answer[list[reading.ConnectionBody]]{Body: listOf(items, 0)}, nil
}
