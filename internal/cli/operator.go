package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// operator asks the engine of a data directory: the running one over HTTP, or the
// ledger itself where none runs.
type operator struct {
	ask   func(ctx context.Context, path string, into any) error
	tell  func(ctx context.Context, method, path string, into any) error
	close func() error
}

// openOperator finds out whom to ask. dir is ENGINE_DATA_DIR.
func openOperator(ctx context.Context, dir string) (*operator, error) {
	c, runs, err := runningEngine(ctx, dir)
	switch {
	case err != nil:
		return nil, err
	case runs:
		return &operator{ask: c.get, tell: c.do, close: func() error { return nil }}, nil
	}
	return fromLedger(ctx, dir)
}

// runningEngine is how to reach the engine that runs on a data directory, if one does.
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

// client calls an engine's API as its operator.
type client struct {
	engine.Access
	http *http.Client
}

// get asks the engine.
func (c client) get(ctx context.Context, path string, into any) error {
	return c.do(ctx, http.MethodGet, path, into)
}

// do has the engine do something.
func (c client) do(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Operator "+c.Token)
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the engine at %s: %w", c.URL, err)
	}
	defer resp.Body.Close()
	return readAnswer(resp, into)
}

func readAnswer(resp *http.Response, into any) error {
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if into == nil {
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// problem is why the engine did not answer.
type problem struct {
	Title  string      `json:"title"`
	Code   domain.Code `json:"code"`
	Detail string      `json:"detail"`
	Remedy string      `json:"remedy"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// refusedError is an answer of the engine that is none.
type refusedError struct {
	status  int
	problem problem
}

// Error says what the engine says, with what is wrong in each field.
func (e *refusedError) Error() string {
	text := fmt.Sprintf("the engine answers %d %s: %s %s", e.status, e.problem.Title, e.problem.Detail, e.problem.Remedy)
	for _, f := range e.problem.Errors {
		text += "\n  " + strings.TrimSpace(f.Field+" "+f.Message)
	}
	return text
}

// refusal is the error of an answer that is none. Values that the engine does not take
// are a wrong use of the command.
func refusal(resp *http.Response) error {
	var p problem
	_ = json.NewDecoder(resp.Body).Decode(&p) // what is no problem document leaves the status
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
	r, err := engine.OpenReader(ctx, dir)
	if err != nil {
		return nil, err
	}
	c := client{r.Access, &http.Client{Transport: inProcess{r.Handler}}}
	return &operator{ask: c.get, tell: c.do, close: r.Close}, nil
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
