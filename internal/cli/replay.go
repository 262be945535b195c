package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
)

// replayCmd goes through a firm's history as if its mappings had been others.
type replayCmd struct {
	where   `embed:""`
	Firm    string `name:"firm" required:"" help:"The firm's id." placeholder:"FIRM"`
	Mapping string `name:"mapping" help:"A JSON file: a mapping as PUT takes it, {\"remove\":\"ID\"}, or a list of mappings in place of the firm's. Without it: the mappings as they are now." placeholder:"FILE"`
	Matter  string `name:"matter" help:"Only this matter." placeholder:"MATTER"`
}

// Run prints the replay.
func (c *replayCmd) Run(t *terminal) (err error) {
	change, err := c.change()
	if err != nil {
		return &config.UsageError{Err: err}
	}
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	whole, next := api.ReplayBody{Items: []api.ReplayedBody{}}, ""
	for {
		path := query("/v1/firms/"+url.PathEscape(c.Firm)+"/replay", map[string]string{"matter": c.Matter, "cursor": next})
		var part api.ReplayBody
		if err := o.do(t.ctx, apiRequest{method: http.MethodPost, path: path, body: change}, &part); err != nil {
			return err
		}
		whole = joinReplays(whole, part)
		if part.Next == nil {
			break
		}
		next = *part.Next
	}
	if c.JSON {
		return printJSON(t.out, whole)
	}
	return printReplay(t, whole)
}

// change is the body of the API request.
func (c *replayCmd) change() (any, error) {
	if c.Mapping == "" {
		return map[string]any{}, nil
	}
	text, err := os.ReadFile(c.Mapping)
	if err != nil {
		return nil, fmt.Errorf("--mapping: %w", err)
	}
	var body any
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, fmt.Errorf("--mapping: %s is no JSON: %w", c.Mapping, err)
	}
	if list, ok := body.([]any); ok {
		return map[string]any{"mappings": list}, nil
	}
	return body, nil
}

// joinReplays adds a part to those before it.
func joinReplays(whole, part api.ReplayBody) api.ReplayBody {
	items, estimate := append(whole.Items, part.Items...), part.Estimate
	estimate.Calls += whole.Estimate.Calls
	estimate.Seconds = math.Round((estimate.Seconds+whole.Estimate.Seconds)*10) / 10 // each is to a tenth
	return api.ReplayBody{Items: items, Estimate: estimate, About: whole.About || part.About, Revision: part.Revision, Position: cmp.Or(whole.Position, part.Position)}
}

// replayWords are the outcomes as people read them.
var replayWords = map[domain.ReplayOutcome]string{
	domain.ReplayNone: "no sync", domain.ReplaySame: "the same", domain.ReplayOther: "another type", domain.ReplayStops: "would wait",
	domain.ReplayGoes: "would go on", domain.ReplayWaits: "waits either way",
}

func printReplay(t *terminal, b api.ReplayBody) error {
	if len(b.Items) == 0 {
		_, err := fmt.Fprintln(t.out, "The firm has no matters.")
		return err
	}
	rows := columns{header: []string{"MATTER", "CASE TYPE", "WAS", "WOULD BE", "OUTCOME", "CALLS"}}
	for _, m := range b.Items {
		rows.row(string(m.ID), m.CaseType, wasType(m), wouldType(m), replayWords[m.Outcome], callCount(m))
	}
	if err := rows.print(t.out, t.width); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "\n%s Nothing was sent.\n", replayTakes(b))
	return err
}

// replayTakes says what the syncs that would go on take of the allowance.
func replayTakes(b api.ReplayBody) string {
	syncs, about := 0, ""
	for _, m := range b.Items {
		if m.Outcome == domain.ReplayGoes {
			syncs++
		}
	}
	if syncs == 0 {
		return "No sync would go on now, so there would be no call to Smokeball."
	}
	if b.About {
		about = "about "
	}
	return fmt.Sprintf("%s would go on now, with %s%s to Smokeball: %s s with the allowance to itself.", counted(syncs, "sync"), about, counted(b.Estimate.Calls, "call"), strconv.FormatFloat(b.Estimate.Seconds, 'f', -1, 64))
}

func wasType(m api.ReplayedBody) string {
	if m.Was == nil {
		return "-"
	}
	return m.Was.TypeName
}

func wouldType(m api.ReplayedBody) string {
	if m.Would == nil || m.Would.TypeName == nil {
		return "-"
	}
	return *m.Would.TypeName
}

func callCount(m api.ReplayedBody) string {
	if m.Calls == nil {
		return "?"
	}
	text := strconv.Itoa(len(m.Calls))
	if m.Withheld > 0 {
		text += fmt.Sprintf(" (%d fewer)", m.Withheld)
	}
	return text
}
