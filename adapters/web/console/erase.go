package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// Erasures ask whether to erase the personal data of a matter or a client, and show how that stands.
type Erasures struct {
	*Shell
	Rows     ports.Matters
	Erasures ports.Erasures
}

// erasePage is what an erasure would destroy, or how it stands.
type erasePage struct {
	Path    string // of the page itself
	Back    string // to what is kept
	Client  domain.ClientID
	Matter  domain.MatterID
	Plan    domain.ErasePlan
	Digest  string // of the plan
	Fault   string // why nothing was erased
	Erasure *erasureView
	Backups heldBy
}

// erasureView is an erasure that somebody asked for.
type erasureView struct {
	domain.Erasure
	ID    domain.EraseID
	By    string
	Steps []eraseStep
	At    time.Time
	Now   time.Time
}

// Done is when the erasure was done; zero: it is not.
func (e erasureView) DoneAt() time.Time { return e.Erasure.Done[domain.EraseTraces] }

type eraseStep struct {
	Text string
	Done time.Time
	Next bool // it is at work
}

// heldBy are the backups that hold what is erased.
type heldBy struct {
	Count       int
	From, To    time.Time // when they were begun
	Until       time.Time // the last one is kept
	StillErases bool      // one that is begun now would hold it, too
}

func heldOf(list []domain.BackupTime, open bool) heldBy {
	h := heldBy{Count: len(list), Until: domain.LastUntil(list), StillErases: open}
	if h.Count > 0 {
		h.From, h.To = list[0].Begun, list[h.Count-1].Begun
	}
	return h
}

// stepTexts say what is done by a step.
var stepTexts = map[domain.EraseStep]string{
	domain.EraseSyncs:     "Open syncs are ended, and none begins any more",
	domain.EraseDocuments: "Documents are destroyed in CaseHug’s object store",
	domain.EraseMessages:  "Messages are destroyed on the bus",
	domain.EraseKeys:      "The keys of what the ledger says are destroyed",
	domain.EraseViews:     "All lists and pages are made again without it",
	domain.EraseTraces:    "Messages that came meanwhile are destroyed",
}

// ShowMatter asks whether to erase the matter, or shows how its erasure stands.
func (s *Erasures) ShowMatter(v pageRequest) error {
	return s.of(v, matterToErase(v), http.StatusOK, "")
}

// ShowClient asks whether to erase the client with all their matters, or shows how that stands.
func (s *Erasures) ShowClient(v pageRequest) error {
	return s.of(v, clientToErase(v), http.StatusOK, "")
}

// EraseMatter erases the matter's personal data.
func (s *Erasures) EraseMatter(v pageRequest) error { return s.erase(v, matterToErase(v)) }

// EraseClient erases the client's personal data, if the client's id was typed once more: it takes all
// matters that name the client.
func (s *Erasures) EraseClient(v pageRequest) error {
	subject := clientToErase(v)
	if typed := strings.TrimSpace(v.r.PostFormValue("typed")); typed != string(subject.Client) {
		return s.of(v, subject, http.StatusUnprocessableEntity, "What was typed is not this client’s id, so nothing was erased. Check that it is the right client.")
	}
	return s.erase(v, subject)
}

func matterToErase(v pageRequest) domain.EraseSubject {
	return domain.EraseSubject{Matter: domain.MatterID(v.r.PathValue("matter"))}
}

func clientToErase(v pageRequest) domain.EraseSubject {
	return domain.EraseSubject{Client: domain.ClientID(v.r.PathValue("client"))}
}

// of shows how the erasure stands, or asks for it. fault says why nothing was erased.
func (s *Erasures) of(v pageRequest, subject domain.EraseSubject, status int, fault string) error {
	id := domain.EraseIDOf(v.firm(), subject)
	e, err := s.Erasures.Erasure(v.ctx(), v.firm(), id)
	if err == nil {
		return s.stands(v, id, e)
	}
	if !isUnknown(err) {
		return err
	}
	plan, err := s.Erasures.Plan(v.ctx(), v.firm(), subject)
	if err != nil {
		return err
	}
	if with, err := s.erasedWith(v, plan); err != nil || with != nil {
		if err == nil {
			err = s.stands(v, with.ID, with.Erasure)
		}
		return err
	}
	p := erasePage{Path: erasePath(subject), Back: "/matters", Client: subject.Client, Matter: subject.Matter, Plan: plan, Digest: plan.Digest(), Fault: fault, Backups: heldOf(plan.Backups, true)}
	title := "Erase the personal data of this client?"
	if subject.Matter != "" {
		title, p.Back = "Erase the personal data of this matter?", "/matters/"+string(subject.Matter)
	}
	return s.show(v, status, "erase", screen{Title: title, Nav: eraseNav(subject), Crumbs: eraseCrumbs(subject, "Erase"), Body: p})
}

// stands shows how an erasure stands.
func (s *Erasures) stands(v pageRequest, id domain.EraseID, e domain.Erasure) error {
	who, err := s.asker(v, e)
	if err != nil {
		return err
	}
	view := &erasureView{Erasure: e, ID: id, By: who, At: e.At, Now: s.Now()}
	for _, step := range domain.EraseSteps() {
		view.Steps = append(view.Steps, eraseStep{stepTexts[step], e.Done[step], step == e.Next()})
	}
	p := erasePage{Path: erasePath(e.Subject), Back: "/erasures", Client: e.Subject.Client, Matter: e.Subject.Matter, Erasure: view, Backups: heldOf(e.Backups, e.Done[domain.EraseKeys].IsZero())}
	return s.show(v, http.StatusOK, "erase", screen{Title: "Erasure", Nav: eraseNav(e.Subject), Crumbs: eraseCrumbs(e.Subject, "Erasure"), Body: p})
}

// asker is how whoever asked for the erasure is called.
func (s *Erasures) asker(v pageRequest, e domain.Erasure) (string, error) {
	if e.By == v.user.Subject || e.By == domain.Operator || e.ByName == "" {
		row, err := s.Firms.Connection(v.firm())
		return v.nameOf(row, e.By), err
	}
	return e.ByName, nil
}

// erasedWith is the erasure of another subject that took all of the plan already; nil: there is none.
func (s *Erasures) erasedWith(v pageRequest, p domain.ErasePlan) (*domain.ErasureEntry, error) {
	if len(p.Matters) == 0 || slices.ContainsFunc(p.Matters, func(m domain.PlannedMatter) bool { return !m.Erased }) {
		return nil, nil
	}
	list, err := s.Erasures.Of(v.ctx(), v.firm())
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.Found != nil && (slices.Contains(e.Found.Matters, p.Subject.Matter) || slices.Contains(e.Found.Clients, p.Subject.Client)) {
			e.Erasure, err = s.Erasures.Erasure(v.ctx(), v.firm(), e.ID)
			return &e, err
		}
	}
	return nil, nil
}

// erase erases what the form's page said. Two clicks lead to the same erasure.
func (s *Erasures) erase(v pageRequest, subject domain.EraseSubject) error {
	plan, err := s.Erasures.Plan(v.ctx(), v.firm(), subject)
	if err != nil {
		return err
	}
	if plan.Digest() != v.r.PostFormValue("plan") { // a page of an earlier version has none
		return s.of(v, subject, http.StatusConflict, "What goes has changed since this page was opened, so nothing was erased. Read it again.")
	}
	_, _, position, err := s.Erasures.Erase(v.ctx(), v.user, subject)
	return s.then(v, position, err, erasePath(subject))
}

func erasePath(s domain.EraseSubject) string {
	if s.Client != "" {
		return "/clients/" + string(s.Client) + "/erase"
	}
	return "/matters/" + string(s.Matter) + "/erase"
}

func eraseNav(s domain.EraseSubject) string {
	if s.Client != "" {
		return "erasures"
	}
	return "matters"
}

func eraseCrumbs(s domain.EraseSubject, page string) []crumb {
	if s.Client != "" {
		return []crumb{{"Erasures", "/erasures"}, {string(s.Client), ""}, {page, ""}}
	}
	return []crumb{{"Matters", "/matters"}, {string(s.Matter), "/matters/" + string(s.Matter)}, {page, ""}}
}

func isUnknown(err error) bool {
	r := domain.AsRejection(err)
	return r != nil && r.Reason == domain.Unknown
}

// PlannedName is how the client of the page is called.
func (p erasePage) PlannedName() string {
	c, _ := p.Plan.Of(p.Client)
	return cmp.Or(c.Name, string(p.Client))
}

// Ended counts the syncs that are cancelled, and those at work that fail.
func (p erasePage) Ended() (n struct{ Cancelled, Failing, InSmokeball, Files int }) {
	for _, m := range p.Plan.Matters {
		n.Cancelled, n.Failing, n.Files = n.Cancelled+len(m.Cancelled), n.Failing+len(m.Failing), n.Files+m.InSmokeball
		if m.Smokeball != "" {
			n.InSmokeball++
		}
	}
	return n
}
