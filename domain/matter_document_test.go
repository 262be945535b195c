package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// there is a matter whose document Smokeball shows.
func there() domain.Matter {
	return given[domain.Matter](running(approved(3, retainer()),
		domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-f"},
		domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"},
		domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF},
		domain.DocumentConfirmed{Sync: syncFor(2), Document: docA, File: sbF, By: domain.ByRead})...)
}

func TestDocumentReachesSmokeball(t *testing.T) {
	m := there()
	d, ok := m.Document(docA)
	if !ok || d.File != sbF || !d.Uploaded || !d.Confirmed || d.Intent != nil {
		t.Errorf("the document is %+v", d)
	}
	if len(m.Unsent()) != 0 {
		t.Errorf("%d documents are unsent, want none", len(m.Unsent()))
	}
	if _, ok := m.Document("d_other"); ok {
		t.Error("the matter has a document that was never approved")
	}
}

// TestApproveAgain tells which new approvals mean that bytes have to be sent again.
func TestApproveAgain(t *testing.T) {
	change := func(f func(*domain.DocumentData)) domain.DocumentData {
		d := retainer()
		f(&d)
		return d
	}
	for _, c := range []struct {
		name string
		doc  domain.DocumentData
		send bool
	}{
		{"the same", retainer(), false},
		{"another name", change(func(d *domain.DocumentData) { d.FileName = "Retainer.pdf" }), false},
		{"the same digest elsewhere", change(func(d *domain.DocumentData) { d.Content = domain.Content{URL: "https://files.example/d_9"} }), false},
		{"another digest", change(func(d *domain.DocumentData) { d.SHA256 = "bb22" }), true},
		{"no digest, the same place: the bytes decide", change(func(d *domain.DocumentData) { d.SHA256 = "" }), true},
		{"no digest, another place", change(func(d *domain.DocumentData) { d.SHA256, d.Content.Object = "", "casehug-documents/d_9b" }), true},
		{"no digest, another size", change(func(d *domain.DocumentData) { d.SHA256, d.SizeBytes = "", ptr(int64(48213)) }), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := there().Apply(approved(5, c.doc), start)
			d, _ := m.Document(docA)
			if d.Confirmed == c.send || len(m.Unsent()) == 1 != c.send {
				t.Errorf("confirmed is %v with %d unsent, want it to be sent again: %v", d.Confirmed, len(m.Unsent()), c.send)
			}
			if d.File != sbF {
				t.Errorf("the file is %q, want the old one, which gets a new version", d.File)
			}
			if len(m.Documents) != 1 {
				t.Errorf("the matter has %d documents, want 1", len(m.Documents))
			}
		})
	}
}

// TestApproveAfterFailure tells that a new approval takes a failure away.
func TestApproveAfterFailure(t *testing.T) {
	m := given[domain.Matter](running(approved(3, retainer()),
		domain.DocumentFailed{Sync: syncFor(2), Document: docA, Failure: domain.Failure{Code: domain.CodeDocumentMismatch}})...)
	if d, _ := m.Document(docA); d.Failure == nil {
		t.Fatal("the failed document has no failure")
	}
	m = m.Apply(approved(4, retainer()), start)
	if d, _ := m.Document(docA); d.Failure != nil {
		t.Errorf("the document still has the failure %+v", d.Failure)
	}
}

// TestOldValuesStay tells that a fold leaves the aggregate that it began with alone.
func TestOldValuesStay(t *testing.T) {
	before := there()
	_ = before.Apply(domain.FileCreationRefused{Sync: syncFor(2), Document: docA}, start)
	_ = before.Apply(domain.SyncConfirming{Sync: syncFor(2)}, start)
	if d, _ := before.Document(docA); d.File != sbF || before.Current.Status != domain.Running {
		t.Errorf("a later fact changed an older value: %+v, %+v", d, before.Current)
	}
}

// TestLeavesOut tells which syncs try a document again that failed for good.
func TestLeavesOut(t *testing.T) {
	failed := append(running(approved(3, retainer())), domain.DocumentFailed{Sync: syncFor(2), Document: docA, Failure: domain.Failure{Code: "document_mismatch"}})
	later := func(trigger domain.Trigger, more ...domain.Event) []domain.Event {
		all := append(failed[:len(failed):len(failed)], domain.SyncFailed{Sync: syncFor(2)}, domain.SyncRequested{Sync: "s_later", Trigger: trigger})
		return append(all, more...)
	}
	for _, c := range []struct {
		name  string
		given []domain.Event
		want  bool
	}{
		{"the sync that failed", failed, false},
		{"a later one by an event", later(domain.TriggerMatterUpdated), true},
		{"a click", later(domain.TriggerManual), false},
		{"Retry", later(domain.TriggerRetry), false},
		{"an event's, joined by a click", later(domain.TriggerMatterUpdated, domain.SyncJoined{Sync: "s_later", By: "u_1"}), false},
		{"an event's, joined by an event", later(domain.TriggerMatterUpdated, domain.SyncJoined{Sync: "s_later"}), true},
		{"approved again", later(domain.TriggerDocumentApproved, approved(9, retainer())), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := given[domain.Matter](c.given...)
			d, _ := m.Document(docA)
			if got := m.Current.LeavesOut(d); got != c.want {
				t.Errorf("it leaves the document out: %v, want %v", got, c.want)
			}
		})
	}
}

// TestABrokenOffReplacementIsNoReasonToKeepBytes tells that what a file has is not known once
// other bytes were about to be sent to it.
func TestABrokenOffReplacementIsNoReasonToKeepBytes(t *testing.T) {
	unnamed := retainer()
	unnamed.SHA256 = ""
	m := there().Apply(domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF, SHA256: "aa11"}, start).
		Apply(domain.DocumentConfirmed{Sync: syncFor(2), Document: docA, File: sbF}, start).Apply(approved(5, unnamed), start)
	kept := domain.DocumentKept{Sync: syncFor(2), Document: docA, File: sbF, SHA256: "aa11", Compared: true}
	facts, err := m.Keep(turn, 2, kept)
	then(t, must(t, facts, err), kept)
	if d, _ := m.Apply(kept, start).Document(docA); !d.Confirmed {
		t.Error("what was compared and is the same is still to be sent")
	}
	_, err = m.Apply(approved(6, unnamed), start).Keep(turn, 2, kept)
	thenError(t, nil, err, domain.ErrTaken)

	m = m.Apply(domain.DocumentReplacementStarted{Sync: syncFor(2), Document: docA, File: sbF}, start)
	_, err = m.Keep(turn, 2, kept)
	thenError(t, nil, err, domain.ErrTaken)
	if m = m.Apply(approved(7, retainer()), start); len(m.Unsent()) != 1 {
		t.Error("the bytes that the file may have lost are not sent again")
	}
}

// TestALateApprovalChangesNothing: one that was given before the known one. Without times the last word counts.
func TestALateApprovalChangesNothing(t *testing.T) {
	approvedAt := func(n int, digest string, at *time.Time) domain.Event {
		d := retainer()
		d.SHA256, d.ApprovedAt = digest, at
		return approved(n, d)
	}
	early, late := start, start.Add(time.Hour)
	for name, c := range map[string]struct {
		first, second *time.Time
		counts        string
	}{
		"the second is later":    {&early, &late, "bb22"},
		"the second is earlier":  {&late, &early, "aa11"},
		"both are of one moment": {&early, &early, "bb22"},
		"the second has no time": {&late, nil, "bb22"},
		"the first has no time":  {nil, &early, "bb22"},
		"neither has a time":     {nil, nil, "bb22"},
	} {
		m := given[domain.Matter](running(approvedAt(3, "aa11", c.first), approvedAt(4, "bb22", c.second))...)
		if d, _ := m.Document(docA); d.Data.SHA256 != c.counts {
			t.Errorf("%s: %s counts, want %s", name, d.Data.SHA256, c.counts)
		}
	}
}

// TestAnObjectThatWasVouchedFor stays so as long as it is the same object.
func TestAnObjectThatWasVouchedFor(t *testing.T) {
	vouched, again, other := domain.DocumentApproved{Origin: ref(3), Document: retainer(), Vouched: true}, approved(4, retainer()), retainer()
	other.Content.Object = "casehug-documents/d_10"
	for name, c := range map[string]struct {
		given []domain.Event
		want  bool
	}{
		"once":                    {list(vouched), true},
		"and approved again":      {list(vouched, again), true},
		"and another object":      {list(vouched, approved(4, other)), false},
		"never":                   {list(again, again), false},
		"only the second time":    {list(again, vouched), true},
		"another object, vouched": {list(again, domain.DocumentApproved{Origin: ref(5), Document: other, Vouched: true}), true},
	} {
		if d, _ := given[domain.Matter](running(c.given...)...).Document(docA); d.Vouched != c.want {
			t.Errorf("%s: vouched for is %v", name, d.Vouched)
		}
	}
}

// TestANewNameOrFolderOfAFile: what the approval before named counts as what the file has. Another name is
// written, another folder is told of, unless that was refused, or told, before.
func TestANewNameOrFolderOfAFile(t *testing.T) {
	file := domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"}
	intent := domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-f"}
	removed := domain.DocumentRemoved{Document: docA, File: sbF, FileName: "Signed retainer.pdf"}
	next := retainer()
	next.FileName, next.Folder = "Retainer.pdf", "Letters"
	refusedName := domain.SyncWarned{Sync: syncFor(2), Field: domain.FileNameField(docA), Value: "Retainer.pdf"}
	toldFolder := domain.SyncWarned{Sync: syncFor(2), Field: domain.FolderField(docA), Value: "/Letters"}
	for name, c := range map[string]struct {
		given              []domain.Event
		misnamed, misfiled bool
		renamed            bool
	}{
		"nothing is there":                {list(approved(3, retainer()), approved(4, next)), false, false, false},
		"it is asked for":                 {list(approved(3, retainer()), intent, approved(4, next)), false, false, false},
		"it was asked for":                {list(approved(3, retainer()), intent, approved(4, next), file), true, true, true},
		"it is there":                     {list(approved(3, retainer()), file, approved(4, next)), true, true, true},
		"approved as it is":               {list(approved(3, retainer()), file, approved(4, retainer())), false, false, false},
		"approved once":                   {list(approved(3, retainer()), file), false, false, false},
		"it was renamed":                  {list(approved(3, retainer()), file, approved(4, next), domain.FileRenamed{Sync: syncFor(2), Document: docA, FileName: "Retainer.pdf"}), false, true, false},
		"back to its folder and name":     {list(approved(3, retainer()), file, approved(4, next), approved(5, retainer())), false, false, false},
		"people removed it":               {list(approved(3, retainer()), file, approved(4, next), removed), false, false, false},
		"its name and folder are refused": {list(approved(3, retainer()), file, approved(4, next), refusedName, toldFolder), true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := given[domain.Matter](running(c.given...)...)
			d, _ := m.Document(docA)
			if misnamed, misfiled := d.Misnamed(), d.Misfiled(m.Refused, domain.DefaultSettings); misnamed != c.misnamed || misfiled != c.misfiled {
				t.Errorf("misnamed is %v, misfiled %v", misnamed, misfiled)
			}
			if got := d.Misnamed() && !d.NameRefused(m.Refused); got != c.renamed {
				t.Errorf("it is renamed: %v", got)
			}
			if d.Misfiled(m.Refused, domain.Settings{DocumentsFolder: "CaseHug"}) {
				t.Error("it is misfiled where all documents go to one folder")
			}
		})
	}
}
