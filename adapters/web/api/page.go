package api

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed page.html
var pageFile embed.FS

// Pages show the API's description to people: one page with all operations, and one of each.
type Pages struct {
	all []byte
	one map[string][]byte // by operation id
}

// group are the operations of a tag.
type group struct {
	Name, About string
	Operations  []shownOperation
}

// shownOperation is an operation as its page shows it.
type shownOperation struct {
	ID, Method, Path, Title, Summary, Says, Who string
	Parameters                                  []shownParameter
	Request, Answer                             string
	Answers                                     []shownAnswer
}

type shownParameter struct {
	Name, In, About string
	Required        bool
}

type shownAnswer struct{ Status, About string }

// Pages makes the pages. Describe has been called.
func (a *API) Pages() (*Pages, error) {
	templates, err := template.ParseFS(pageFile, "page.html")
	if err != nil {
		return nil, fmt.Errorf("read the page of the API: %w", err)
	}
	doc, p := a.huma.OpenAPI(), &Pages{one: map[string][]byte{}}
	var groups []group
	for _, tag := range doc.Tags {
		g := group{Name: tag.Name, About: tag.Description}
		for _, op := range operationsOf(doc) {
			if !slices.Contains(op.Tags, tag.Name) {
				continue
			}
			shown := shownOf(op)
			if p.one[shown.ID], err = render(templates, "one", shown); err != nil {
				return nil, err
			}
			g.Operations = append(g.Operations, shown)
		}
		groups = append(groups, g)
	}
	p.all, err = render(templates, "all", map[string]any{"About": doc.Info.Description, "Version": doc.Info.Version, "Groups": groups})
	return p, err
}

func render(t *template.Template, name string, v any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, v); err != nil {
		return nil, fmt.Errorf("show the API: %w", err)
	}
	return b.Bytes(), nil
}

func shownOf(op *huma.Operation) shownOperation {
	s := shownOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Title: op.Method + " " + op.Path, Summary: op.Summary, Says: op.Description, Who: whoMay(op)}
	for _, p := range op.Parameters {
		s.Parameters = append(s.Parameters, shownParameter{Name: p.Name, In: p.In, About: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		for kind, media := range op.RequestBody.Content {
			s.Request = cmp.Or(pretty(media.Example), kind)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if status != "default" {
			s.Answers = append(s.Answers, shownAnswer{status, strings.ReplaceAll(r.Description, "`", "")})
		}
		if media := r.Content["application/json"]; media != nil && strings.HasPrefix(status, "2") {
			s.Answer = pretty(media.Example)
		}
	}
	return s
}

func pretty(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// whoMay names who may call an operation.
func whoMay(op *huma.Operation) string {
	var list []string
	for _, way := range op.Security {
		for scheme, roles := range way {
			if scheme == "operator" {
				roles = []string{scheme}
			}
			for _, role := range roles {
				if !slices.Contains(list, role) {
					list = append(list, role)
				}
			}
		}
	}
	return cmp.Or(strings.Join(list, ", "), "everybody")
}

// All serves the page with all operations.
func (p *Pages) All(w http.ResponseWriter, _ *http.Request) { writePage(w, p.all) }

// Find is the page of an operation.
func (p *Pages) Find(id string) (page http.HandlerFunc, ok bool) {
	text, ok := p.one[id]
	return func(w http.ResponseWriter, _ *http.Request) { writePage(w, text) }, ok
}

func writePage(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text) // a reader who is gone needs no answer
}
