package cli

import (
	"bufio"
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
	"github.com/casehug/smokeball-sync/internal/retry"
)

// watcher prints a firm's syncs as they change.
type watcher struct {
	*historyListCmd
	t     *terminal
	after string            // id of the last event of the stream
	told  map[string]string // status and reason of each sync, as last printed
}

// reconnect is the backoff after the engine stopped or the connection was lost.
var reconnect = retry.Backoff{First: time.Second, Limit: 15 * time.Second}

// checkFollow finds flags that a stream can't serve.
func (c *historyListCmd) checkFollow() error {
	switch {
	case !c.Follow:
		return nil
	case c.Firm == "":
		return errors.New("--follow: requires the id of one firm")
	case c.Search != "":
		return errors.New("--follow: can't be combined with --search")
	}
	return nil
}

// follow prints the changes after a ledger position, until the command is stopped. list has the
// entries that were printed already.
func (c *historyListCmd) follow(t *terminal, after string, list []json.RawMessage) error {
	entries, err := decodeAll[syncEntry](list)
	if err != nil {
		return err
	}
	f := &watcher{historyListCmd: c, t: t, after: after, told: map[string]string{}}
	for _, e := range entries {
		f.told[e.ID] = e.standing()
	}
	for failures := 0; t.ctx.Err() == nil; {
		began := f.after
		err := f.connect()
		switch {
		case t.ctx.Err() != nil:
			return nil
		case final(err):
			return err
		}
		if failures++; f.after != began {
			failures = 1
		}
		fmt.Fprintln(t.err, "The stream of changes was interrupted; reconnecting.")
		_ = retry.Wait(t.ctx, reconnect.Delay(failures)) // returns early only if the command ends
	}
	return nil
}

// final reports whether reconnecting can't help.
func final(err error) bool {
	var refused *refusedError
	return errors.As(err, &refused) && refused.status != http.StatusTooManyRequests && refused.status != http.StatusUnauthorized && refused.status < http.StatusInternalServerError
}

// errAway is returned while no engine runs.
var errAway = errors.New("no engine runs")

// connect reads the stream of the running engine until it ends.
func (f *watcher) connect() error {
	engine, runs, err := runningEngine(f.t.ctx, f.DataDir)
	switch {
	case err != nil:
		return err
	case !runs:
		return errAway
	}
	body, err := engine.events(f.t.ctx, "/v1/firms/"+url.PathEscape(f.Firm)+"/stream", f.after)
	if err != nil {
		return err
	}
	defer body.Close()
	return readEvents(body, f.event)
}

// events opens a stream of Server-Sent Events, after the event with that id.
func (c client) events(ctx context.Context, path, after string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Operator "+c.Token)
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the engine at %s: %w", c.URL, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, refusal(resp)
	}
	return resp.Body, nil
}

// event is one of Server-Sent Events.
type event struct{ id, name, data string }

// longestEvent is the most bytes of a line in a stream.
const longestEvent = 4 << 20

// readEvents calls f with each event of the stream until it ends.
func readEvents(r io.Reader, handle func(event) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestEvent)
	var e event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if e.data != "" {
				if err := handle(e); err != nil {
					return err
				}
			}
			e = event{id: e.id}
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data += value
		}
	}
	return lines.Err()
}

// event prints an entry of the history if its status or reason has changed.
func (f *watcher) event(e event) error {
	f.after = e.id
	if e.name != "history" {
		return nil
	}
	var s syncEntry
	if err := json.Unmarshal([]byte(e.data), &s); err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	if f.told[s.ID] == s.standing() || !f.wanted(s) {
		return nil
	}
	f.told[s.ID] = s.standing()
	if f.JSON {
		_, err := fmt.Fprintln(f.t.out, e.data)
		return err
	}
	return f.print(s)
}

// wanted reports whether the filters let the sync through.
func (f *watcher) wanted(s syncEntry) bool {
	return (f.Matter == "" || f.Matter == s.Matter) && (f.Trigger == "" || f.Trigger == s.Trigger) &&
		(f.Status == "" || strings.Contains(","+f.Status+",", ","+string(s.Status)+","))
}

func (f *watcher) print(s syncEntry) error {
	if _, err := fmt.Fprintf(f.t.out, "%s  %s  %s  %s  ", time.Now().UTC().Format(time.DateTime), s.ID, matterLabel(s), s.Trigger); err != nil {
		return err
	}
	if err := f.t.out.paint(statusColour(s.Status), string(s.Status)); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f.t.out, "  "+s.why()); err != nil || s.Error == nil || s.Status == domain.Running {
		return err
	}
	return printTrouble(f.t.out, s)
}

// standing is what a change has to differ in to be printed.
func (e syncEntry) standing() string { return string(e.Status) + " " + e.why() }
