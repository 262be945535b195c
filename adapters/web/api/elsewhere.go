package api

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Elsewhere describes what browsers and machines are served beside the operations.
func (a *API) Elsewhere() {
	for _, op := range a.elsewhere() {
		op.OperationID = operationID(op.Method, op.Path)
		a.huma.OpenAPI().AddOperation(&op)
	}
}

type signInForm struct {
	Token string `json:"token" doc:"CaseHug's token (JWT) of the person, as in Authorization: Bearer."`
	Next  string `json:"next,omitempty" doc:"The path of the console's page to open, such as /matters/m_1001."`
}

type replyForm struct {
	ID     string `json:"id" doc:"The hidden field id of the page that asks."`
	Answer string `json:"answer,omitempty" enum:"no" doc:"no: nothing is connected."`
}

type healthBody struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version"`
}

type readyBody struct {
	Status     string   `json:"status" enum:"ready"`
	Rebuilding []string `json:"rebuilding,omitempty" doc:"Views whose rows are those of an older version for now."`
}

func (a *API) elsewhere() []huma.Operation {
	page := "An HTML page"
	return []huma.Operation{
		{Method: "POST", Path: "/session", Tags: []string{"sign-in"}, Summary: "Sign a person in to the console", RequestBody: a.form(reflect.TypeFor[signInForm](), map[string]string{"token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1XzUifQ.c2lnbmF0dXJl", "next": "/matters/m_1001"}),
			Description: "CaseHug's page posts this form from one of ENGINE_CASEHUG_ORIGINS, by default the issuer's origin. The answer sets an HttpOnly cookie and leads to the console. In a browser where another person is signed in, a page asks first.",
			Responses:   answersOf(303, "Signed in: to the console's page", 200, "A page that asks whether to sign in as another person", 401, "The token is not valid: a page that says why", 403, "The form comes from another site")},
		{Method: "POST", Path: "/session/end", Tags: []string{"sign-in"}, Summary: "Sign out", Description: "Ends the session of this browser on every engine and removes its cookie.",
			Responses: answersOf(303, "Signed out: to a page that says so", 200, page, 403, "The form comes from another site")},
		{Method: "GET", Path: "/oauth/smokeball/callback", Tags: []string{"connection"}, Summary: "Where Smokeball sends the browser after consent",
			Description: "In a browser that is signed in at the console as the person who made the link, it connects the firm. In any other one it asks “Connect … to …?” by a form to POST /oauth/smokeball/confirm, and nothing is connected before that. After 10 minutes without an answer the grant is given back.",
			Parameters:  []*huma.Param{query("state", "Of the link."), query("code", "Smokeball's authorization code."), query("error", "Instead of code, such as access_denied."), query("iss", "The issuer (RFC 9207).")},
			Responses:   answersOf(303, "Connected: to the console", 200, "The page that asks", 403, "Refused in Smokeball, or not by Smokeball", 410, "The link was used or is older than 10 minutes")},
		{Method: "POST", Path: "/oauth/smokeball/confirm", Tags: []string{"connection"}, Summary: "The answer to “Connect … to …?”", RequestBody: a.form(reflect.TypeFor[replyForm](), map[string]string{"id": "K7Q2ZJ4W5X6Y", "answer": "no"}),
			Description: "Bound to the browser that was asked, by a cookie.",
			Responses:   answersOf(303, "Connected: to the console", 200, page, 403, "Answered no, or by another browser", 410, "Nobody answered within 10 minutes")},
		{Method: "GET", Path: "/healthz", Tags: []string{"health"}, Summary: "Whether the engine is alive", Description: "Answers as long as the process serves.", Responses: a.jsonAnswers(reflect.TypeFor[healthBody](), "Alive", map[string]string{"status": "ok", "version": "1.4.0"})},
		{Method: "GET", Path: "/readyz", Tags: []string{"health"}, Summary: "Whether the engine can take work", Description: "503 `not_ready` names what is missing.", Responses: a.jsonAnswers(reflect.TypeFor[readyBody](), "Ready", map[string]string{"status": "ready"}, 503)},
		{Method: "GET", Path: "/metrics", Tags: []string{"health"}, Summary: "Prometheus metrics", Description: "In Prometheus' text format.", Responses: textAnswers("text/plain")},
		{Method: "GET", Path: "/openapi.json", Tags: []string{"descriptions"}, Summary: "This document", Description: "OpenAPI 3.1. GET /api shows it as a page.", Responses: textAnswers("application/openapi+json")},
		{Method: "GET", Path: "/asyncapi.json", Tags: []string{"descriptions"}, Summary: "The messages of the bus", Description: "AsyncAPI 3.0.", Responses: textAnswers("application/json")},
		{Method: "GET", Path: "/schemas/{file}", Tags: []string{"descriptions"}, Summary: "The schema of an event's data", Description: "JSON Schema. The file is the event's type and .json, such as com.casehug.matter.created.json.",
			Parameters: []*huma.Param{{Name: "file", In: "path", Required: true, Description: "{type}.json", Schema: &huma.Schema{Type: huma.TypeString}}}, Responses: textAnswers("application/schema+json")},
	}
}

func query(name, about string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
}

// form is a form of a browser.
func (a *API) form(t reflect.Type, filled map[string]string) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": {Schema: a.schema(t), Example: filled}}}
}

func (a *API) schema(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
}

// answersOf are pages and redirects: a status and what it means, again and again.
func answersOf(list ...any) map[string]*huma.Response {
	answers := map[string]*huma.Response{}
	for i := 0; i+1 < len(list); i += 2 {
		status, means := list[i].(int), list[i+1].(string)
		r := &huma.Response{Description: means, Content: map[string]*huma.MediaType{"text/html": {}}}
		if status == http.StatusSeeOther {
			r.Content, r.Headers = nil, map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		answers[strconv.Itoa(status)] = r
	}
	return answers
}

func (a *API) jsonAnswers(t reflect.Type, means string, example any, problems ...int) map[string]*huma.Response {
	answers := map[string]*huma.Response{"200": {Description: means, Content: map[string]*huma.MediaType{"application/json": {Schema: a.schema(t), Example: example}}}}
	for _, status := range problems {
		answers[strconv.Itoa(status)] = a.problemResponse()
	}
	return answers
}

func textAnswers(contentType string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: "The document", Content: map[string]*huma.MediaType{contentType: {}}}}
}
