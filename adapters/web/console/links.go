package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Links are the pages on which firm admins link matters by hand.
type Links struct {
	*Shell
	Rows  ports.Matters
	Links ports.Links
}

// linkPage is the search for a matter that Smokeball has.
type linkPage struct {
	Matter   reading.MatterSummary
	Text     string
	Searched bool
	Found    []reading.FoundMatter
	More     bool
}

// Show searches what Smokeball has. At first it searches for the client's name.
func (s *Links) Show(v pageRequest) error {
	row, err := s.matter(v)
	if err != nil {
		return err
	}
	in := v.r.URL.Query()
	p := linkPage{Matter: reading.Summary(row), Text: strings.TrimSpace(in.Get("q")), Searched: true}
	if !in.Has("q") {
		p.Text = row.Matter.Data.Client.Name()
	}
	if r := []rune(p.Text); len(r) > 200 {
		p.Text = string(r[:200])
	}
	found, more, err := s.Links.SearchMatters(v.ctx(), v.firm(), p.Text)
	if err != nil {
		return err
	}
	p.Found, p.More = reading.FoundMatters(found), more
	return s.show(v, http.StatusOK, "link", screen{Title: "Link to a matter in Smokeball", Nav: "matters", Crumbs: linkCrumbs(row, "Link"), Body: p})
}

// linkConfirmPage asks whether to link.
type linkConfirmPage struct {
	Matter   reading.MatterSummary
	Client   string
	Found    reading.FoundMatter
	Known    domain.SmokeballID
	Is       string   // who of the matter's clients is CaseHug's; "": nobody is known to be
	Ask      bool     // what is to become of the clients has to be decided
	Same     []person // who may be said to be CaseHug's client
	Here     reading.MatterSummary
	Search   string // back to the search
	Decision string // that was missing
}

// person is a contact that may be chosen.
type person struct {
	ID   domain.SmokeballID
	Name string
}

// ShowConfirm asks whether to link the matter that was chosen.
func (s *Links) ShowConfirm(v pageRequest) error {
	return s.confirm(v, domain.SmokeballID(v.r.URL.Query().Get("to")), http.StatusOK, "")
}

func (s *Links) confirm(v pageRequest, to domain.SmokeballID, status int, missing string) error {
	row, err := s.matter(v)
	if err != nil {
		return err
	}
	plan, err := s.Links.PlanLink(v.ctx(), v.firm(), row.ID, to)
	if err != nil {
		return err
	}
	p := linkConfirmPage{Matter: reading.Summary(row), Client: plan.Client.Name(), Found: reading.Found(plan.Found), Known: plan.Known,
		Ask: len(plan.Choices) > 0, Search: "/matters/" + string(row.ID) + "/link?q=" + url.QueryEscape(v.r.FormValue("q")), Decision: missing}
	for _, c := range plan.Found.People {
		if c.ID == plan.Is {
			p.Is = c.Name
		}
		if slices.Contains(plan.Same, c.ID) {
			p.Same = append(p.Same, person{c.ID, c.Name})
		}
	}
	return s.show(v, status, "link-confirm", screen{Title: "Link to this matter?", Nav: "matters", Crumbs: linkCrumbs(row, "Link"), Body: p})
}

// Link links the matter.
func (s *Links) Link(v pageRequest) error {
	m := domain.MatterID(v.r.PathValue("matter"))
	to := ports.LinkChoice{Matter: domain.SmokeballID(v.r.PostFormValue("smokeball_matter_id"))}
	choice, contact, _ := strings.Cut(v.r.PostFormValue("client"), " ")
	to.Client, to.Contact = domain.ClientChoice(choice), domain.SmokeballID(contact)
	position, err := s.Links.LinkMatter(v.ctx(), v.user, m, to)
	if r := domain.AsRejection(err); r != nil && r.Failure.Code == domain.CodeClientChoiceRequired {
		return s.confirm(v, to.Matter, http.StatusConflict, "Decide what is to become of the client.")
	}
	return s.then(v, position, err, "/matters/"+string(m))
}

// ShowUnlink asks whether to unlink the matter.
func (s *Links) ShowUnlink(v pageRequest) error {
	row, err := s.matter(v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "unlink", screen{Title: "Unlink the matter?", Nav: "matters", Crumbs: linkCrumbs(row, "Unlink"), Body: reading.Summary(row)})
}

// Unlink unlinks the matter.
func (s *Links) Unlink(v pageRequest) error {
	m := domain.MatterID(v.r.PathValue("matter"))
	position, err := s.Links.UnlinkMatter(v.ctx(), v.user, m)
	return s.then(v, position, err, "/matters/"+string(m))
}

func (s *Links) matter(v pageRequest) (projections.MatterRow, error) {
	return reading.Matter(s.Rows, v.firm(), domain.MatterID(v.r.PathValue("matter")))
}

func linkCrumbs(row projections.MatterRow, page string) []crumb {
	name := row.Matter.Data.CaseNumber
	if name == "" {
		name = string(row.ID)
	}
	return []crumb{{"Matters", "/matters"}, {name, "/matters/" + string(row.ID)}, {page, ""}}
}
