package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Streams are firms' changes as they happen.
type Streams struct {
	Rows        ports.Changes
	Matters     ports.Matters
	Connections reading.Connections
	Progress    ports.Progress
	Places      *auth.Streams
	Stopping    context.Context // streams end with it; nil: it does not end
	Heartbeat   time.Duration   // zero: heartbeat
	Now         func() time.Time
}

// streamDoc describes the stream.
const streamDoc = "Server-Sent Events, each with a ledger position as its id: history (an entry of the sync history), matter (a matter's summary), bulk (a bulk sync's progress), erasure (how far an erasure is; its subject is for admins, who ask for it by its id) and connection (as GET …/connection answers). " +
	"The first event is the connection. A row that changes several times within a moment is sent once, as it is then; rows that changed together have the same id and are sent together. " +
	"A matter is also sent when it may have changed in Smokeball (state changing), and when that was read. " +
	"With Last-Event-ID the stream goes on with what changed after that position, however long ago that was; 0 sends every row. " +
	"Every 15 seconds a comment keeps the connection alive. The stream ends with the token or session, when the reader is too slow, and when the engine stops: connect again with Last-Event-ID."

// streamExample is what a program receives, shortened.
const streamExample = "event: matter\nid: 1042\ndata: {\"matter_id\":\"m_1001\",\"status\":\"active\"}\n\n"

// streamed are the bodies of the stream's events.
type streamed struct {
	History    projections.Entry      `json:"history"`
	Matter     reading.MatterSummary  `json:"matter"`
	Bulk       reading.BulkBody       `json:"bulk"`
	Erasure    erasureProgress        `json:"erasure"`
	Connection reading.ConnectionBody `json:"connection"`
}

// erasureProgress is how far an erasure is. All users of a firm may read its stream: of whom the
// data are is not said.
type erasureProgress struct {
	ID   domain.EraseID                 `json:"id" doc:"Of the erasure."`
	Done map[domain.EraseStep]time.Time `json:"done,omitempty" doc:"When each step was done."`
}

// EventStream describes an operation that answers with Server-Sent Events.
func EventStream(a *API, op *huma.Operation) {
	schemas := a.huma.OpenAPI().Components.Schemas
	var bodies []*huma.Schema
	for i := range reflect.TypeFor[streamed]().NumField() {
		bodies = append(bodies, schemas.Schema(reflect.TypeFor[streamed]().Field(i).Type, true, ""))
	}
	op.Description = streamDoc
	op.Responses["200"] = &huma.Response{Description: "Events until somebody ends the stream; the schema is that of each event's data",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{AnyOf: bodies}, Example: streamExample}}}
}

type streamInput struct {
	FirmPath
	LastEventID      string `header:"Last-Event-ID" doc:"The position after which the stream goes on. Browsers send it by themselves when they connect again."`
	LastEventIDQuery string `query:"last_event_id" doc:"The same, for clients that can't set the header; lastEventId is taken too."`

	after   uint64
	resumes bool
}

// Resolve reads the position after which the stream goes on.
func (in *streamInput) Resolve(ctx huma.Context) []error {
	for _, given := range []struct{ at, value string }{
		{"header.Last-Event-ID", in.LastEventID}, {"query.last_event_id", in.LastEventIDQuery}, {"query.lastEventId", ctx.Query("lastEventId")},
	} {
		if given.value == "" {
			continue
		}
		after, err := strconv.ParseUint(given.value, 10, 64)
		if err != nil {
			return []error{&huma.ErrorDetail{Location: given.at, Message: "must be a ledger position: the id of an event of the stream"}}
		}
		in.after, in.resumes = after, true
		return nil
	}
	return nil
}

// minPosition is waited for: an engine that is behind would send rows as they were before.
func (in *streamInput) minPosition() uint64 { return in.after }

// Open answers with the firm's changes until somebody ends the stream.
func (s Streams) Open(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	leave, err := s.Places.Enter(ctx, in.firm())
	if err != nil {
		return nil, err
	}
	after := in.after
	if !in.resumes {
		after = s.Progress.Position()
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer leave()
		r, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // a proxy passes on what it has
		if r.Method == http.MethodHead {
			return
		}
		(&stream{Streams: s, firm: in.firm(), sent: after, out: newEventWriter(w)}).run(ctx)
	}}, nil
}
