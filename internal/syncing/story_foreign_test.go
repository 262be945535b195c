package syncing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// TestNamingADocumentTakesItFromNobody names a document of this firm in another firm's
// event, first, without its digest: this firm's sync sends it all the same.
func TestNamingADocumentTakesItFromNobody(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		mine := o.papers.write("m_accident", "d_mine", "this firm's retainer")
		plain := o.papers.write("m_accident", "d_plain", "this firm's letter, without a digest")
		plain.SHA256 = ""
		claims := make([]domain.CaseHugEvent, 0, 2)
		for _, d := range []domain.DocumentData{mine, plain} {
			d.Matter, d.SHA256 = "m_theirs", ""
			claim := approved(d)
			claim.Firm = "f_elm"
			claims = append(claims, claim)
		}
		vouched := approved(plain)
		vouched.Vouched = true
		o.tell(append(claims, created(accident()), approved(mine), vouched)...)
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Files); n != 2 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}

// TestAnotherFirmsDocumentStaysClosed names an object that is another firm's, by its mark or
// because that firm has proved it, by events and by a click: it does not reach this firm's
// Smokeball.
func TestAnotherFirmsDocumentStaysClosed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		marked := o.papers.write("m_accident", "d_marked", "another firm's secret")
		o.papers.marks[marked.Content.Object] = "f_elm"
		proved := o.papers.write("m_accident", "d_proved", "another firm's secret")
		proof := domain.Object{}.Prove("f_elm", proved.SHA256)
		_, _, err := eventstore.Execute(o.Context(), o.ledger, o.now, domain.ObjectStream(proved.Content.Object),
			func(domain.Object) ([]domain.Event, error) { return proof, nil })
		o.must(err)
		proved.SHA256 = ""
		e := approved(proved)
		e.Vouched = true
		o.tell(created(accident()), approved(marked), e)
		if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeDocumentUnavailable || e.Error.Remedy == "" {
			t.Errorf("the failure is %+v", e.Error)
		}
		unknown := o.papers.write("m_accident", "d_unknown", "somebody's secret")
		unknown.SHA256 = ""
		_, err = o.asks("m_accident", nil, unknown)
		o.must(err)
		o.ends("m_accident", domain.Failed)
		if n := len(o.kept().Files); n != 0 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}

// TestAServiceThatServesAllFirmsSaysWhoseADocumentIs approves a document without a digest.
func TestAServiceThatServesAllFirmsSaysWhoseADocumentIs(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		d := o.papers.write("m_accident", "d_plain", "a retainer")
		d.SHA256 = ""
		e := approved(d)
		e.Vouched = true
		o.tell(created(accident()), e)
		o.ends("m_accident", domain.Succeeded)
	})
}

// TestManyDocumentsCostOneAppend takes one event with as many documents in as an append holds.
func TestManyDocumentsCostOneAppend(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		e := withDocuments(490)
		o.tell(e)
		for env, err := range o.ledger.Tail(o.Context(), 0) {
			o.must(err)
			if env.Stream.Kind == domain.KindObject {
				t.Errorf("naming a document is recorded in %s", env.Stream)
			}
			if r, ok := env.Event.(domain.SyncRequested); ok && r.Origin == e.Origin {
				return
			}
		}
	})
}

// withDocuments asks for a sync of a matter with so many documents.
func withDocuments(n int) domain.CaseHugEvent {
	m := accident()
	e := event(domain.TypeMatterSyncRequested, "all-at-once")
	e.Matter = &m
	for i := range n {
		id := domain.DocumentID(fmt.Sprintf("d_%d", i))
		e.Documents = append(e.Documents, domain.DocumentData{ID: id, Matter: m.ID, FileName: "a.pdf", Content: domain.Content{Object: "casehug-documents/" + string(id)}})
	}
	return e
}

// TestAThousandDocumentsComeIn takes in an event with as many documents as its schema allows,
// which is more than an append holds, also where an earlier intake of it was cut off.
func TestAThousandDocumentsComeIn(t *testing.T) {
	for appends := range 3 {
		l := newLedger()
		intake := syncing.Intake{Ledger: l, Now: time.Now}
		e := withDocuments(1000)
		stream := domain.MatterStream(e.Firm, e.Matter.ID)
		for n := range appends {
			part := e.Tidy()
			part.Documents = part.Documents[n*490 : (n+1)*490]
			_, _, err := eventstore.Execute(t.Context(), l, time.Now, stream, func(m domain.Matter) ([]domain.Event, error) { return m.TakeInPart(part), nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := intake.TakeIn(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		m, head, err := eventstore.Load[domain.Matter](t.Context(), l, stream)
		if err != nil || len(m.Documents) != 1000 || m.Current == nil || m.Next != nil || head.Version != 1002 {
			t.Errorf("after %d appends: %d documents, %v, version %d, %v", appends, len(m.Documents), m.Current, head.Version, err)
		}
	}
}
