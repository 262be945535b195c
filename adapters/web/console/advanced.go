package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Advanced is the page of the webhook subscription.
type Advanced struct {
	*Shell
	Webhooks  ports.Webhooks
	History   ports.History
	Numbers   ports.MatterCounts
	Mappings  reading.MappingReader
	PublicURL string
	Types     []string // of notifications that Smokeball is asked for

	tests testOutcomes
}

// advancedPage is what the page shows beside the subscription.
type advancedPage struct {
	Usable     bool // calls to Smokeball may be made
	Connected  bool // there is a connection to end
	Registered string
	Since      time.Time // of the registration
	Hears      string    // what notifications are about
	Address    string    // that they are sent to, without the secret
	Left       leftovers
	Day        projections.HourCount // of the last 24 hours
	LastTest   projections.HookTest
	Tester     string             // who asked for it; "": the engine
	SweepDue   bool               // the next sweep begins as soon as it can
	Test       *ports.WebhookTest // nil: no test was just sent
}

// Show shows the page, with the outcome of the test notification that was just sent, if one was.
func (s *Advanced) Show(v pageRequest) error {
	p, err := s.page(v)
	if err != nil {
		return err
	}
	c, err := s.Connections.Status(v.firm())
	if err != nil {
		return err
	}
	p.SweepDue = c.Sweep != nil && c.Sweep.NextAt != nil && !c.Sweep.NextAt.After(s.Now())
	if name := v.r.URL.Query().Get("test"); name != "" {
		p.Test = cmp.Or(s.tests.of(v.firm(), name), p.passed(s.Now()))
	}
	return s.show(v, http.StatusOK, "advanced", screen{Title: "Advanced", Nav: "integrations", Tab: "advanced", Unmapped: s.Mappings.Unmapped(v.ctx(), v.firm()),
		Said: advancedSummary(v.r), Crumbs: settingsCrumbs("Advanced"), Body: p})
}

func (s *Advanced) page(v pageRequest) (advancedPage, error) {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return advancedPage{}, err
	}
	c, address := row.Connection, strings.TrimSuffix(s.PublicURL, "/")+"/webhooks/smokeball/••••••••"
	p := advancedPage{Usable: c.Usable(s.Now()), Connected: c.State != "" && c.State != domain.StatusDisconnected, Hears: receivedText(s.Types), Address: address,
		Registered: v.nameOf(row, row.Lately.Registered), Since: row.Lately.HooksSince,
		Day: row.Today(s.Now()).Sum(s.Now()), LastTest: row.HookTest, Tester: v.nameOf(row, row.HookTest.By)}
	p.Left, err = leftoversOf(s.History, s.Numbers, v.firm())
	return p, err
}

// justSent is how long a page says how a test went that another engine sent.
const justSent = 10 * time.Minute

// passed is the outcome of a test that was just sent, as the ledger has it: by another engine, or
// by this one before it was started again. nil: none is back.
func (p advancedPage) passed(now time.Time) *ports.WebhookTest {
	t := p.LastTest
	if t.Answered.IsZero() || now.Sub(t.Asked) > justSent {
		return nil
	}
	return &ports.WebhookTest{Received: true, Took: t.Answered.Sub(t.Asked)}
}

// receivedText is what types of webhooks are about, such as matters, contacts, errors.
func receivedText(types []string) string {
	var about []string
	for _, t := range types {
		kind, _, _ := strings.Cut(t, ".")
		if name := heardText(kind); !slices.Contains(about, name) {
			about = append(about, name)
		}
	}
	return words.Capital(strings.Join(about, ", "))
}

// ShowRemove asks whether to remove the subscription.
func (s *Advanced) ShowRemove(v pageRequest) error {
	return s.show(v, http.StatusOK, "unregister", screen{Title: "Remove the subscription", Nav: "integrations",
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Advanced", "/integrations/advanced"}, {"Remove the subscription", ""}}})
}

// advancedSummary says what was just done.
func advancedSummary(r *http.Request) string {
	switch r.URL.Query().Get("done") {
	case "registered":
		return "Webhooks are registered."
	case "removed":
		return "The webhook subscription is removed."
	case "rotated":
		return "Smokeball has a new key and address. The old pair keeps working for one hour."
	}
	return ""
}

// Register makes or renews the subscription.
func (s *Advanced) Register(v pageRequest) error {
	position, err := s.Webhooks.RegisterWebhooks(v.ctx(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=registered")
}

// Remove removes the subscription.
func (s *Advanced) Remove(v pageRequest) error {
	position, err := s.Webhooks.RemoveWebhooks(v.ctx(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=removed")
}

// Rotate makes a new key and address.
func (s *Advanced) Rotate(v pageRequest) error {
	position, err := s.Webhooks.RotateWebhooks(v.ctx(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=rotated")
}

// Test sends a test notification and leads to the page that shows its outcome, so that loading
// that page again sends no other one.
func (s *Advanced) Test(v pageRequest) error {
	t, err := s.Webhooks.TestWebhooks(v.ctx(), v.user)
	if err != nil {
		return err
	}
	return s.then(v, 0, nil, "/integrations/advanced?test="+s.tests.add(v.firm(), t))
}
