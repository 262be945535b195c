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

// TestWhatIsKnownOfAFile: what Smokeball shows; of one that it no longer shows what was known.
func TestWhatIsKnownOfAFile(t *testing.T) {
	known := domain.ActivityRead{Matter: "m_1", Activity: report}
	gone, newer := report, report
	gone.Deleted, newer.Version, newer.Deleted = true, "v2", true
	unnamed := domain.Activity{Kind: domain.File, Matter: "sb-1", Version: "v2"}
	for name, c := range map[string]struct{ is, want domain.Activity }{
		"no longer shown":  {domain.Activity{Kind: domain.File, Deleted: true}, gone},
		"removed, shown":   {newer, newer},
		"without its name": {unnamed, unnamed},
	} {
		facts := activities(known, fileNoticed).LookAtFile(fileNoticed, "m_1", c.is, false)
		if len(facts) != 1 || facts[0].(domain.ActivityRead).Activity != c.want {
			t.Errorf("%s: known is %+v, want %+v", name, facts, c.want)
		}
	}
	unknown := domain.Activity{Kind: domain.File, Deleted: true}
	if facts := activities(fileNoticed).LookAtFile(fileNoticed, "", unknown, false); len(facts) != 1 || facts[0].(domain.ActivityRead).Activity != unknown {
		t.Errorf("of one that nobody knew %+v is known", facts)
	}
	later := fileNoticed
	later.Origin.ID = "w2"
	if facts := activities(fileNoticed, later).LookAtFile(fileNoticed, "m_1", report, false); facts != nil {
		t.Errorf("a look that a newer webhook overtook counts: %+v", facts)
	}
	if facts := activities().LookAtFile(fileNoticed, "m_1", report, false); facts != nil {
		t.Errorf("a look that nobody asked for counts: %+v", facts)
	}
}

// TestAListFindsFiles that no notice named; one that is to be read anyway waits for its read.
func TestAListFindsFiles(t *testing.T) {
	known := domain.ActivityRead{Matter: "m_1", Activity: report}
	added := domain.ActivityRead{Matter: "m_1", Activity: report, Change: domain.ActivityAdded}
	then(t, activities().FindFile("m_1", report, true, false), added)
	then(t, activities(known).FindFile("m_1", report, true, false))
	then(t, activities(fileNoticed).FindFile("m_1", report, true, false))
}

// TestADocumentsFileThatPeopleChanged: another version of it is told, the same one, or one that is gone, is not.
func TestADocumentsFileThatPeopleChanged(t *testing.T) {
	ours := report
	ours.Document = "d_1"
	newer, gone := ours, ours
	newer.Version, gone.Deleted = "v2", true
	for name, c := range map[string]struct {
		known, is domain.Activity
		change    domain.ActivityChange
	}{
		"another version":            {ours, newer, domain.ActivityChanged},
		"the same version":           {ours, ours, ""},
		"it was gone":                {gone, newer, ""},
		"it is gone, as it was then": {newer, gone, ""},
	} {
		facts := activities(domain.ActivityRead{Matter: "m_1", Activity: c.known}, fileNoticed).LookAtFile(fileNoticed, "m_1", c.is, false)
		if len(facts) != 1 || facts[0].(domain.ActivityRead).Change != c.change {
			t.Errorf("%s: told is %+v, want %q", name, facts, c.change)
		}
	}
}

// TestWhichDocumentAFileIs: by its id, or by what we wrote into it before its id was known.
func TestWhichDocumentAFileIs(t *testing.T) {
	m := uploadedMatter().Apply(domain.DocumentApproved{Document: domain.DocumentData{ID: "d_10", FileName: "Letter.pdf"}}, sampleTime)
	of := func(id domain.SmokeballID, key string) domain.SmokeballFile {
		return domain.SmokeballFile{ID: id, Data: map[string]string{domain.FileDocumentKey: key}}
	}
	for name, c := range map[string]struct {
		file domain.SmokeballFile
		want domain.DocumentID
	}{
		"by its id":                       {of("f-1", ""), "d_9"},
		"by what we wrote into it":        {of("f-2", "d_10"), "d_10"},
		"another one of the same key":     {of("f-2", "d_9"), ""},
		"a person's":                      {of("f-2", ""), ""},
		"one without an id":               {of("", ""), ""},
		"by its id, whatever it has":      {of("f-1", "d_10"), "d_9"},
		"without an id, by what it shows": {of("", "d_10"), "d_10"},
	} {
		if d, ok := m.DocumentOf(c.file); d.Data.ID != c.want || ok != (c.want != "") {
			t.Errorf("%s: it is %q (%v), want %q", name, d.Data.ID, ok, c.want)
		}
	}
}

// TestAFileOnTheTimeline: one without bytes is announced, one that was deleted or called off is gone.
func TestAFileOnTheTimeline(t *testing.T) {
	file := func(uploaded, deleted, cancelled bool) domain.Activity {
		return domain.SmokeballFile{Name: "Report", Extension: ".pdf", VersionID: "v1", Uploaded: uploaded, Deleted: deleted, Cancelled: cancelled}.Activity("sb-1", "d_1")
	}
	want := domain.Activity{Kind: domain.File, Matter: "sb-1", Subject: "Report.pdf", Document: "d_1", Version: "v1"}
	announced, gone := want, want
	announced.Announced, gone.Deleted = true, true
	if got := file(true, false, false); got != want {
		t.Errorf("it is %+v", got)
	}
	if got := file(false, false, false); got != announced {
		t.Errorf("without bytes it is %+v", got)
	}
	if deleted, cancelled := file(true, true, false), file(true, false, true); deleted != gone || cancelled != gone {
		t.Errorf("deleted it is %+v, called off %+v", deleted, cancelled)
	}
}

// TestARemovedFileIsCalledAsItWasThere, not as CaseHug calls the document since.
func TestARemovedFileIsCalledAsItWasThere(t *testing.T) {
	m := uploadedMatter().Apply(domain.DocumentApproved{Document: domain.DocumentData{ID: "d_9", FileName: "Retainer.pdf", SHA256: "ab"}}, sampleTime)
	then(t, m.SeeFile("d_9", "f-1", true, domain.ByRead, time.Time{}), domain.DocumentRemoved{Document: "d_9", File: "f-1", FileName: "Signed retainer.pdf", By: domain.ByRead})
	then(t, uploadedMatter().SeeFile("d_9", "f-2", true, domain.ByRead, time.Time{}))
	then(t, uploadedMatter().SeeFile("d_8", "", true, domain.ByRead, time.Time{}))
}

func TestHasFiles(t *testing.T) {
	announced := given[domain.Matter](domain.DocumentApproved{Document: domain.DocumentData{ID: "d_9"}}, domain.FileAccepted{Document: "d_9", File: "f-1"})
	missed := uploadedMatter().Apply(domain.FileMissed{Document: "d_9", File: "f-1"}, sampleTime)
	if !uploadedMatter().HasFiles() || announced.HasFiles() || missed.HasFiles() {
		t.Errorf("shown: %v, announced: %v, missed: %v", uploadedMatter().HasFiles(), announced.HasFiles(), missed.HasFiles())
	}
}

// TestWhatAReadOfAFileIsMadeFor: a webhook, or a person who had it looked at.
func TestWhatAReadOfAFileIsMadeFor(t *testing.T) {
	asked := domain.ActivityNoticed{Origin: domain.EventRef{Source: domain.CheckSource}}
	if asked.Proof() != domain.ByRead || fileNoticed.Proof() != domain.ByWebhook {
		t.Errorf("asked for: %s, noticed: %s", asked.Proof(), fileNoticed.Proof())
	}
}
