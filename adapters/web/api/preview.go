package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// PreviewDoc describes a preview.
const PreviewDoc = "Runs the sync without its effects: reads are made, calls that write are listed and not sent, and nothing is recorded. " +
	"What the sync would wait for or fail at stands among the warnings with its code and remedy."

// Previews tells what syncs would send.
type Previews struct {
	Previews  ports.Previews
	Allowance ports.Allowance
}

// Matter tells what a sync of the matter would send.
func (p Previews) Matter(ctx context.Context, in *syncMatterInput) (*answer[reading.PreviewBody], error) {
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	found, err := p.Previews.Preview(ctx, auth.Actor(ctx, in.firm()), domain.MatterID(in.Matter), request)
	if r := domain.AsRejection(err); r != nil {
		return nil, problem.Rejected(r) // a preview is no command: its rejection is not recorded
	}
	if err != nil {
		return nil, err
	}
	rate := p.Allowance.Usage(in.firm()).PerSecond
	return &answer[reading.PreviewBody]{Body: reading.PreviewOf(found, rate)}, nil
}
