package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

// examplesFile holds a request and an answer of each operation, by its id: real ones of an
// engine, which the contract's test writes and compares with what engines answer.
//
//go:embed examples.json
var examplesFile []byte

// sample is a call of an operation.
type sample struct {
	Request any `json:"request,omitempty"`
	Answer  any `json:"answer,omitempty"`
}

// complete adds to the operations what the route table does not say: descriptions, examples and
// problems.
func (a *API) complete() error {
	var examples map[string]sample
	if err := json.Unmarshal(examplesFile, &examples); err != nil {
		return fmt.Errorf("read the examples: %w", err)
	}
	for _, op := range operationsOf(a.huma.OpenAPI()) {
		if about, ok := explanations[op.OperationID]; ok && op.Description == "" {
			op.Description = about.says
		}
		a.addProblems(op)
		addExamples(op, examples[op.OperationID])
	}
	return nil
}

// operationsOf are all operations in the order of their paths.
func operationsOf(doc *huma.OpenAPI) (list []*huma.Operation) {
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		p := doc.Paths[path]
		for _, op := range []*huma.Operation{p.Get, p.Put, p.Post, p.Delete} {
			if op != nil {
				list = append(list, op)
			}
		}
	}
	return list
}

// addProblems describes how the operation fails, by status.
func (a *API) addProblems(op *huma.Operation) {
	if op.Responses["default"] == nil { // answers with pages
		return
	}
	for status, codes := range problemsOf(op) {
		key := strconv.Itoa(status)
		if op.Responses[key] != nil {
			continue
		}
		of := a.problemResponse()
		of.Description = http.StatusText(status) + ": `" + strings.Join(codes, "`, `") + "`"
		op.Responses[key] = of
	}
}

// problemsOf are the codes with which the operation fails, by status.
func problemsOf(op *huma.Operation) map[int][]string {
	codes := map[int][]string{}
	add := func(status int, list string) {
		for _, code := range strings.Fields(list) {
			if !slices.Contains(codes[status], code) {
				codes[status] = append(codes[status], code)
			}
		}
	}
	if len(op.Security) > 0 {
		add(401, "not_signed_in")
		add(403, "forbidden")
		if strings.Contains(op.Path, "{") {
			add(404, "not_found")
		}
	}
	for status, list := range explanations[op.OperationID].codes {
		add(status, list)
	}
	if len(op.Parameters) > 1 || op.RequestBody != nil {
		add(422, "invalid_request")
	}
	if op.RequestBody != nil {
		add(400, "invalid_request")
		add(413, "invalid_request")
		add(415, "invalid_request")
	}
	if op.Method != http.MethodGet && len(op.Security) > 0 {
		add(403, "cross_origin")
		add(429, "too_many_requests")
	}
	for _, p := range op.Parameters {
		switch p.Name {
		case "min_position":
			add(503, "not_caught_up")
		case keyHeader:
			add(400, "invalid_request")
			add(422, "idempotency_key_used")
			add(503, string(problem.CodeNoKeys))
		}
	}
	if strings.Contains(op.Path, "smokeball") || slices.Contains(strings.Fields(explanations[op.OperationID].codes[409]), "not_connected") {
		add(502, "smokeball_refused")
		add(503, "smokeball_unavailable allowance_exceeded")
	}
	add(500, "internal")
	return codes
}

// addExamples adds a request and an answer.
func addExamples(op *huma.Operation, e sample) {
	if e.Request != nil && op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			media.Example = e.Request
			if media.Schema != nil && media.Schema.Format == "binary" { // read as it is
				media.Schema = &huma.Schema{Type: huma.TypeObject, Description: "JSON; see the description of the call."}
			}
		}
	}
	if e.Answer == nil {
		return
	}
	for status, r := range op.Responses {
		if media := r.Content["application/json"]; media != nil && strings.HasPrefix(status, "2") {
			media.Example = e.Answer
		}
	}
}
