package console

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// DeadLetters list dead letters, retry and discard them.
type DeadLetters struct {
	*Shell
	Rows        ports.DeadLetterRows
	Matters     ports.Matters
	DeadLetters ports.DeadLetters
}

const deadLettersPath = "/dead-letters"

// deadLettersPerPage is how many dead letters the list shows at once: each is read and shown with its
// faults, and an event may be large.
const deadLettersPerPage = 20

// deadLettersPage lists the dead letters of one state.
type deadLettersPage struct {
	Kept        keptNote
	State       domain.DeadLetterState
	Groups      []group
	DeadLetters []deadLetterView
	Tried       *deadLetterView // of these: the one that is still unprocessable after a retry
	Paged       bool
	More        string
	Newest      string
}

// Show lists dead letters, newest first.
func (s *DeadLetters) Show(v pageRequest) error {
	in := v.r.URL.Query()
	p := deadLettersPage{State: domain.DeadLetterState(cmp.Or(in.Get("status"), string(domain.DeadLetterOpen))), Paged: in.Get("cursor") != ""}
	before, err := reading.Paging{Cursor: in.Get("cursor")}.Before()
	if err != nil {
		return err
	}
	firm, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	rows, next, err := s.Rows.DeadLetters(v.firm(), p.State, before, deadLettersPerPage)
	if err != nil {
		return err
	}
	for _, r := range rows {
		l, err := deadLetterOf(s.Matters, r)
		if err != nil {
			return err
		}
		l.Tried.ByName, l.Settled.ByName = cmp.Or(r.Tried.ByName, v.nameOf(firm, r.Tried.By)), cmp.Or(r.Settled.ByName, v.nameOf(firm, r.Settled.By))
		p.DeadLetters = append(p.DeadLetters, l)
		if r.ID == in.Get("tried") {
			p.Tried = &l
		}
	}
	if p.Kept, err = s.keptPage(v, func(k reading.FirmKeeps) reading.Keeping { return k.DeadLetters }); err != nil {
		return err
	}
	p.Groups = deadLetterGroups(firm.DeadLetters, p.State)
	p.Newest = deadLettersPath + queryWith(url.Values{"status": in["status"]})
	if c := reading.Cursor(next); c != nil {
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

// deadLettersSummary says what was just done.
func deadLettersSummary(done string) string {
	switch done {
	case "taken_in":
		return "The event is taken in."
	case "discarded":
		return "The event is discarded. It stays readable under “Discarded”."
	}
	return ""
}

// Retry processes the event again. If it is still unprocessable, the list says why.
func (s *DeadLetters) Retry(v pageRequest) error {
	id := v.r.PathValue("id")
	position, err := s.DeadLetters.RetryDeadLetter(v.ctx(), v.user, id)
	if r := domain.AsRejection(err); r != nil && len(r.Faults) > 0 {
		return s.then(v, position, nil, deadLettersPath+"?tried="+url.QueryEscape(id))
	}
	return s.then(v, position, err, deadLettersPath+"?done=taken_in")
}

// ShowDiscard asks whether to discard the event, where no script asks.
func (s *DeadLetters) ShowDiscard(v pageRequest) error {
	row, err := reading.DeadLetter(s.Rows, s.Kept, v.firm(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	l, err := deadLetterOf(s.Matters, row)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "discard", screen{Title: "Discard an event", Nav: "dead-letters",
		Crumbs: []crumb{{"Dead letters", deadLettersPath}, {"Discard", ""}}, Body: l})
}

// Discard records that the event is not needed.
func (s *DeadLetters) Discard(v pageRequest) error {
	position, err := s.DeadLetters.DiscardDeadLetter(v.ctx(), v.user, v.r.PathValue("id"))
	return s.then(v, position, err, deadLettersPath+"?done=discarded")
}
