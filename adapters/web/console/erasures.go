package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// erasuresPage is the search for whom to erase, and the firm's erasures.
type erasuresPage struct {
	Text  string
	Found []erasable
	More  bool
	ID    bool // the text may be a client's id
	List  []erasureLine
}

// erasable is a matter that was found, with the clients that it names.
type erasable struct {
	reading.MatterSummary
	Clients []domain.ClientData
}

// erasureLine is an erasure of the list.
type erasureLine struct {
	Path     string
	Of       string // its subject
	By       string
	At, Done time.Time
	Matters  int
	Clients  int
}

const mostErasable = 20

// Show searches matters and clients to erase, and lists the erasures of the firm.
func (s *Erasures) Show(v pageRequest) error {
	p := erasuresPage{Text: strings.TrimSpace(v.r.URL.Query().Get("q"))}
	if err := s.search(v, &p); err != nil {
		return err
	}
	list, err := s.Erasures.Of(v.ctx(), v.firm())
	if err != nil {
		return err
	}
	for _, e := range list {
		line, err := s.line(v, e)
		if err != nil {
			return err
		}
		p.List = append(p.List, line)
	}
	return s.show(v, http.StatusOK, "erasures", screen{Title: "Erasures", Nav: "erasures", Crumbs: []crumb{{"Settings", ""}, {"Erasures", ""}}, Body: p})
}

// search finds matters by what people know of them.
func (s *Erasures) search(v pageRequest, p *erasuresPage) error {
	if p.Text == "" {
		return nil
	}
	p.ID = domain.ValidID(p.Text)
	rows, next, err := s.Rows.Matters(v.firm(), projections.MatterQuery{Text: p.Text, Limit: mostErasable})
	if err != nil {
		return err
	}
	p.More = next > 0
	for _, r := range rows {
		e := erasable{MatterSummary: reading.Summary(r)}
		if !r.Matter.Erased {
			e.Clients = r.Matter.Data.Clients()
		}
		p.Found = append(p.Found, e)
	}
	return nil
}

func (s *Erasures) line(v pageRequest, e domain.ErasureEntry) (erasureLine, error) {
	who, err := s.asker(v, e.Erasure)
	l := erasureLine{Path: erasePath(e.Subject), Of: "Matter " + string(e.Subject.Matter), By: who, At: e.At, Done: e.Done[domain.EraseTraces]}
	if e.Subject.Client != "" {
		l.Of = "Client " + string(e.Subject.Client)
	}
	if e.Found != nil {
		l.Matters, l.Clients = len(e.Found.Matters), len(e.Found.Clients)
	}
	return l, err
}
