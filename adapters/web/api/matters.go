package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Matters are a firm's matters.
type Matters struct {
	Rows        ports.Matters
	History     ports.History
	Syncs       ports.Syncs
	Provenances reading.Provenances
}

type mattersInput struct {
	Reading
	reading.Paging
	Text   string `query:"q" maxLength:"200" doc:"In id, title, case number or client name, without regard to case."`
	Status string `query:"status" doc:"Of the matter's last sync."`
	State  string `query:"state" doc:"How the matter stands."`
}

// List lists matters, newest first.
func (m Matters) List(_ context.Context, in *mattersInput) (*answer[list[reading.MatterSummary]], error) {
	q, err := reading.MatterQuery(in.Text, in.Status, in.State, in.Paging)
	if err != nil {
		return nil, err
	}
	rows, next, err := m.Rows.Matters(in.firm(), q)
	items := make([]reading.MatterSummary, 0, len(rows))
	for _, r := range rows {
		items = append(items, reading.Summary(r))
	}
	body := listOf(items, next)
	body.Partial = next != 0 && len(items) < in.Limit
	return &answer[list[reading.MatterSummary]]{Body: body}, err
}

type matterInput struct {
	Reading
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
}

// Get answers with a matter as both sides have it.
func (m Matters) Get(ctx context.Context, in *matterInput) (*answer[reading.MatterBody], error) {
	row, err := reading.Matter(m.Rows, in.firm(), domain.MatterID(in.Matter))
	if err != nil {
		return nil, err
	}
	body, err := m.Provenances.Matter(ctx, row)
	return &answer[reading.MatterBody]{Body: body}, err
}

// ProvenanceDoc describes Provenance.
const ProvenanceDoc = "For each field of the matter and of its clients: the event of CaseHug that gave the value, the mapping that turned it into Smokeball's, the call that wrote it, " +
	"what confirmed it, and what people changed or decided since. Each part names its fact in the ledger: the position, the place in its stream, and its link of the stream's hash chain. " +
	"It is read from the ledger itself, whose chain is checked on the way; the console shows it as a page to print."

// Provenance answers where the values of a matter come from.
func (m Matters) Provenance(ctx context.Context, in *matterInput) (*answer[reading.ProvenanceBody], error) {
	body, err := m.Provenances.Read(ctx, in.firm(), domain.MatterID(in.Matter))
	return &answer[reading.ProvenanceBody]{Body: body}, err
}

// Sync asks for a sync of the matter.
func (m Matters) Sync(ctx context.Context, in *syncMatterInput) (*change[syncBody], error) {
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	id, position, err := m.Syncs.Request(ctx, auth.User(ctx), domain.MatterID(in.Matter), request)
	if err != nil {
		return nil, err
	}
	return requested(m.History, in.firm(), id, position)
}
