package api

import (
	"context"
	"net/url"
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Drift is what differs between a firm's matters in CaseHug and in Smokeball.
type Drift struct {
	Rows        ports.Drift
	Firms       ports.Connections
	Differences ports.Differences
	Progress    reading.Progress
}

type driftInput struct {
	Reading
	reading.Paging
	Matter string `query:"matter_id" doc:"Only of this matter and its first client."`
}

// driftList is a part of what differs: the outside contract has it as a bare array.
type driftList struct {
	Link string `header:"Link" doc:"<address>; rel=\"next\" (RFC 8288): the address of the rest. Missing at the end."`
	Body []reading.DriftBody
}

// List lists what differs, field by field, of the newest matters and clients first.
func (d Drift) List(_ context.Context, in *driftInput) (*driftList, error) {
	before, err := in.Before()
	if err != nil {
		return nil, err
	}
	row, err := d.Firms.Connection(in.firm())
	if err != nil {
		return nil, err
	}
	items, next, err := reading.Drift(d.Rows, in.firm(), projections.DriftQuery{Matter: domain.MatterID(in.Matter), Before: before, Limit: in.Limit}, row.Settings.Owners)
	return &driftList{Link: in.rest(next), Body: items}, err
}

// rest links to the part that begins after a position; "": there is none.
func (in *driftInput) rest(next uint64) string {
	cursor := reading.Cursor(next)
	if cursor == nil {
		return ""
	}
	q := url.Values{"cursor": {*cursor}, "limit": {strconv.Itoa(in.Limit)}}
	if in.Matter != "" {
		q.Set("matter_id", in.Matter)
	}
	return "</v1/firms/" + url.PathEscape(in.Firm) + "/drift?" + q.Encode() + `>; rel="next"`
}

type checkInput struct {
	FirmPath
	Body *checkGiven
}

type checkGiven struct {
	Matter *string `json:"matter_id,omitempty" nullable:"true" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"Only this matter and its clients; left out: all linked ones."`
}

// checkBody says what is read again.
type checkBody struct {
	Matter   *string `json:"matter_id" doc:"Null: all linked matters and their clients."`
	Status   string  `json:"status" enum:"running"`
	Position uint64  `json:"position" doc:"The ledger position that includes the request."`
}

// Check has linked matters and their clients read again.
func (d Drift) Check(ctx context.Context, in *checkInput) (*change[checkBody], error) {
	var of *string
	if in.Body != nil && text(in.Body.Matter) != "" {
		of = in.Body.Matter
	}
	position, err := d.Differences.Check(ctx, auth.Actor(ctx, in.firm()), domain.MatterID(text(of)))
	if err == nil {
		err = d.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	return changed(position, checkBody{Matter: of, Status: "running", Position: position}), nil
}

type fieldInput struct {
	FirmPath
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
	Field  string `path:"field" doc:"A field of the matter's fields, such as status or client.phone."`
	Body   *fieldGiven
}

type fieldGiven struct {
	Seen *string `json:"seen,omitempty" nullable:"true" maxLength:"1000" doc:"Smokeball's value that was decided on. Where Smokeball has another one by now, the answer is 409 changed_meanwhile. Left out: whatever it has."`
}

func (in fieldInput) field() domain.FieldRef {
	f := domain.FieldRef{Firm: in.firm(), Matter: domain.MatterID(in.Matter), Name: in.Field}
	if in.Body != nil {
		f.Seen = in.Body.Seen
	}
	return f
}

// fieldDecided is what was decided about a field.
type fieldDecided struct {
	Matter   string         `json:"matter_id"`
	Field    string         `json:"field"`
	Decision string         `json:"decision" enum:"accept,repair"`
	Sync     *domain.SyncID `json:"sync_id" doc:"Of a repair: the sync that writes CaseHug's value."`
	Position uint64         `json:"position" doc:"The ledger position that includes the decision."`
}

// Accept takes Smokeball's value of a field for right.
func (d Drift) Accept(ctx context.Context, in *fieldInput) (*change[fieldDecided], error) {
	position, err := d.Differences.Accept(ctx, auth.Actor(ctx, in.firm()), in.field())
	return d.decided(ctx, in, "accept", "", position, err)
}

// Repair has CaseHug's value of a field written to Smokeball.
func (d Drift) Repair(ctx context.Context, in *fieldInput) (*change[fieldDecided], error) {
	sync, position, err := d.Differences.Repair(ctx, auth.Actor(ctx, in.firm()), in.field())
	return d.decided(ctx, in, "repair", sync, position, err)
}

func (d Drift) decided(ctx context.Context, in *fieldInput, what string, sync domain.SyncID, position uint64, err error) (*change[fieldDecided], error) {
	if err == nil {
		err = d.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	return changed(position, fieldDecided{Matter: in.Matter, Field: in.Field, Decision: what, Sync: reading.Known(sync), Position: position}), nil
}
