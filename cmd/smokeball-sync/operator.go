package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// operatorAccess is what the engine leaves in its data directory for the operator's
// commands.
type operatorAccess struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func accessPath(dir string) string { return filepath.Join(dir, "operator.json") }

// writePrivate replaces a file that only its owner may read.
func writePrivate(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".operator-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	return errors.Join(err, tmp.Close(), os.Rename(tmp.Name(), path))
}

// loopback is the address at which programs on this machine reach a listener.
func loopback(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// operator asks the engine of a data directory: the running one over HTTP, or the
// ledger itself where none runs.
type operator struct {
	ask   func(ctx context.Context, path string, into any) error
	tell  func(ctx context.Context, method, path string, into any) error
	close func() error
}

// openOperator finds out whom to ask. dir is ENGINE_DATA_DIR.
func openOperator(ctx context.Context, dir string) (*operator, error) {
	a, runs, err := runningEngine(ctx, dir)
	switch {
	case err != nil:
		return nil, err
	case runs:
		return &operator{ask: a.get, tell: a.do, close: func() error { return nil }}, nil
	}
	return fromLedger(ctx, dir)
}

// runningEngine is how to reach the engine that runs on a data directory, if one does.
func runningEngine(ctx context.Context, dir string) (a operatorAccess, runs bool, err error) {
	data, err := os.ReadFile(accessPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("read %s: %w; run this as the engine's user", accessPath(dir), err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, false, fmt.Errorf("read %s: %w; start the engine again to renew it", accessPath(dir), err)
	}
	return a, alive(ctx, a), nil
}

func alive(ctx context.Context, a operatorAccess) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return a.get(ctx, "/v1/operator/firms", nil) == nil
}

// get asks the running engine.
func (a operatorAccess) get(ctx context.Context, path string, into any) error {
	return a.do(ctx, http.MethodGet, path, into)
}

// do lets the running engine do something.
func (a operatorAccess) do(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, a.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Operator "+a.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the engine at %s: %w", a.URL, err)
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
		return &usageError{errors.Join(faults...)}
	}
	return &refusedError{status: resp.StatusCode, problem: p}
}

// flagNames turns the names of the API's parameters into those of the commands' flags.
var flagNames = strings.NewReplacer("query.q", "--search", "query.", "--")

// fromLedger folds the ledger of a stopped engine into views of its own and answers
// from them, as the engine would.
func fromLedger(ctx context.Context, dir string) (*operator, error) {
	if _, err := os.Stat(ledgerPath(dir)); err != nil {
		return nil, noData(dir, err)
	}
	ledger, err := eventstore.OpenBoltReadOnly(ledgerPath(dir))
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "smokeball-sync-views-*")
	if err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	views, err := projections.Open(filepath.Join(tmp, "views.db"))
	if err != nil {
		return nil, errors.Join(err, ledger.Close(), os.RemoveAll(tmp))
	}
	_ = os.RemoveAll(tmp) // a command that is killed leaves no views; where open files stay, closing removes them
	closeAll := func() error { return errors.Join(views.Close(), ledger.Close(), os.RemoveAll(tmp)) }
	if err := catchUp(ctx, views, ledger); err != nil {
		return nil, errors.Join(err, closeAll())
	}
	e := &engine{views: views, token: randomID()}
	past := projections.Past{Ledger: ledger, Views: views}
	access, stop, err := e.serveReaders(past)
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	return &operator{ask: access.get, tell: access.do, close: func() error { return errors.Join(stop(), closeAll()) }}, nil
}

// serveReaders answers on a port of this machine as the engine would. The operator's
// token opens only what reads, so what writes is left out.
func (e *engine) serveReaders(past projections.Past) (operatorAccess, func() error, error) {
	c := web.Config{Views: e.views, Syncs: syncs{}, Firms: firms{}, Mappings: firms{}, Inbox: inbox{}, Allowance: unused{}, Keys: sealingKeys{}, DeadLetters: readOnlyDeadLetters{}, Past: past, PublicURL: "http://127.0.0.1",
		OperatorToken: e.token, Ready: func(context.Context) error { return nil }, Registry: prometheus.NewRegistry(),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Version: version()}
	handler, err := web.New(c)
	if err != nil {
		return operatorAccess{}, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return operatorAccess{}, nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stop := func() error {
		err := server.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
	return operatorAccess{URL: "http://" + listener.Addr().String(), Token: e.token}, stop, nil
}

// unused is the allowance of an engine that makes no calls.
type unused struct{}

func (unused) Usage(domain.FirmID) (float64, int) { return 0, 0 }

// catchUp folds all that the ledger has.
func catchUp(ctx context.Context, views *projections.Views, ledger *eventstore.Bolt) error {
	last, err := ledger.Last(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	folded := make(chan error, 1)
	go func() { folded <- views.Run(ctx, ledger) }()
	err = views.Wait(ctx, uint64(last))
	stop()
	return errors.Join(err, <-folded)
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
