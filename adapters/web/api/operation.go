package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/idempotency"
)

// API holds the operations that are mounted on it.
type API struct {
	Parts
	huma    huma.API
	process string // tells this process's entity tags from those of others
}

// Parts are what operations have in common.
type Parts struct {
	Gate      *auth.Guard
	Trail     *auth.Trail
	Progress  reading.Progress
	Revisions Revisions
	Calls     *idempotency.Calls // nil: Idempotency-Key has no effect
	Report    problem.Reporter
}

// New has no operations yet.
func New(mux humago.Mux, version string, p Parts) *API {
	return &API{Parts: p, huma: humago.New(mux, apiConfig(version)), process: rand.Text()}
}

// apiConfig has no pages of documentation, which would load script from elsewhere, and no
// addresses of schemas, which are those of the events.
func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("CaseHug Smokeball sync", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Formats = lenient(c.Formats)
	c.Transformers = []huma.Transformer{restate}
	c.Info.Description = "Synchronises a firm's matters, clients and approved documents from CaseHug to Smokeball. " +
		"Errors are application/problem+json with a stable code and a remedy. Lists page by cursor and limit."
	c.Servers = []*huma.Server{{URL: "/", Description: "The engine that serves this document."}}
	c.Tags = tags()
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"casehug":  {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "CaseHug's token with sub, firm_id and role (firm_admin, user or service). Each operation names the lowest role that it is for."},
		"session":  {Type: "apiKey", In: "cookie", Name: auth.SessionCookie, Description: "The console's session, which POST /session begins."},
		"operator": {Type: "apiKey", In: "header", Name: "Authorization", Description: "Operator <token>: reads every firm's things, on the engine's own machine."},
	}
	return c
}

// lenient makes formats accept bodies that begin with a byte order mark.
func lenient(formats map[string]huma.Format) map[string]huma.Format {
	read := maps.Clone(formats)
	for name, f := range read {
		read[name] = huma.Format{Marshal: f.Marshal, Unmarshal: func(b []byte, v any) error { return f.Unmarshal(bytes.TrimPrefix(b, utf8BOM), v) }}
	}
	return read
}

// utf8BOM is what some senders begin with and encoding/json refuses.
var utf8BOM = []byte("\ufeff")

// Option changes how an operation is served and described.
type Option func(*API, *huma.Operation)

// Mount serves a route by an operation. It waits for the ledger position that a reader asks
// for, records rejections and turns errors into problems.
func Mount[I, O any](a *API, rt auth.Route, summary string, do func(context.Context, *I) (*O, error), more ...Option) {
	method, path, _ := strings.Cut(rt.Pattern, " ")
	op := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: path, Summary: summary, Tags: []string{tagOf(path)},
		MaxBodyBytes: auth.MaxBody + 1, // what reaches the limit is refused
		Middlewares:  huma.Middlewares{a.admit(rt)},
		Security:     schemes(rt.Access),
		Responses:    map[string]*huma.Response{"default": a.problemResponse()},
	}
	for _, change := range more {
		change(a, &op)
	}
	if method != http.MethodGet && !rt.Access.Open && op.Metadata[computes] == nil {
		a.idempotent(&op)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		if err := a.Progress.CatchUp(ctx, minPosition(in)); err != nil {
			return nil, a.Report.Of(ctx, err)
		}
		out, err := do(ctx, in)
		if err != nil {
			a.Trail.Reject(ctx, method, err)
			return nil, a.Report.Of(ctx, err)
		}
		return out, nil
	})
}

// admit lets those in who may use the route.
func (a *API) admit(rt auth.Route) func(huma.Context, func(huma.Context)) {
	if rt.Access.Open {
		return func(ctx huma.Context, next func(huma.Context)) { next(ctx) }
	}
	door := a.Gate.For(rt)
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c, err := door.Enter(r)
		if err != nil {
			a.Report.Of(r.Context(), err).Write(w)
			return
		}
		next(huma.WithContext(ctx, auth.WithCaller(ctx.Context(), c)))
	}
}

// minPosition is the ledger position that the answer has to include.
func minPosition(in any) uint64 {
	if r, ok := in.(interface{ minPosition() uint64 }); ok {
		return r.minPosition()
	}
	return 0
}

// Accepted marks an operation that only promises.
func Accepted(_ *API, op *huma.Operation) { op.DefaultStatus = http.StatusAccepted }

// computes is the key of the metadata that Computes sets.
const computes = "computes"

// Computes marks an operation that changes nothing, though it is no GET.
func Computes(_ *API, op *huma.Operation) { op.Metadata = map[string]any{computes: true} }

// RawBody bounds the time of an operation whose body is parsed behind a port.
func RawBody(_ *API, op *huma.Operation) {
	op.BodyReadTimeout, op.SkipValidateBody = auth.BodyTimeout, true
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
}

// Described adds a description to an operation.
func Described(words string) Option {
	return func(_ *API, op *huma.Operation) { op.Description = words }
}

// schemes are the ways to sign in that an operation accepts. Beside each stand the roles that
// it is for, as OpenAPI 3.1 has it: a firm admin may do what a user may.
func schemes(a auth.Access) []map[string][]string {
	if a.Open {
		return nil
	}
	var list []map[string][]string
	if a.Role != "" {
		list = append(list, map[string][]string{"casehug": {string(a.Role)}}, map[string][]string{"session": {string(a.Role)}})
	}
	if a.Service {
		list = append(list, map[string][]string{"casehug": {string(domain.Service)}})
	}
	if a.Operator {
		list = append(list, map[string][]string{"operator": {}})
	}
	return list
}

// operationID turns GET /v1/firms/{firm}/sync-history/{id} into get-sync-history-id.
func operationID(method, path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/v1"), "/firms/{firm}")
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
}

func (a *API) problemResponse() *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	return &huma.Response{
		Description: "A problem, as in RFC 9457",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
}

// published are the schemas that clients know under another name than that of the Go type.
var published = map[string]string{"AuditedBody": "DeedBody"}

// schemaName is the name of a type's schema: that of the type, so a type that gets another
// name requires a line in published.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	return cmp.Or(published[name], name)
}

// nullable are the schemas of the domain's types that are null where nothing is known. The
// API's own types say so in a tag.
var nullable = []string{"Failure", "EventRef"}

// allowNull adds null to what a value may be that is one of several words or null: the library
// says only that its type may be null.
func allowNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Nullable && len(s.Enum) > 0 && !slices.Contains(s.Enum, nil) {
		s.Enum = append(slices.Clip(s.Enum), nil)
	}
	for _, inner := range s.Properties {
		allowNull(inner)
	}
	allowNull(s.Items)
}

// Describe completes the OpenAPI description of all operations. What it returns writes it, once, when it is
// asked for: no start has to wait for it.
func (a *API) Describe() (func() ([]byte, error), error) {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	for _, name := range nullable {
		schema := schemas[name]
		if schema == nil {
			return nil, fmt.Errorf("describe the API: no operation has the schema %s; was its type renamed?", name)
		}
		schema.Nullable = true
	}
	for _, code := range problem.Codes() {
		schemas["Problem"].Properties["code"].Enum = append(schemas["Problem"].Properties["code"].Enum, string(code))
	}
	if err := a.complete(); err != nil {
		return nil, err
	}
	for _, schema := range schemas {
		allowNull(schema)
	}
	return sync.OnceValues(func() ([]byte, error) {
		data, err := json.Marshal(a.huma.OpenAPI())
		if err != nil {
			return nil, fmt.Errorf("describe the API: %w", err)
		}
		return data, nil
	}), nil
}
