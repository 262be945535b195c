package projections_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

var update = flag.Bool("update", false, "write the golden history entries again")

// TestEntries holds history entries to the form that the outside contract gives them.
func TestEntries(t *testing.T) {
	failedDocument := domain.Failure{Code: domain.CodeDocumentUnavailable, Message: "The document's content is not there", Remedy: "CaseHug publishes the document again."}
	for name, events := range map[string][]domain.Event{
		"succeeded": append([]domain.Event{created(), approved()}, wholeSync("s_1")...),
		"waiting": {created(), requested("s_1", domain.TriggerManual), begun("s_1", 1),
			domain.SyncDeferred{Sync: "s_1", Failure: notConnected}},
		"waiting_for_a_time": {created(), requested("s_1", domain.TriggerManual), begun("s_1", 1),
			domain.SyncDeferred{Sync: "s_1", Step: domain.StepMatter, Failure: unavailable, Until: start.Add(time.Minute)}},
		"released": {created(), requested("s_1", domain.TriggerManual), begun("s_1", 1),
			domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: start.Add(time.Minute)}, domain.SyncReleased{Sync: "s_1"}, begun("s_1", 2)},
		"failed": {created(), requested("s_1", domain.TriggerRetry), begun("s_1", 1), domain.MatterCreationStarted{Sync: "s_1", Request: "r-matter"},
			domain.MatterCreationRefused{Sync: "s_1", Request: "r-matter"}, domain.SyncFailed{Sync: "s_1", Step: domain.StepMatter, Failure: smokeballRefused}},
		"failed_document": {created(), approved(), requested("s_1", domain.TriggerDocumentApproved), begun("s_1", 1),
			domain.MatterLinked{Sync: "s_1", Matter: sbMatter, How: "external_id", Known: sent(), DurationMS: 95},
			domain.DocumentFailed{Sync: "s_1", Document: "d_9", FileName: "Signed retainer.pdf", Failure: failedDocument},
			domain.SyncFailed{Sync: "s_1", Step: domain.StepDocument, Failure: failedDocument}},
		"skipped": {created(), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual, By: "u_5"}, begun("s_1", 1),
			domain.MatterUnchanged{Sync: "s_1"}, domain.SyncSkipped{Sync: "s_1", Reason: "Smokeball already has this"}},
		"changed": {created(), requested("s_1", domain.TriggerMatterUpdated), begun("s_1", 1),
			domain.MatterChangeAccepted{Sync: "s_1", Request: "r-patch", Change: domain.MatterChange{Description: ptr("Rivera v. Apex"), Status: ptr("Closed")}, Sent: sent(), DurationMS: 140},
			domain.MatterConfirmed{Sync: "s_1", Matter: sbMatter, By: domain.ByRead, Request: "r-patch", DurationMS: 310}, domain.SyncSucceeded{Sync: "s_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			l.tell(t, domain.MatterStream(oak, matterOfMaria), events...)
			entry, ok, err := folded(t, l).Syncs.Sync(oak, "s_1")
			if err != nil || !ok {
				t.Fatalf("the history has no s_1: %v", err)
			}
			golden(t, filepath.Join("testdata", "history", name+".json"), entry)
		})
	}
}

func golden(t *testing.T, path string, value any) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("it is\n%swant\n%s", &got, want)
	}
}

// TestRetriedSteps: a step told again by a later attempt stands once.
func TestRetriedSteps(t *testing.T) {
	resolved := domain.MatterTypeResolved{Sync: "s_1", CaseType: "Auto Accident", TypeName: "Motor Vehicle Accident", DurationMS: 12, Warning: &domain.Warning{Code: "near"}}
	again := resolved
	again.DurationMS = 3
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), requested("s_1", domain.TriggerManual), begun("s_1", 1), resolved,
		domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: start}, begun("s_1", 2), again)
	e, _, err := folded(t, l).Syncs.Sync(oak, "s_1")
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Steps) != 1 || e.Steps[0].DurationMS != 3 || len(e.Warnings) != 1 {
		t.Errorf("the steps are %+v and the warnings %+v, want one of each, the last told", e.Steps, e.Warnings)
	}
	if e.Attempts != 2 || e.StartedAt == nil || !e.StartedAt.Equal(start.Add(time.Second)) {
		t.Errorf("attempt %d, started at %v; want 2, and the start of the first", e.Attempts, e.StartedAt)
	}
}

// ten syncs of two matters of one firm, one of another firm; odd ones have failed.
func ten(t *testing.T) *projections.Views {
	t.Helper()
	l := newLedger()
	for i := range 10 {
		id := domain.SyncID(fmt.Sprintf("s_%d", i))
		s := domain.MatterStream(oak, domain.MatterID(fmt.Sprintf("m_%d", i%2)))
		r := domain.SyncRequested{Sync: id, Trigger: domain.TriggerManual, Title: "Rivera v. Apex", CaseNumber: fmt.Sprintf("CH-%d", i)}
		if i < 4 {
			r.Trigger, r.Title = domain.TriggerMatterUpdated, "Oak Estate"
		}
		l.tell(t, s, r, domain.SyncStarted{Sync: id, Attempt: 1, Title: r.Title, CaseNumber: r.CaseNumber})
		if i%2 == 1 {
			l.tell(t, s, domain.SyncFailed{Sync: id, Failure: smokeballRefused})
		}
	}
	l.tell(t, domain.MatterStream(elm, "m_0"), requested("s_0", domain.TriggerManual))
	return folded(t, l)
}

func TestHistoryFilters(t *testing.T) {
	v := ten(t)
	queuedAt := func(id domain.SyncID) time.Time {
		e, ok, err := v.Syncs.Sync(oak, id)
		if err != nil || !ok {
			t.Fatalf("the history has no %s: %v", id, err)
		}
		return e.QueuedAt
	}
	for _, c := range []struct {
		name string
		q    projections.HistoryQuery
		want []domain.SyncID
	}{
		{"all, newest first", projections.HistoryQuery{}, []domain.SyncID{"s_9", "s_8", "s_7", "s_6", "s_5", "s_4", "s_3", "s_2", "s_1", "s_0"}},
		{"one matter", projections.HistoryQuery{Matter: "m_1"}, []domain.SyncID{"s_9", "s_7", "s_5", "s_3", "s_1"}},
		{"one status", projections.HistoryQuery{Status: []domain.Status{domain.Running}}, []domain.SyncID{"s_8", "s_6", "s_4", "s_2", "s_0"}},
		{"two statuses", projections.HistoryQuery{Status: []domain.Status{domain.Queued, domain.Failed}}, []domain.SyncID{"s_9", "s_7", "s_5", "s_3", "s_1"}},
		{"a trigger", projections.HistoryQuery{Trigger: domain.TriggerMatterUpdated}, []domain.SyncID{"s_3", "s_2", "s_1", "s_0"}},
		{"from", projections.HistoryQuery{From: queuedAt("s_8")}, []domain.SyncID{"s_9", "s_8"}},
		{"to, which is left out", projections.HistoryQuery{To: queuedAt("s_2")}, []domain.SyncID{"s_1", "s_0"}},
		{"from and to", projections.HistoryQuery{From: queuedAt("s_4"), To: queuedAt("s_6")}, []domain.SyncID{"s_5", "s_4"}},
		{"a title", projections.HistoryQuery{Text: "oak"}, []domain.SyncID{"s_3", "s_2", "s_1", "s_0"}},
		{"a case number", projections.HistoryQuery{Text: "ch-7"}, []domain.SyncID{"s_7"}},
		{"an id", projections.HistoryQuery{Text: "s_5"}, []domain.SyncID{"s_5"}},
		{"an error's code", projections.HistoryQuery{Text: "SMOKEBALL_REFUSED", Limit: 2}, []domain.SyncID{"s_9", "s_7"}},
		{"an error's words, of a matter", projections.HistoryQuery{Text: "not valid", Matter: "m_0"}, nil},
		{"before a position", projections.HistoryQuery{Before: 3}, []domain.SyncID{"s_0"}},
		{"before the first", projections.HistoryQuery{Before: 1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := v.Syncs.History(oak, c.q)
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(page.Entries); !slices.Equal(got, c.want) {
				t.Errorf("the history has %v, want %v", got, c.want)
			}
		})
	}
}

func ids(entries []projections.Entry) []domain.SyncID {
	var list []domain.SyncID
	for _, e := range entries {
		list = append(list, e.ID)
	}
	return list
}

// TestHistoryPages: the pages put together are the whole, whatever narrows it.
func TestHistoryPages(t *testing.T) {
	v := ten(t)
	for _, q := range []projections.HistoryQuery{{}, {Matter: "m_1"}, {Text: "oak"}, {Status: []domain.Status{domain.Running}}} {
		whole, err := v.Syncs.History(oak, q)
		if err != nil || whole.Next != 0 {
			t.Fatalf("the whole has the cursor %d: %v", whole.Next, err)
		}
		for limit := 1; limit <= 11; limit++ {
			q := q
			q.Limit = limit
			var got []domain.SyncID
			for pages := 0; ; pages++ {
				page, err := v.Syncs.History(oak, q)
				if err != nil || len(page.Entries) > limit || pages > 10 {
					t.Fatalf("page %d has %d entries: %v", pages, len(page.Entries), err)
				}
				got = append(got, ids(page.Entries)...)
				if q.Before = page.Next; q.Before == 0 {
					break
				}
			}
			if !slices.Equal(got, ids(whole.Entries)) {
				t.Errorf("in pages of %d: %v, want %v", limit, got, ids(whole.Entries))
			}
		}
	}
}

// TestFirmsApart: a firm sees its own, also where another's id begins alike.
func TestFirmsApart(t *testing.T) {
	firms := []domain.FirmID{"f", "f_1", "f_10", "g", domain.FirmID(strings.Repeat("z", 64))}
	l := newLedger()
	for _, f := range firms {
		l.tell(t, domain.MatterStream(f, "m_1"), created(), requested(domain.SyncID("s_"+f), domain.TriggerManual))
	}
	v := folded(t, l)
	for _, f := range firms {
		page, err := v.Syncs.History(f, projections.HistoryQuery{})
		if err != nil || !slices.Equal(ids(page.Entries), []domain.SyncID{domain.SyncID("s_" + f)}) {
			t.Errorf("%s sees %v, %v", f, ids(page.Entries), err)
		}
		rows, _, err := v.Matters.Matters(f, projections.MatterQuery{})
		if err != nil || len(rows) != 1 || rows[0].Firm != f {
			t.Errorf("%s sees %d matters, %v", f, len(rows), err)
		}
	}
	if _, ok, err := v.Syncs.Sync("f", "s_f_1"); ok || err != nil {
		t.Errorf("a firm sees another's sync: %v, %v", ok, err)
	}
	if page, err := v.Syncs.History("f_", projections.HistoryQuery{}); err != nil || len(page.Entries) != 0 {
		t.Errorf("a firm without syncs sees %v, %v", ids(page.Entries), err)
	}
}

func TestCountsAndMatterOfSync(t *testing.T) {
	v := ten(t)
	counts, err := v.Syncs.Counts(oak)
	if err != nil || counts[domain.Running] != 5 || counts[domain.Failed] != 5 || len(counts) != 2 {
		t.Errorf("the counts are %v, %v", counts, err)
	}
	for _, c := range []struct {
		id     domain.SyncID
		matter domain.MatterID
		status domain.Status
		ok     bool
	}{{"s_3", "m_1", domain.Failed, true}, {"s_4", "m_0", domain.Running, true}, {"s_none", "", "", false}} {
		m, status, ok, err := v.Syncs.MatterOfSync(oak, c.id)
		if err != nil || m != c.matter || status.Status != c.status || ok != c.ok {
			t.Errorf("%s is of matter %q, %v, there %v, %v; want %+v", c.id, m, status, ok, err, c)
		}
	}
}

// TestHistoryOfACancelledSync tells who called it off, and that nothing moves it then.
func TestHistoryOfACancelledSync(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), requested("s_1", domain.TriggerManual), begun("s_1", 1),
		domain.SyncDeferred{Sync: "s_1", Failure: unavailable, Until: start.Add(time.Hour)}, domain.SyncCancelled{Sync: "s_1", By: "u_5"}, domain.SyncSucceeded{Sync: "s_1"})
	v := folded(t, l)
	e, _, err := v.Syncs.Sync(oak, "s_1")
	if err != nil || e.Status != domain.Cancelled || e.CancelledBy != "u_5" || e.Error != nil || e.NextAttemptAt != nil || e.FinishedAt == nil {
		t.Errorf("the entry is %+v, %v", e, err)
	}
	r, _, err := v.Matters.Matter(oak, matterOfMaria)
	if err != nil || r.Status != domain.Cancelled || r.Failure != nil || r.Timeline[len(r.Timeline)-1].Event == "" {
		t.Errorf("the matter's row is %+v, %v", r, err)
	}
	counts, err := v.Syncs.Counts(oak)
	if err != nil || counts[domain.Cancelled] != 1 || len(counts) != 1 {
		t.Errorf("the counts are %v, %v", counts, err)
	}
}
