package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// advancedPage is what stands beside the subscription.
type advancedPage struct {
	Usable     bool // calls to Smokeball may be made
	Connected  bool // there is a connection to end
	Registered string
	Since      time.Time // of the registration
	Hears      string    // what Smokeball tells of
	Address    string    // where it tells it, without the secret
	Left       leftovers
	Test       *WebhookTest // what came of a test that was just asked for
}

// leftovers are what a disconnect stops and what it leaves.
type leftovers struct {
	Unfinished  int // syncs
	InSmokeball int // matters
}

func (s *site) leftovers(firm domain.FirmID) (l leftovers, err error) {
	q := s.Views.Queue(firm)
	l.Unfinished = q.Running + q.Waiting
	err = s.Views.EachMatter(firm, func(r projections.MatterRow) bool {
		l.InSmokeball += one(r.Matter.Smokeball.ID != "")
		return true
	})
	return l, err
}

func (s *site) showAdvanced(v pageRequest) error {
	return s.showTested(v, nil)
}

// showTested shows the page, with what came of a test notification where one was sent.
func (s *site) showTested(v pageRequest, t *WebhookTest) error {
	p, err := s.advanced(v)
	if err != nil {
		return err
	}
	p.Test = t
	sc := screen{Title: "Advanced", Nav: "integrations", Tab: "advanced", Unmapped: s.unmapped(v), Said: advancedSummary(v.r),
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Smokeball", ""}, {"Advanced", ""}}, Body: p}
	return s.show(v, http.StatusOK, "advanced", sc)
}

func (s *site) advanced(v pageRequest) (advancedPage, error) {
	row, err := s.Views.Connection(v.firm())
	if err != nil {
		return advancedPage{}, err
	}
	c, address := row.Connection, strings.TrimSuffix(s.PublicURL, "/")+"/webhooks/smokeball/••••••••"
	p := advancedPage{Usable: c.Usable(s.Now()), Connected: c.State != "" && c.State != domain.StatusDisconnected, Hears: receivedText(s.WebhookTypes), Address: address,
		Registered: nameOf(v, row, row.Lately.Registered), Since: row.Lately.HooksSince}
	p.Left, err = s.leftovers(v.firm())
	return p, err
}

// receivedText tells what types of webhooks are about, such as matters, contacts, errors.
func receivedText(types []string) string {
	var about []string
	for _, t := range types {
		kind, _, _ := strings.Cut(t, ".")
		if name := heardText(kind); !slices.Contains(about, name) {
			about = append(about, name)
		}
	}
	return capital(strings.Join(about, ", "))
}

func (s *site) showRemoveWebhooks(v pageRequest) error {
	return s.show(v, http.StatusOK, "unregister", screen{Title: "Remove the subscription", Nav: "integrations",
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Advanced", "/integrations/advanced"}, {"Remove the subscription", ""}}})
}

func advancedSummary(r *http.Request) string {
	switch r.URL.Query().Get("done") {
	case "registered":
		return "Webhooks are registered."
	case "removed":
		return "The webhook subscription is removed."
	case "rotated":
		return "Smokeball has a new key and address. The old pair counts for one hour more."
	}
	return ""
}

func (s *site) doRegisterWebhooks(v pageRequest) error {
	position, err := s.Firms.RegisterWebhooks(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=registered")
}

func (s *site) doRemoveWebhooks(v pageRequest) error {
	position, err := s.Firms.RemoveWebhooks(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=removed")
}

func (s *site) doRotateWebhooks(v pageRequest) error {
	position, err := s.Firms.RotateWebhooks(v.r.Context(), v.user)
	return s.then(v, position, err, "/integrations/advanced?done=rotated")
}

// doTestWebhooks answers with the page itself: what came of a test is kept nowhere, and an
// address that told it could tell anything.
func (s *site) doTestWebhooks(v pageRequest) error {
	t, err := s.Firms.TestWebhooks(v.r.Context(), v.user)
	if err != nil {
		return err
	}
	return s.showTested(v, &t)
}
