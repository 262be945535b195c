package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// TestMatterLives draws whole lives of a matter: events of CaseHug in any order, some
// delivered again, engines that work on its syncs, lose them and come back late, and
// Smokeball's webhooks. After each step the laws of a matter hold.
func TestMatterLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &life{}
		t.Repeat(map[string]func(*rapid.T){
			"":            l.laws,
			"CaseHug":     l.news,
			"redelivery":  l.redelivery,
			"client":      l.client,
			"person":      l.person,
			"begin":       l.begin,
			"work":        l.work,
			"finish":      l.finish,
			"fail":        l.fail,
			"wait":        l.wait,
			"cancel":      l.cancel,
			"webhook":     l.webhook,
			"late engine": l.late,
		})
	})
}

// life is a matter with all that ever happened to it.
type life struct {
	m     domain.Matter
	told  string // what m showed when the last step ended
	facts []domain.Event
	times []time.Time
	seen  []domain.CaseHugEvent
	turns []domain.Attempt
	count int
}

// take applies decided facts, and checks that the value before them stays as it was.
func (l *life) take(t *rapid.T, facts []domain.Event) {
	before := l.m
	for _, e := range facts {
		l.tabled(t, e)
		at := start.Add(time.Duration(len(l.facts)) * time.Second)
		l.facts, l.times = append(l.facts, e), append(l.times, at)
		l.m = l.m.Apply(e, at)
	}
	if got := shown(t, before); l.told != "" && got != l.told {
		t.Fatalf("new facts changed an older value from\n%s\nto\n%s", l.told, got)
	}
	if l.m.Data.Version < before.Data.Version || (before.Known && !l.m.Known) {
		t.Fatalf("the matter went back from version %d (known: %v) to %d (known: %v)",
			before.Data.Version, before.Known, l.m.Data.Version, l.m.Known)
	}
	l.told = shown(t, l.m)
}

// tabled checks that the table of moves allows a decided fact.
func (l *life) tabled(t *rapid.T, e domain.Event) {
	id, moves := domain.SyncMoved(e)
	if !moves {
		return
	}
	var from domain.Status
	for _, s := range []*domain.Sync{l.m.Current, l.m.Next} {
		if s != nil && s.ID == id {
			from = s.Status
		}
	}
	if _, ok := from.After(e); !ok {
		t.Fatalf("a sync that is %q is moved by %s", from, e.EventName())
	}
}

// cancel is a person who calls the current or the next sync off, or one that has ended.
func (l *life) cancel(t *rapid.T) {
	var all []domain.SyncID
	for _, e := range l.facts {
		if e, ok := e.(domain.SyncRequested); ok {
			all = append(all, e.Sync)
		}
	}
	if len(all) == 0 {
		t.Skip("there is no sync")
	}
	id := rapid.SampledFrom(all).Draw(t, "sync")
	facts, err := l.m.Cancel(id, "u_5")
	if err != nil && domain.AsRejection(err) == nil {
		t.Fatal(err)
	}
	l.take(t, facts)
	if l.m.IsCurrent(id) && err == nil {
		t.Fatalf("the cancelled sync is still there: current %+v, next %+v", l.m.Current, l.m.Next)
	}
}

func shown(t *rapid.T, m domain.Matter) string {
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// laws hold at any time.
func (l *life) laws(t *rapid.T) {
	var folded domain.Matter
	for i, e := range l.facts {
		folded = folded.Apply(e, l.times[i])
	}
	if !reflect.DeepEqual(folded, l.m) {
		t.Fatalf("folded from the start the matter is\n%+v, step by step\n%+v", folded, l.m)
	}
	want := l.open()
	var have []domain.SyncID
	for _, s := range []*domain.Sync{l.m.Current, l.m.Next} {
		if s != nil {
			have = append(have, s.ID)
		}
	}
	if !slices.Equal(have, want) {
		t.Fatalf("current and next are %v, and the syncs that have not ended are %v", have, want)
	}
	if l.m.Current == nil && l.m.Next != nil {
		t.Fatal("there is a next sync and no current one")
	}
}

// open are the syncs that were asked for and have not ended, in that order.
func (l *life) open() []domain.SyncID {
	var list []domain.SyncID
	for _, e := range l.facts {
		switch e := e.(type) {
		case domain.SyncRequested:
			list = append(list, e.Sync)
		case domain.SyncSucceeded:
			list = drop(list, e.Sync)
		case domain.SyncFailed:
			list = drop(list, e.Sync)
		case domain.SyncSkipped:
			list = drop(list, e.Sync)
		case domain.SyncCancelled:
			list = drop(list, e.Sync)
		}
	}
	return list
}

func drop(list []domain.SyncID, id domain.SyncID) []domain.SyncID {
	return slices.DeleteFunc(slices.Clone(list), func(x domain.SyncID) bool { return x == id })
}

func (l *life) fresh() domain.EventRef {
	l.count++
	return ref(l.count)
}

// news is a new event of CaseHug; its version may be old.
func (l *life) news(t *rapid.T) {
	e := casehug(0, rapid.SampledFrom([]string{domain.TypeMatterCreated, domain.TypeMatterUpdated,
		domain.TypeDocumentApproved, domain.TypeMatterSyncRequested}).Draw(t, "type"))
	e.Origin = l.fresh()
	if e.Type != domain.TypeDocumentApproved && e.Type != domain.TypeMatterSyncRequested || rapid.Bool().Draw(t, "with matter") {
		e.Matter = ptr(titled(rapid.IntRange(0, 6).Draw(t, "version"), rapid.SampledFrom([]string{"Rivera v. Apex", "In re Rivera"}).Draw(t, "title")))
	}
	if e.Type == domain.TypeDocumentApproved || (e.Type == domain.TypeMatterSyncRequested && rapid.Bool().Draw(t, "with document")) {
		e.Documents = []domain.DocumentData{anyDocument(t)}
	}
	facts := l.m.TakeIn(e, anySettings(t))
	if e.Type != domain.TypeClientUpdated && len(facts) == 0 {
		t.Fatalf("nothing tells that %s has come: it could not be told from a redelivery", e.Type)
	}
	l.seen = append(l.seen, e)
	l.take(t, facts)
}

func anyDocument(t *rapid.T) domain.DocumentData {
	d := retainer()
	d.ID = rapid.SampledFrom([]domain.DocumentID{docA, "d_10"}).Draw(t, "document")
	d.SHA256 = rapid.SampledFrom([]string{"aa11", "bb22"}).Draw(t, "digest")
	return d
}

func anySettings(t *rapid.T) domain.Settings {
	return domain.Settings{OnDocumentApproved: rapid.Bool().Draw(t, "on document"), OnMatterCreated: rapid.Bool().Draw(t, "on created"),
		OnMatterUpdated: rapid.Bool().Draw(t, "on updated")}
}

// redelivery is an event that came before, under any settings: nothing follows.
func (l *life) redelivery(t *rapid.T) {
	if len(l.seen) == 0 {
		t.Skip("nothing was delivered yet")
	}
	e := rapid.SampledFrom(l.seen).Draw(t, "event")
	if facts := l.m.TakeIn(e, anySettings(t)); len(facts) != 0 {
		t.Fatalf("the redelivered %s yields\n%s", e.Type, told(facts))
	}
}

// client is a client's event, which is delivered twice at once.
func (l *life) client(t *rapid.T) {
	e := casehug(0, domain.TypeClientUpdated)
	e.Origin, e.Client = l.fresh(), ptr(maria())
	facts := l.m.FollowClient(e)
	l.take(t, facts)
	if again := l.m.FollowClient(e); len(facts) > 0 && len(again) != 0 {
		t.Fatalf("the redelivered client yields\n%s", told(again))
	}
}

// person is somebody who clicks, with or without an event of CaseHug.
func (l *life) person(t *rapid.T) {
	if rapid.Bool().Draw(t, "retry") {
		l.count++
		id, facts := l.m.Request(domain.SyncRequested{Sync: domain.SyncID(fmt.Sprintf("s_click%d", l.count)), Trigger: domain.TriggerRetry, By: "u_5"})
		l.take(t, facts)
		l.answered(t, id)
		return
	}
	e := casehug(0, domain.TypeMatterSyncRequested)
	e.Origin = l.fresh()
	id, facts := l.m.RequestWith(e)
	l.seen = append(l.seen, e)
	l.take(t, facts)
	l.answered(t, id)
}

// answered checks that a person was given a sync which has yet to look at the matter.
func (l *life) answered(t *rapid.T, id domain.SyncID) {
	for _, s := range []*domain.Sync{l.m.Current, l.m.Next} {
		if s != nil && s.ID == id && s.Status == domain.Queued {
			return
		}
	}
	t.Fatalf("the request was answered with %q; current is %+v, next %+v", id, l.m.Current, l.m.Next)
}

func (l *life) begin(t *rapid.T) {
	facts, err := l.m.Begin(start.Add(time.Hour))
	if err != nil {
		if l.m.Current != nil {
			t.Fatalf("the sync %+v does not begin: %v", l.m.Current, err)
		}
		return
	}
	l.take(t, facts)
	turn, ok := l.m.CurrentAttempt()
	if !ok || slices.Contains(l.turns, turn) {
		t.Fatalf("the attempt is %+v (%v), and there were %v", turn, ok, l.turns)
	}
	l.turns = append(l.turns, turn)
}

// now is the attempt of the engine that works on the matter.
func (l *life) now(t *rapid.T) domain.Attempt {
	turn, ok := l.m.CurrentAttempt()
	if !ok {
		t.Skip("nobody works on the matter")
	}
	return turn
}

// work is a step of the engine, as far as the matter allows it.
func (l *life) work(t *rapid.T) {
	turn := l.now(t)
	facts, err := l.step(t, turn)
	if err != nil && !errors.Is(err, domain.ErrTaken) {
		t.Fatalf("the step of the current attempt is refused: %v", err)
	}
	l.take(t, facts)
}

func (l *life) step(t *rapid.T, turn domain.Attempt) ([]domain.Event, error) {
	l.count++
	request := domain.RequestID(fmt.Sprintf("r-%d", l.count))
	switch rapid.IntRange(0, 6).Draw(t, "step") {
	case 0:
		return l.m.Record(turn, domain.ContactResolved{Sync: turn.Sync, Client: clientA, Contact: sbC, Outcome: domain.OutcomeAccepted, Request: request, Pending: true})
	case 1:
		return l.m.StartCreation(turn, request, "", domain.MatterDraft{})
	case 2:
		return l.settleMatter(turn, request)
	case 3:
		return l.m.StartFile(turn, docA, "retainer.pdf", request)
	case 4:
		return l.settleFile(turn)
	case 5:
		if l.m.Current.Status == domain.Confirming {
			return nil, domain.ErrTaken // it is said once
		}
		return l.m.Record(turn, domain.SyncConfirming{Sync: turn.Sync})
	}
	return l.m.Record(turn, domain.MatterTypeResolved{Sync: turn.Sync, TypeID: "t_IL", Warning: &domain.Warning{Code: "near"}})
}

// settleMatter is Smokeball's answer to the intent, or to a change.
func (l *life) settleMatter(turn domain.Attempt, request domain.RequestID) ([]domain.Event, error) {
	switch s := l.m.Smokeball; {
	case s.Intent != nil:
		return l.m.Record(turn, domain.MatterAccepted{Sync: turn.Sync, Matter: sbM, Request: s.Intent.Request, Sent: sent()})
	case s.ID != "" && s.Confirmed:
		return l.m.Record(turn, domain.MatterChangeAccepted{Sync: turn.Sync, Request: request, Sent: l.m.Draft([]domain.SmokeballID{sbC})})
	case s.ID != "":
		return l.m.Record(turn, domain.MatterConfirmed{Sync: turn.Sync, Matter: s.ID, By: domain.ByRead, Request: s.Request})
	}
	return nil, domain.ErrTaken
}

func (l *life) settleFile(turn domain.Attempt) ([]domain.Event, error) {
	switch d, _ := l.m.Document(docA); {
	case d.Intent != nil:
		return l.m.Record(turn, domain.FileAccepted{Sync: turn.Sync, Document: docA, File: sbF, Request: d.Intent.Request})
	case d.File != "" && !d.Uploaded:
		return l.m.Record(turn, domain.DocumentUploaded{Sync: turn.Sync, Document: docA, File: sbF})
	case d.Uploaded && !d.Confirmed:
		return l.m.Record(turn, domain.DocumentConfirmed{Sync: turn.Sync, Document: docA, File: sbF, By: domain.ByRead})
	}
	return nil, domain.ErrTaken
}

// finish ends the current sync: the next becomes current.
func (l *life) finish(t *rapid.T) {
	turn, next := l.now(t), l.m.Next
	facts, err := l.m.Finish(turn, l.m)
	if err != nil {
		t.Fatalf("the current attempt cannot finish: %v", err)
	}
	l.take(t, facts)
	if l.m.Current != next || l.m.Next != nil {
		t.Fatalf("after the end current is %+v, want %+v, and next %+v, want none", l.m.Current, next, l.m.Next)
	}
	if again, err := l.m.Finish(turn, l.m); !errors.Is(err, domain.ErrNotCurrent) {
		t.Fatalf("the sync ends twice: %s%v", told(again), err)
	}
}

func (l *life) fail(t *rapid.T) {
	turn := l.now(t)
	facts, err := l.m.Record(turn, domain.SyncFailed{Sync: turn.Sync, Step: domain.StepMatter, Failure: domain.Failure{Code: domain.CodeInternal}})
	if err != nil {
		t.Fatal(err)
	}
	l.take(t, facts)
}

func (l *life) wait(t *rapid.T) {
	turn := l.now(t)
	until := rapid.SampledFrom([]time.Time{{}, start.Add(time.Minute)}).Draw(t, "until")
	facts, err := l.m.Record(turn, domain.SyncDeferred{Sync: turn.Sync, Failure: domain.Failure{Code: domain.CodeNotConnected}, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	l.take(t, facts)
}

// webhook is Smokeball's word about a request, right or refused, delivered twice.
func (l *life) webhook(t *rapid.T) {
	d, _ := l.m.Document(docA)
	request := rapid.SampledFrom([]domain.RequestID{l.m.Smokeball.Request, d.Request, "r-1", ""}).Draw(t, "request")
	resource := rapid.SampledFrom([]domain.SmokeballID{sbM, sbC, sbF}).Draw(t, "resource")
	hear := func() []domain.Event { return l.m.Confirm(request, resource) }
	if rapid.Bool().Draw(t, "refused") {
		hear = func() []domain.Event { return l.m.Refuse(request, vendorWords, resource) }
	}
	l.take(t, hear())
	if again := hear(); len(again) != 0 {
		t.Fatalf("the webhook, delivered again, yields\n%s", told(again))
	}
}

// late is an engine that lost its turn and does not know it yet.
func (l *life) late(t *rapid.T) {
	now, working := l.m.CurrentAttempt()
	for _, turn := range l.turns {
		if working && turn == now {
			continue
		}
		if facts, err := l.m.Record(turn, domain.MatterUnchanged{Sync: turn.Sync}); !errors.Is(err, domain.ErrNotCurrent) {
			t.Fatalf("the attempt %+v is over and records\n%s%v", turn, told(facts), err)
		}
	}
}
