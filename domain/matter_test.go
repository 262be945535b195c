package domain_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestHowAMatterIsLinked: one found by our id is the one that was asked for, and one that is there again is as
// a person linked it.
func TestHowAMatterIsLinked(t *testing.T) {
	intent := domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create", Sent: sent()}
	link := func(id domain.SmokeballID, how domain.Linking) domain.MatterLinked {
		return domain.MatterLinked{Sync: syncFor(2), Matter: id, How: how, Known: sent()}
	}
	byHand := link(sbM, domain.LinkedByHand)
	byHand.Contact, byHand.Left = sbC, []domain.ClientID{clientA}
	for name, c := range map[string]struct {
		given      []domain.Event
		made, kept bool
	}{
		"asked for, and found by our id":       {running(intent, link(sbM, domain.LinkedByID)), true, false},
		"asked for, and found by its number":   {running(intent, link(sbM, domain.LinkedByNumber)), false, false},
		"found by our id, and not asked for":   {running(link(sbM, domain.LinkedByID)), false, false},
		"linked by hand":                       {running(byHand), false, true},
		"linked by hand, gone and there again": {running(byHand, link(sbM, domain.LinkedRestored)), false, true},
		"another one is there again":           {running(byHand, link(sbOther, domain.LinkedRestored)), false, false},
		"the same, found anew":                 {running(byHand, link(sbM, domain.LinkedByNumber)), false, false},
	} {
		l := given[domain.Matter](c.given...).Smokeball
		if kept := l.Same == sbC && len(l.Left) == 1; l.Made != c.made || kept != c.kept || !kept && (l.Same != "" || l.Left != nil) {
			t.Errorf("%s: made by us is %v, the same contact %q, left are %v", name, l.Made, l.Same, l.Left)
		}
	}
}

// TestWhatAnUnlinkedMatterWas in each account, and which of its documents may be there still.
func TestWhatAnUnlinkedMatterWas(t *testing.T) {
	unlinked := func(id domain.SmokeballID, account string) domain.Event {
		return domain.MatterUnlinked{Matter: id, Account: account, Reason: domain.UnlinkedAccount}
	}
	m := given[domain.Matter](running(accepted(2), unlinked(sbM, "oak"), accepted(2), unlinked(sbOther, "elm"))...)
	if len(m.Former) != 2 || m.Former["oak"].ID != sbM || m.Former["elm"].ID != sbOther {
		t.Errorf("it was %v", m.Former)
	}
	if m = m.Apply(unlinked(sbF, "oak"), start); len(m.Former) != 2 || m.Former["oak"].ID != sbF {
		t.Errorf("then it was %v", m.Former)
	}
	intent := domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-f"}
	file := domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"}
	for name, c := range map[string]struct {
		given []domain.Event
		moved bool
	}{"it was not sent": {nil, false}, "it was asked for": {list(intent), true}, "it was there": {list(file), true}} {
		m := given[domain.Matter](running(and(and(list(approved(3, retainer())), c.given...), unlinked(sbM, "oak"))...)...)
		if d, _ := m.Document(docA); d.Moved != c.moved {
			t.Errorf("%s: it may be in another matter: %v", name, d.Moved)
		}
	}
}

// TestEachClientIsResolvedOnce, beside the others.
func TestEachClientIsResolvedOnce(t *testing.T) {
	resolved := func(c domain.ClientID, id domain.SmokeballID) domain.Event {
		return domain.ContactResolved{Sync: syncFor(2), Client: c, Contact: id, Key: domain.ContactKey("k-" + c)}
	}
	m := given[domain.Matter](running(resolved("c_1", "sb-1"), resolved("c_2", "sb-2"), resolved("c_1", "sb-3"))...)
	if !maps.Equal(m.Contacts, map[domain.ClientID]domain.SmokeballID{"c_1": "sb-3", "c_2": "sb-2"}) || !slices.Equal(m.Current.Resolved, []domain.ClientID{"c_1", "c_2"}) {
		t.Errorf("the contacts are %v, resolved are %v", m.Contacts, m.Current.Resolved)
	}
}

// TestAFileThatWasGivenUpMayBeThere, where it was announced: one that was only asked for is not.
func TestAFileThatWasGivenUpMayBeThere(t *testing.T) {
	intent := domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-f"}
	file := domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"}
	refusal := domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-f"}
	for doubted, given := range map[bool]domain.Matter{
		false: given[domain.Matter](running(approved(3, retainer()), intent, refusal)...),
		true:  given[domain.Matter](running(approved(3, retainer()), intent, file, refusal)...),
	} {
		if d, _ := given.Document(docA); d.Doubted != doubted {
			t.Errorf("it may be there: %v, want %v", d.Doubted, doubted)
		}
	}
}

// TestAFolderThatIsGone takes those in it along, and no other.
func TestAFolderThatIsGone(t *testing.T) {
	folder := func(path string, id domain.SmokeballID) domain.Event {
		return domain.FolderResolved{Sync: syncFor(2), Path: path, Folder: id}
	}
	all := running(folder("/Letters", "f-1"), folder("/Letters/In", "f-2"), folder("/Letters2", "f-3"))
	paths := func(gone domain.SmokeballID) []string {
		m := given[domain.Matter](and(all, domain.FolderGone{Sync: syncFor(2), Path: "/Letters", Folder: gone})...)
		return slices.Sorted(maps.Keys(m.Folders))
	}
	if got := paths("f-1"); !slices.Equal(got, []string{"/Letters2"}) {
		t.Errorf("there are %q", got)
	}
	if got := paths("f-9"); len(got) != 3 {
		t.Errorf("of a folder that took its place since, there are %q", got)
	}
}

// TestAFolderIsMadeOnce, by the current attempt.
func TestAFolderIsMadeOnce(t *testing.T) {
	intent := domain.FolderCreationStarted{Sync: syncFor(2), Path: "/Letters", Request: "r-1"}
	for name, c := range map[string]struct {
		given []domain.Event
		err   error
	}{
		"nobody is at it":      {running(), nil},
		"somebody is at it":    {running(intent), domain.ErrTaken},
		"it is there":          {running(domain.FolderResolved{Sync: syncFor(2), Path: "/Letters", Folder: "f-1"}), domain.ErrTaken},
		"it was refused":       {running(intent, domain.FolderCreationRefused{Sync: syncFor(2), Path: "/Letters", Request: "r-1"}), nil},
		"another one is there": {running(domain.FolderResolved{Sync: syncFor(2), Path: "/Bills", Folder: "f-2"}), nil},
		"another attempt":      {running(started(2, 2)), domain.ErrNotCurrent},
		"it is there, and another attempt": {running(domain.FolderResolved{Sync: syncFor(2), Path: "/Letters", Folder: "f-1"}, started(2, 2)),
			domain.ErrNotCurrent},
	} {
		facts, err := given[domain.Matter](c.given...).StartFolder(turn, "/Letters", "r-1")
		if c.err != nil {
			if err != c.err || len(facts) > 0 {
				t.Errorf("%s: decided %v, %v", name, facts, err)
			}
			continue
		}
		then(t, must(t, facts, err), intent)
	}
}

// TestWhatSmokeballRefusedIsRemembered field by field; a warning of no field refuses nothing.
func TestWhatSmokeballRefusedIsRemembered(t *testing.T) {
	warned := func(field, value string) domain.Event {
		return domain.SyncWarned{Sync: syncFor(2), Field: field, Value: value}
	}
	m := given[domain.Matter](running(warned("", "x"), warned("responsible", "lee"), warned("opened_at", "2026-11-02"), warned("responsible", "kim"))...)
	if !maps.Equal(m.Refused, map[string]string{"responsible": "kim", "opened_at": "2026-11-02"}) {
		t.Errorf("refused are %v", m.Refused)
	}
}

// TestAPersonWantsTheNextSync that an event had asked for, and it alone.
func TestAPersonWantsTheNextSync(t *testing.T) {
	m := given[domain.Matter](running(domain.SyncRequested{Sync: "s_next", Trigger: domain.TriggerDocumentApproved}, domain.SyncJoined{Sync: "s_next", By: "u_5"})...)
	if m.Next == nil || !m.Next.Wanted {
		t.Errorf("the next sync is %+v", m.Next)
	}
	other := given[domain.Matter](running(domain.SyncRequested{Sync: "s_next", Trigger: domain.TriggerDocumentApproved}, domain.SyncJoined{Sync: "s_ended", By: "u_5"})...)
	if other.Next.Wanted {
		t.Error("who wants another sync wants the next one")
	}
	if !m.IsCurrent("s_next") || !m.IsCurrent(syncFor(2)) || m.IsCurrent("s_other") {
		t.Error("the wrong syncs are open")
	}
}

// TestAPersonHasAWaitingSyncTriedNow, and only that one.
func TestAPersonHasAWaitingSyncTriedNow(t *testing.T) {
	waits := running(deferred(2, domain.CodeSmokeballUnavailable, start))
	lee := domain.User{Subject: "u_5", Name: "Lee Oak"}
	then(t, given[domain.Matter](waits...).Resume(syncFor(2), lee), domain.SyncReleased{Sync: syncFor(2), Reason: domain.ReleasedByPerson, By: "u_5", ByName: "Lee Oak"})
	then(t, given[domain.Matter](waits...).Resume("s_other", lee))
	then(t, given[domain.Matter](running()...).Resume(syncFor(2), lee))
	then(t, given[domain.Matter](created(1)).Resume(syncFor(2), lee))
}

// TestWhichSyncsAreRetried: those that did not end well, or left something out.
func TestWhichSyncsAreRetried(t *testing.T) {
	for s, refused := range map[domain.Standing]bool{
		{Status: domain.Succeeded}: true, {Status: domain.Skipped}: true,
		{Status: domain.Succeeded, Warned: true}: false, {Status: domain.Failed}: false, {Status: domain.Waiting}: false,
	} {
		if err := s.CheckRetry("s_1"); (code(err) == domain.CodeNotRetryable) != refused || (err == nil) == refused {
			t.Errorf("a retry of %+v is answered %v", s, err)
		}
	}
}

// TestWhenAWaitingSyncIsDue, and what it waits on where it waits for no time.
func TestWhenAWaitingSyncIsDue(t *testing.T) {
	until := start.AddDate(0, 0, 1)
	due := func(more ...domain.Event) domain.Due {
		return given[domain.Matter](running(more...)...).Current.Due(firm, matterA)
	}
	if d := due(deferred(2, domain.CodeSmokeballUnavailable, until)); !d.At.Equal(until) || d.From.IsZero() || d.WaitsOn != "" {
		t.Errorf("one that waits for a time is due as %+v", d)
	}
	lacks := domain.SyncDeferred{Sync: syncFor(2), Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped}, MappingRevision: 7, TypesSeen: 8}
	if d := due(lacks); !d.At.IsZero() || d.WaitsOn != domain.CodeMatterTypeUnmapped || d.MappingSeen != 7 || d.TypesSeen != 8 {
		t.Errorf("one that waits for a type is due as %+v", d)
	}
	if d := due(); !d.At.IsZero() || !d.From.IsZero() || d.WaitsOn != "" || d.Status != domain.Running {
		t.Errorf("one that is at work is due as %+v", d)
	}
}
