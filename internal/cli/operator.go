package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// operator sends requests to the engine of a data directory: over HTTP to the running one, or to
// the ledger itself if none runs.
type operator struct {
	ask   func(ctx context.Context, path string, into any) error
	tell  func(ctx context.Context, method, path string, into any) error
	send  func(ctx context.Context, method, path string, body, into any) error
	do    func(ctx context.Context, r apiRequest, into any) error
	close func() error
}

// openOperator finds the running engine or opens the ledger. dir is ENGINE_DATA_DIR.
func openOperator(ctx context.Context, dir string) (*operator, error) {
	c, runs, err := runningEngine(ctx, dir)
	switch {
	case err != nil:
		return nil, err
	case runs:
		return &operator{ask: c.get, tell: c.do, send: c.send, do: c.request, close: func() error { return nil }}, nil
	}
	return fromLedger(ctx, dir)
}

// openFirm is openOperator for a command about one firm, which has to be known.
func openFirm(ctx context.Context, dir, firm string) (*operator, error) {
	o, err := openOperator(ctx, dir)
	if err != nil {
		return nil, err
	}
	if _, err := o.firms(ctx, firm); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// runningEngine returns how to reach the engine that runs on a data directory, if one does.
func runningEngine(ctx context.Context, dir string) (c client, runs bool, err error) {
	a, err := engine.ReadAccess(dir)
	if err != nil || a == (engine.Access{}) {
		return c, false, err
	}
	c = client{a, http.DefaultClient}
	return c, alive(ctx, c), nil
}

func alive(ctx context.Context, c client) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return c.get(ctx, "/v1/operator/firms", nil) == nil
}

// firms returns the requested firms: the named one, which has to be known, or all.
func (o *operator) firms(ctx context.Context, named string) ([]string, error) {
	var page struct {
		Items []struct {
			Firm string `json:"firm_id"`
		} `json:"items"`
	}
	if err := o.ask(ctx, "/v1/operator/firms", &page); err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range page.Items {
		if f.Firm == named {
			return []string{named}, nil
		}
		ids = append(ids, f.Firm)
	}
	if named != "" {
		return nil, unknownFirm(named)
	}
	return ids, nil
}

// unknownFirm is the error for a firm's id of which nothing was ever recorded: a mistyped id must
// not look like a firm without syncs.
func unknownFirm(id string) error {
	return &failure{Code: domain.CodeNotFound, Message: "there is no firm " + id + " on this engine: it has no event and no connection",
		Remedy: "Check the id; “smokeball-sync status” lists the firms. A firm appears with its first event or connection."}
}

// client calls an engine's API as its operator.
type client struct {
	engine.Access
	http *http.Client
}

// get makes a GET request.
func (c client) get(ctx context.Context, path string, into any) error {
	return c.do(ctx, http.MethodGet, path, into)
}

// do makes a request without a body.
func (c client) do(ctx context.Context, method, path string, into any) error {
	return c.send(ctx, method, path, nil, into)
}

// send makes a request with a body in JSON; nil: none.
func (c client) send(ctx context.Context, method, path string, body, into any) error {
	return c.request(ctx, apiRequest{method: method, path: path, body: body}, into)
}

// apiRequest is a request to the engine.
type apiRequest struct {
	method, path string
	body         any // sent as JSON; nil: none
	accept, key  string
}

// request makes the request. into may be a *[]byte, which gets the raw answer.
func (c client) request(ctx context.Context, r apiRequest, into any) error {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.URL+r.path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Operator "+c.Token)
	for name, value := range map[string]string{"Accept": r.accept, "Idempotency-Key": r.key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the engine at %s: %w", c.URL, err)
	}
	defer resp.Body.Close()
	return readAnswer(resp, into)
}

func readAnswer(resp *http.Response, into any) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return refusal(resp)
	}
	if into == nil {
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	if raw, ok := into.(*[]byte); ok {
		text, err := io.ReadAll(resp.Body)
		*raw = text
		return err
	}
	if with, ok := into.(interface{ readHeader(http.Header) }); ok {
		with.readHeader(resp.Header)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// problem is an error of the engine's API.
type problem struct {
	Title  string       `json:"title"`
	Code   domain.Code  `json:"code"`
	Detail string       `json:"detail"`
	Remedy string       `json:"remedy"`
	Errors []fieldFault `json:"errors"`
}

// refusedError is an answer with an error status.
type refusedError struct {
	status  int
	problem problem
}

// Error returns the engine's message, with the fault of each field.
func (e *refusedError) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("the engine answers %d %s: %s %s", e.status, e.problem.Title, words.Sentence(e.problem.Detail), words.Sentence(e.problem.Remedy)))
	for _, f := range e.problem.Errors {
		text += "\n  " + strings.TrimSpace(f.Field+" "+f.Message)
	}
	return text
}

// refusal returns the error of an answer with an error status. Values that the engine refuses are
// a wrong use of the command.
func refusal(resp *http.Response) error {
	var p problem
	_ = json.NewDecoder(resp.Body).Decode(&p) // without a problem document the status remains
	if p.Code == domain.CodeInvalidRequest && len(p.Errors) > 0 {
		var faults []error
		for _, f := range p.Errors {
			faults = append(faults, fmt.Errorf("%s: %s", flagNames.Replace(f.Field), f.Message))
		}
		return &config.UsageError{Err: errors.Join(faults...)}
	}
	return &refusedError{status: resp.StatusCode, problem: p}
}

// flagNames turns the names of the API's parameters into those of the commands' flags.
var flagNames = strings.NewReplacer("query.q", "--search", "query.", "--")

// fromLedger answers from the ledger of a stopped engine, as the engine would.
func fromLedger(ctx context.Context, dir string) (*operator, error) {
	r, err := engine.OpenReader(ctx, dir, os.Getenv("ENGINE_MASTER_KEY_FILE"), config.KeptFrom(os.Getenv))
	if err != nil {
		return nil, err
	}
	c := client{r.Access, &http.Client{Transport: inProcess{r.Handler}}}
	return &operator{ask: c.get, tell: c.do, send: c.send, do: c.request, close: r.Close}, nil
}

// query appends the values that are set to a path.
func query(path string, values map[string]string) string {
	q := url.Values{}
	for k, v := range values {
		if v != "" {
			q.Set(k, v)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
