package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/domain"
)

// maxBody is the most that a request's body may hold: 1 MB.
const maxBody = 1 << 20

// bodyTimeout is how long a body may take to arrive.
const bodyTimeout = 10 * time.Second

// apiConfig has neither pages of documentation nor schemas of its own paths: the
// former would load script from elsewhere, the latter are the events' addresses.
func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("CaseHug Smokeball sync", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Formats = lenient(c.Formats)
	c.Transformers = []huma.Transformer{restate}
	c.Info.Description = "Synchronises a firm's matters, clients and approved documents from CaseHug to Smokeball. " +
		"Errors are application/problem+json with a stable code and a remedy. Lists page by cursor and limit."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"casehug":  {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "CaseHug's token with sub, firm_id and role (firm_admin or user)."},
		"session":  {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The console's session, which POST /session begins."},
		"operator": {Type: "apiKey", In: "header", Name: "Authorization", Description: "Operator <token>: reads every firm's things, on the engine's own machine."},
	}
	return c
}

// lenient are the formats with bodies that may begin with a byte order mark.
func lenient(formats map[string]huma.Format) map[string]huma.Format {
	read := maps.Clone(formats)
	for name, f := range read {
		read[name] = huma.Format{Marshal: f.Marshal, Unmarshal: func(b []byte, v any) error { return f.Unmarshal(withoutBOM(b), v) }}
	}
	return read
}

// withoutBOM is foreign JSON without the byte order mark that encoding/json refuses.
func withoutBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }

// on makes a route of the API: who may use it, what it is, and what it does. It waits
// for the ledger position that a reader asked for and turns errors into problems.
func on[I, O any](s *site, api huma.API, a access, route, summary string, do func(context.Context, *I) (*O, error), more ...func(*huma.Operation)) {
	method, path, _ := strings.Cut(route, " ")
	op := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: path, Summary: summary,
		MaxBodyBytes: maxBody + 1, // what reaches the limit is refused
		Middlewares:  huma.Middlewares{s.admit(a, actionTargetOf(route))},
		Security:     a.schemes(),
		Responses:    map[string]*huma.Response{"default": problemResponse(api)},
	}
	for _, m := range more {
		m(&op)
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := s.catchUp(ctx, wanted(in)); err != nil {
			return nil, s.problemOf(ctx, err)
		}
		out, err := do(ctx, in)
		if err != nil {
			s.noteRejection(ctx, method, err)
			return nil, s.problemOf(ctx, err)
		}
		return out, nil
	})
}

// wanted is the ledger position that the answer has to include.
func wanted(in any) uint64 {
	if r, ok := in.(interface{ minPosition() uint64 }); ok {
		return r.minPosition()
	}
	return 0
}

// accepted marks an operation that only promises.
func accepted(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted }

// small bounds the time of an operation that takes a raw body in, which a port reads.
func small(op *huma.Operation) {
	op.BodyReadTimeout, op.SkipValidateBody = bodyTimeout, true
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
}

func (a access) schemes() []map[string][]string {
	if a.open {
		return nil
	}
	var list []map[string][]string
	if a.role != "" {
		list = append(list, map[string][]string{"casehug": {}}, map[string][]string{"session": {}})
	}
	if a.operator {
		list = append(list, map[string][]string{"operator": {}})
	}
	return list
}

// operationID turns GET /v1/firms/{firm}/sync-history/{id} into get-sync-history-id.
func operationID(method, path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/v1"), "/firms/{firm}")
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
}

func problemResponse(api huma.API) *huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem")
	return &huma.Response{
		Description: "A problem, as in RFC 9457",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
}

// describe is the OpenAPI description of all routes. Values that are null where
// nothing is known are said to be so, which the types cannot tell.
func describe(api huma.API) ([]byte, error) {
	for _, name := range []string{"Failure", "EventRef", "DeedBody"} {
		if schema := api.OpenAPI().Components.Schemas.Map()[name]; schema != nil {
			schema.Nullable = true
		}
	}
	data, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return data, nil
}

// FirmPath is a request about a firm.
type FirmPath struct {
	Firm string `path:"firm" doc:"The firm's id in CaseHug."`
}

func (p FirmPath) firm() domain.FirmID { return domain.FirmID(p.Firm) }

// Reading is a request that reads, and may ask for a ledger position.
type Reading struct {
	FirmPath
	MinPosition uint64 `query:"min_position" doc:"Wait up to 5 seconds until the answer includes this ledger position."`
}

func (r Reading) minPosition() uint64 { return r.MinPosition }

// Paging is the part of a list that is wanted.
type Paging struct {
	Cursor string `query:"cursor" doc:"next_cursor of the part before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"The most entries to answer with."`
}

// before is the position that the cursor stands for; 0: the newest.
func (p Paging) before() (uint64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	position, ok := placeOf(p.Cursor)
	if !ok {
		return 0, invalid("query.cursor", "is not the next_cursor of an answer")
	}
	return position, nil
}

// cursor is the text form of a place in a list; nil at its end. It carries a sum of
// itself: a client with a damaged one must not starts over.
func cursor(position uint64) *string {
	if position == 0 {
		return nil
	}
	place := binary.BigEndian.AppendUint64(nil, position)
	text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(place, crc32.ChecksumIEEE(place)))
	return &text
}

// placeOf is the place that a cursor stands for.
func placeOf(cursor string) (position uint64, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(data) != 12 || binary.BigEndian.Uint32(data[8:]) != crc32.ChecksumIEEE(data[:8]) {
		return 0, false
	}
	position = binary.BigEndian.Uint64(data)
	return position, position > 0
}

// list is a part of a list.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next_cursor" doc:"The cursor of the rest; null at the end."`
}

func listOf[T any](items []T, next uint64) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{Items: items, Next: cursor(next)}
}

// answer is a body.
type answer[T any] struct{ Body T }

// change is what a command answers: its result and the ledger position that has it.
type change[T any] struct {
	Position string `header:"Ledger-Position" doc:"The ledger position that includes the change."`
	Body     T
}

func changed[T any](position uint64, body T) *change[T] {
	return &change[T]{Position: strconv.FormatUint(position, 10), Body: body}
}

// known is a pointer to v, or nil where v says nothing.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
