package web

import (
	"net/http"
	"net/url"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

const deadLettersPath = "/dead-letters"

// deadLettersPage lists what could not be taken in, or what became of it.
type deadLettersPage struct {
	State       domain.DeadLetterState
	Groups      []group
	DeadLetters []deadLetterView
	Tried       *deadLetterView // of these: the one that a retry has just not taken in
	Paged       bool
	More        string
	Newest      string
}

func (s *site) showDeadLetters(v pageRequest) error {
	in := v.r.URL.Query()
	p := deadLettersPage{State: domain.DeadLetterState(firstNonEmpty(in.Get("status"), string(domain.DeadLetterOpen))), Paged: in.Get("cursor") != ""}
	before, err := Paging{Cursor: in.Get("cursor")}.before()
	if err != nil {
		return err
	}
	firm, err := s.Views.Connection(v.firm())
	if err != nil {
		return err
	}
	rows, next, err := s.Views.DeadLetters(v.firm(), p.State, before, perPage)
	if err != nil {
		return err
	}
	for _, r := range rows {
		l, err := s.deadLetterOf(r)
		if err != nil {
			return err
		}
		p.DeadLetters = append(p.DeadLetters, l)
		if r.ID == in.Get("tried") {
			p.Tried = &l
		}
	}
	p.Groups = deadLetterGroups(firm.DeadLetters, p.State)
	p.Newest = deadLettersPath + queryWith(url.Values{"status": in["status"]})
	if c := cursor(next); c != nil {
		p.More = deadLettersPath + queryWith(url.Values{"status": in["status"]}, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "dead-letters", screen{Title: "Dead letters", Nav: "dead-letters", Said: deadLettersSummary(in.Get("done")),
		Crumbs: []crumb{{"Dead letters", ""}}, Body: p})
}

func deadLetterGroups(n projections.DeadLetterCounts, current domain.DeadLetterState) []group {
	list := []group{
		{Label: "Open", Href: deadLettersPath, Count: n.Open, Current: current == domain.DeadLetterOpen},
		{Label: "Taken in later", Href: deadLettersPath + "?status=taken_in", Count: n.TakenIn, Current: current == domain.DeadLetterTakenIn},
		{Label: "Discarded", Href: deadLettersPath + "?status=discarded", Count: n.Discarded, Current: current == domain.DeadLetterDiscarded},
	}
	return list
}

func deadLettersSummary(done string) string {
	switch done {
	case "taken_in":
		return "The event is taken in."
	case "discarded":
		return "The event is discarded. It stays readable under “Discarded”."
	}
	return ""
}

// doRetryDeadLetter takes the event in again. Where it still does not fit, the list tells why.
func (s *site) doRetryDeadLetter(v pageRequest) error {
	id := v.r.PathValue("id")
	position, err := s.DeadLetters.RetryDeadLetter(v.r.Context(), v.user, id)
	if r := domain.AsRejection(err); r != nil && len(r.Faults) > 0 {
		return s.then(v, position, nil, deadLettersPath+"?tried="+url.QueryEscape(id))
	}
	return s.then(v, position, err, deadLettersPath+"?done=taken_in")
}

// showDiscardDeadLetter asks whether the event is to be discarded, where no script asks.
func (s *site) showDiscardDeadLetter(v pageRequest) error {
	row, err := s.deadLetter(v.firm(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	l, err := s.deadLetterOf(row)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "discard", screen{Title: "Discard an event", Nav: "dead-letters",
		Crumbs: []crumb{{"Dead letters", deadLettersPath}, {"Discard", ""}}, Body: l})
}

func (s *site) doDiscardDeadLetter(v pageRequest) error {
	position, err := s.DeadLetters.DiscardDeadLetter(v.r.Context(), v.user, v.r.PathValue("id"))
	return s.then(v, position, err, deadLettersPath+"?done=discarded")
}
