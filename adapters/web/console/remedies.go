package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// remedy is who acts on what a sync waits for or failed by, and the button for readers who may.
type remedy struct {
	Label string // of the button; "": this reader has none
	Href  string // the page that it leads to
	Post  string // or the form that it sends
	Who   string // who acts; "": it goes on by itself
	What  string // the button is about, for those who hear it
}

// retryLabel is the button that asks for another sync.
const retryLabel = "Retry"

// remedyOf is the remedy for the newest state of a matter's sync.
func (s *Shell) remedyOf(v pageRequest, e projections.Entry) remedy {
	if e.Error == nil || (e.Status != domain.Waiting && e.Status != domain.Failed) {
		return remedy{}
	}
	r := remedy{What: cmp.Or(e.Title, string(e.Matter))}
	switch c := e.Error.Code; {
	case c == domain.CodeNotConnected:
		return s.adminsRemedy(v, r.posting("Connect to Smokeball", "/integrations/connect"))
	case c == domain.CodeReauthorizationRequired:
		return s.adminsRemedy(v, r.posting(s.signInLabel(v), "/integrations/connect"))
	case c == domain.CodeMatterTypeUnmapped:
		return s.adminsRemedy(v, r.leading("Choose a matter type", mappingsPath+"?matter="+string(e.Matter)+"#edit"))
	case c == domain.CodeMatterUnlinked:
		return s.adminsRemedy(v, r.leading("Link it", "/matters/"+string(e.Matter)+"/link"))
	case c == domain.CodeMisconfigured:
		r.Who = "CaseHug’s operators"
	case e.Status == domain.Waiting:
	case c == domain.CodeDocumentMismatch:
		r.Who = s.approver(v, e)
	default:
		r.Who = "you or anyone at your firm"
		return r.posting(retryLabel, "/history/"+string(e.ID)+"/retry")
	}
	return r
}

// signInLabel is the button that ends a lost sign-in, as the card of the connection has it.
func (s *Shell) signInLabel(v pageRequest) string {
	if row, err := s.Firms.Connection(v.firm()); err == nil && row.Connection.Status(s.Now()) == domain.StatusRevoked {
		return "Connect to Smokeball"
	}
	return "Sign in again"
}

func (r remedy) posting(label, to string) remedy { r.Label, r.Post = label, to; return r }

func (r remedy) leading(label, to string) remedy { r.Label, r.Href = label, to; return r }

// adminsRemedy leaves the button to firm admins, and names them to everybody else.
func (s *Shell) adminsRemedy(v pageRequest, r remedy) remedy {
	if v.user.Role == domain.FirmAdmin {
		r.Who = "you"
		return r
	}
	return remedy{Who: s.whoAdministers(v), What: r.What}
}

// approver is who approved the document that a sync is about.
func (s *Shell) approver(v pageRequest, e projections.Entry) string {
	row, err := s.Firms.Connection(v.firm())
	if err != nil || e.Trigger != domain.TriggerDocumentApproved || e.RequestedBy == "" {
		return "anyone at your firm who approves documents" // the remedy names whoever approved it
	}
	return v.nameOf(row, e.RequestedBy) + ", who approved it"
}

// adminsNamed is how many firm admins are named to those who need one.
const adminsNamed = 2

// whoAdministers names firm admins, as far as what they did tells who they are.
func (s *Shell) whoAdministers(v pageRequest) string {
	admins, err := s.People.Admins(v.firm(), adminsNamed)
	if err != nil || len(admins) == 0 {
		return "a firm admin"
	}
	var names []string
	for _, a := range admins {
		if !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	return strings.Join(names, ", ") + " or another firm admin"
}
