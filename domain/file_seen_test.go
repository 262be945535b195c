package domain_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	fileNoticed = domain.ActivityNoticed{Origin: domain.EventRef{Source: "/smokeball", ID: "w1"}, Kind: domain.File, Resource: "f-1", Matter: "sb-1", People: true}
	report      = domain.Activity{Kind: domain.File, Matter: "sb-1", Subject: "Report.pdf", Version: "v1"}
)

func TestWhatALookAtAFileMeans(t *testing.T) {
	read := func(a domain.Activity) domain.Event { return domain.ActivityRead{Matter: "m_1", Activity: a} }
	is := func(change func(*domain.Activity)) domain.Activity {
		a := report
		change(&a)
		return a
	}
	gone := is(func(a *domain.Activity) { a.Deleted = true })
	announced := is(func(a *domain.Activity) { a.Announced = true })
	ours := is(func(a *domain.Activity) { a.Document = "d_1" })
	for name, c := range map[string]struct {
		known  *domain.Activity
		is     domain.Activity
		old    bool
		change domain.ActivityChange
	}{
		"new":                               {nil, report, false, domain.ActivityAdded},
		"perhaps older than the link":       {nil, report, true, domain.ActivityTouched},
		"announced, without bytes":          {nil, announced, false, ""},
		"its bytes came":                    {&announced, report, true, domain.ActivityAdded},
		"the same":                          {&report, report, false, ""},
		"another version":                   {&report, is(func(a *domain.Activity) { a.Version = "v2" }), false, domain.ActivityChanged},
		"removed":                           {&report, gone, false, domain.ActivityDeleted},
		"removed before anybody looked":     {nil, gone, false, ""},
		"there again":                       {&gone, report, false, domain.ActivityAdded},
		"a document's, changed by people":   {nil, ours, false, domain.ActivityChanged},
		"a document's, removed":             {nil, is(func(a *domain.Activity) { a.Document, a.Deleted = "d_1", true }), false, ""},
		"no longer shown, and known before": {&report, domain.Activity{Kind: domain.File, Deleted: true}, false, domain.ActivityDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			var given []domain.Event
			if c.known != nil {
				given = append(given, read(*c.known))
			}
			facts := activities(append(given, fileNoticed)...).LookAtFile(fileNoticed, "m_1", c.is, c.old)
			if len(facts) != 1 || facts[0].(domain.ActivityRead).Change != c.change {
				t.Errorf("got %+v, want the change %q", facts, c.change)
			}
		})
	}
	program := fileNoticed
	program.People = false
	if facts := activities(program).LookAtFile(program, "m_1", ours, false); facts[0].(domain.ActivityRead).Change != "" {
		t.Errorf("an echo of our own rename is told: %+v", facts)
	}
}

func TestADocumentsFileIsRemovedOnceAndPutBackOnce(t *testing.T) {
	m := uploadedMatter()
	removed := m.SeeFile("d_9", "f-1", true, domain.ByWebhook, sampleTime)
	want := []domain.Event{domain.DocumentRemoved{Document: "d_9", File: "f-1", FileName: "Signed retainer.pdf", By: domain.ByWebhook, ChangedAt: sampleTime}}
	if !reflect.DeepEqual(removed, want) {
		t.Fatalf("got %+v, want %+v", removed, want)
	}
	m = m.Apply(removed[0], sampleTime.Add(time.Minute))
	if d, _ := m.Document("d_9"); d.Removed == nil || !d.Removed.At.Equal(sampleTime) {
		t.Errorf("the document is %+v", d)
	}
	if again := m.SeeFile("d_9", "f-1", true, domain.ByWebhook, sampleTime); again != nil {
		t.Errorf("told again: %+v", again)
	}
	back := m.SeeFile("d_9", "f-1", false, domain.ByRead, time.Time{})
	if len(back) != 1 {
		t.Fatalf("put back: %+v", back)
	}
	if d, _ := m.Apply(back[0], sampleTime).Document("d_9"); d.Removed != nil || !d.Confirmed {
		t.Errorf("the document is %+v", d)
	}
	if other := m.SeeFile("d_9", "f-2", true, domain.ByRead, time.Time{}); other != nil {
		t.Errorf("another file is taken for it: %+v", other)
	}
	d := domain.DocumentData{ID: "d_9", FileName: "Signed retainer.pdf", SHA256: "ab"}
	m = m.Apply(domain.DocumentApproved{Document: d}, sampleTime)
	if d, _ := m.Document("d_9"); d.Removed != nil || d.Confirmed || d.Uploaded || d.File != "" {
		t.Errorf("approved again it is %+v", d)
	}
}

// uploadedMatter has a document that Smokeball shows.
func uploadedMatter() (m domain.Matter) {
	for _, e := range []domain.Event{
		domain.DocumentApproved{Document: domain.DocumentData{ID: "d_9", FileName: "Signed retainer.pdf", SHA256: "ab"}},
		domain.FileCreationStarted{Document: "d_9", FileName: "Signed retainer.pdf"},
		domain.FileAccepted{Document: "d_9", File: "f-1"},
		domain.DocumentUploaded{Document: "d_9", File: "f-1", SHA256: "ab"},
		domain.DocumentConfirmed{Document: "d_9", File: "f-1"},
	} {
		m = m.Apply(e, sampleTime)
	}
	return m
}
