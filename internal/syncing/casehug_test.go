package syncing_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// maria is the client of most stories.
func maria() domain.ClientData {
	return domain.ClientData{ID: "c_maria", Version: 1, FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}
}

// accident is maria's matter, changed as the story requires it.
func accident(change ...func(*domain.MatterData)) domain.MatterData {
	m := domain.MatterData{ID: "m_accident", Version: 1, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", CaseType: "Auto Accident",
		PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", Client: maria()}
	for _, f := range change {
		f(&m)
	}
	return m
}

// numbered is the n-th matter of a client.
func numbered(n int, c domain.ClientData) domain.MatterData {
	return accident(func(m *domain.MatterData) {
		m.ID, m.CaseNumber, m.Client = domain.MatterID(fmt.Sprintf("m_%d", n)), fmt.Sprintf("CH-2026-%04d", n), c
		m.Title = fmt.Sprintf("Matter %d of %s", n, c.Name())
	})
}

func event(kind, id string) domain.CaseHugEvent {
	return domain.CaseHugEvent{Origin: domain.EventRef{Source: "/casehug", ID: id}, Type: kind, Firm: oak, Time: time.Now()}
}

func created(m domain.MatterData) domain.CaseHugEvent {
	e := event(domain.TypeMatterCreated, "created-"+string(m.ID))
	e.Matter = &m
	return e
}

func updated(m domain.MatterData) domain.CaseHugEvent {
	e := event(domain.TypeMatterUpdated, fmt.Sprintf("updated-%s-%d", m.ID, m.Version))
	e.Matter = &m
	return e
}

func clientUpdated(c domain.ClientData) domain.CaseHugEvent {
	e := event(domain.TypeClientUpdated, fmt.Sprintf("client-%s-%d", c.ID, c.Version))
	e.Client = &c
	return e
}

func approved(d domain.DocumentData) domain.CaseHugEvent {
	e := event(domain.TypeDocumentApproved, "approved-"+string(d.ID)+"-"+d.SHA256)
	e.Documents = []domain.DocumentData{d}
	return e
}

// papers are the documents that CaseHug keeps.
type papers struct {
	mu     sync.Mutex
	bytes  map[domain.DocumentID]string
	marks  map[string]domain.FirmID  // whose an object is
	absent map[domain.DocumentID]int // how often a document can't be had yet
	late   map[domain.DocumentID]int // how often its object is not there yet
	opened map[domain.DocumentID]int // how often it was asked for
	onOpen func()                    // happens when one is asked for next; nil: nothing
	slow   time.Duration             // between two bytes
}

func newPapers() *papers {
	return &papers{marks: map[string]domain.FirmID{}, bytes: map[domain.DocumentID]string{}, absent: map[domain.DocumentID]int{}, late: map[domain.DocumentID]int{}, opened: map[domain.DocumentID]int{}}
}

// write puts a document of the matter into CaseHug and describes it as approved.
func (p *papers) write(m domain.MatterID, id domain.DocumentID, text string) domain.DocumentData {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes[id] = text
	size := int64(len(text))
	return domain.DocumentData{ID: id, Matter: m, FileName: string(id) + ".pdf", ContentType: "application/pdf", SizeBytes: &size,
		SHA256: digest(text), Content: domain.Content{Object: "casehug-documents/" + string(id)}}
}

// lose makes a document unavailable so many times.
func (p *papers) lose(id domain.DocumentID, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.absent[id] = times
}

// missing lets a document's object be put only after so many looks.
func (p *papers) missing(id domain.DocumentID, looks int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late[id] = looks
}

// whenOpened does something while the next document is asked for.
func (p *papers) whenOpened(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onOpen = do
}

// trickle lets each byte come after a pause.
func (p *papers) trickle(pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = pause
}

// Open yields a document's bytes and a fault at their end where they are not the
// approved ones.
func (p *papers) Open(ctx context.Context, f domain.FirmID, doc domain.Document) (io.ReadCloser, bool, error) {
	d := doc.Data
	p.mu.Lock()
	p.opened[d.ID]++
	text, away, then, slow := p.bytes[d.ID], p.absent[d.ID] > 0, p.onOpen, p.slow
	p.onOpen = nil
	if away {
		p.absent[d.ID]--
	}
	if p.late[d.ID] > 0 {
		p.late[d.ID]--
		p.mu.Unlock()
		return nil, false, &domain.CallError{Op: "fetch document", Class: domain.NotThere, Failure: domain.Failure{
			Code: domain.CodeDocumentUnavailable, Fault: domain.FaultObjectMissing}}
	}
	p.mu.Unlock()
	if then != nil {
		then()
	}
	if away {
		return nil, false, &domain.CallError{Op: "fetch document", Class: domain.Retryable, Failure: domain.Failure{
			Code: domain.CodeDocumentUnavailable, Fault: domain.FaultHostDown}}
	}
	q := domain.ObjectQuestion{Firm: f, SHA256: d.SHA256, Vouched: doc.Vouched}
	if err := (domain.ObjectEntry{Firm: p.marks[d.Content.Object]}).Allows(q); err != nil {
		return nil, false, &domain.CallError{Op: "fetch document", Class: domain.Permanent, Err: err, Failure: domain.Failure{
			Code: domain.CodeDocumentUnavailable, Fault: domain.FaultHostNoDocument}}
	}
	end := io.EOF
	if d.SHA256 != "" && digest(text) != d.SHA256 {
		end = &domain.CallError{Op: "fetch document", Class: domain.Permanent, Failure: domain.Failure{
			Code: domain.CodeDocumentMismatch, Fault: domain.FaultOtherBytes}}
	}
	body := io.MultiReader(strings.NewReader(text), ending{end})
	if slow > 0 {
		body = trickling{ctx, slow, body}
	}
	return io.NopCloser(body), p.marks[d.Content.Object] == "", nil
}

type ending struct{ err error }

func (e ending) Read([]byte) (int, error) { return 0, e.err }

func (p *papers) asked(id domain.DocumentID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened[id]
}
