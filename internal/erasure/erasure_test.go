package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

const firm domain.FirmID = "f_1"

// place is where a runner works: a real ledger, and parts that note what they are told.
type place struct {
	ledger    *eventstore.Bolt
	runner    *Runner
	destroyed []string
	objects   []string
	messages  []string // of the bus
	refolds   int
	scans     map[domain.FirmID]int // of the bus's messages
	fail      map[string]int        // how often each part fails from now on
}

func newPlace(t testing.TB) *place {
	t.Helper()
	l, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &place{ledger: l, scans: map[domain.FirmID]int{}, fail: map[string]int{}}
	service := Service{Ledger: l, Kinds: l, Last: l.Last, Holds: func(domain.Event) bool { return false }, Now: func() time.Time { return time.Unix(1, 0) }}
	p.runner = &Runner{Service: service, Log: slog.New(slog.DiscardHandler), Bus: p, All: p.all,
		Destroy: func(streams ...string) error {
			p.destroyed = append(p.destroyed, streams...)
			return p.fails("keys")
		},
		Refold: func(context.Context) error {
			p.refolds++
			return p.fails("views")
		},
		Published: func(context.Context, uint64) error { return p.fails("published") }}
	return p
}

var errBroken = errors.New("broken")

func (p *place) fails(part string) error {
	if p.fail[part] == 0 {
		return nil
	}
	p.fail[part]--
	return errBroken
}

func (p *place) EraseMessages(_ context.Context, f domain.FirmID, pick func([]byte) bool) error {
	p.scans[f]++
	p.messages = slices.DeleteFunc(p.messages, func(m string) bool { return pick([]byte(m)) })
	return p.fails("messages")
}

func (p *place) EraseObject(_ context.Context, _ domain.FirmID, object string) error {
	p.objects = append(p.objects, object)
	return p.fails("objects")
}

func (p *place) all() (map[Ref]eventstore.Seq, error) {
	list := map[Ref]eventstore.Seq{}
	last, err := p.ledger.Last(context.Background())
	for env, err := range p.ledger.Tail(context.Background(), 0) {
		if err != nil || last == 0 {
			return list, err
		}
		if _, ok := env.Event.(domain.EraseRequested); ok {
			list[Ref{env.Stream.Firm, domain.EraseID(env.Stream.ID)}] = env.Seq
		}
		if env.Seq >= last {
			break
		}
	}
	return list, err
}

func (p *place) append(t testing.TB, s domain.Stream, events ...domain.Event) {
	t.Helper()
	last := eventstore.Head{}
	for env, err := range p.ledger.Read(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		last = env.Head()
	}
	if _, err := p.ledger.Append(t.Context(), eventstore.Commit{Stream: s, Last: last, At: time.Unix(1, 0), Events: events}); err != nil {
		t.Fatal(err)
	}
}

func (p *place) matter(t testing.TB, id domain.MatterID, title string, clients ...domain.ClientData) {
	t.Helper()
	p.append(t, domain.MatterStream(firm, id), domain.MatterCreated{Matter: domain.MatterData{ID: id, Version: 1, Title: title, Client: clients[0], OtherClients: clients[1:]}})
}

var (
	rivera = domain.ClientData{ID: "c_r", FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com"}
	oak    = domain.ClientData{ID: "c_o", LastName: "Oakenfield"}
)

func admin() domain.User { return domain.User{Subject: "u_admin", Firm: firm} }

func (p *place) request(t *testing.T, s domain.EraseSubject) domain.EraseFound {
	t.Helper()
	_, e, _, err := p.runner.Request(t.Context(), admin(), s)
	if err != nil {
		t.Fatal(err)
	}
	return *e.Found
}

func TestWhoseDataGo(t *testing.T) {
	for name, c := range map[string]struct {
		subject domain.EraseSubject
		matters []domain.MatterID
		clients []domain.ClientID
	}{
		"a matter, with a client whom no other matter names": {domain.EraseSubject{Matter: "m_1"}, []domain.MatterID{"m_1"}, []domain.ClientID{"c_1"}},
		"a matter, without a client whom another one names":  {domain.EraseSubject{Matter: "m_2"}, []domain.MatterID{"m_2"}, nil},
		"a client, with all matters that name them":          {domain.EraseSubject{Client: "c_r"}, []domain.MatterID{"m_2", "m_3"}, []domain.ClientID{"c_o", "c_r"}},
	} {
		p := newPlace(t)
		p.matter(t, "m_1", "One", domain.ClientData{ID: "c_1"})
		p.matter(t, "m_2", "Two", rivera)
		p.matter(t, "m_3", "Three", oak, rivera)
		found := p.request(t, c.subject)
		if !reflect.DeepEqual(found.Matters, c.matters) || !reflect.DeepEqual(found.Clients, c.clients) {
			t.Errorf("%s: %v and %v", name, found.Matters, found.Clients)
		}
	}
}

// TestAPlanSaysWhatAnErasureWouldTake: the plan names what the erasure then finds, and records nothing.
func TestAPlanSaysWhatAnErasureWouldTake(t *testing.T) {
	p := newPlace(t)
	p.append(t, domain.LedgerStream(), domain.LedgerBackupStarted{Backup: "bk_1", Until: time.Unix(0, 0)}, domain.LedgerBackupStarted{Backup: "bk_2", Until: time.Unix(9, 0)})
	p.runner.Now = func() time.Time { return time.Unix(2, 0) }
	p.matter(t, "m_1", "One", rivera, oak)
	p.matter(t, "m_2", "Two", rivera)
	p.matter(t, "m_3", "Three", oak)
	p.append(t, domain.MatterStream(firm, "m_1"), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual})
	p.append(t, domain.MatterStream(firm, "m_2"), domain.SyncRequested{Sync: "s_2", Trigger: domain.TriggerManual}, domain.SyncStarted{Sync: "s_2", Attempt: 1})
	subject := domain.EraseSubject{Client: "c_r"}
	plan, err := p.runner.Plan(t.Context(), firm, subject)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.ErasePlan{Subject: subject,
		Matters: []domain.PlannedMatter{{ID: "m_1", Title: "One", Cancelled: []domain.SyncID{"s_1"}}, {ID: "m_2", Title: "Two", Failing: []domain.SyncID{"s_2"}}},
		Clients: []domain.PlannedClient{{ID: "c_r", Name: "Maria Rivera"}},
		Staying: []domain.PlannedClient{{ID: "c_o", Name: "Oakenfield", With: []domain.MatterID{"m_3"}}},
		Backups: []domain.BackupTime{{Begun: time.Unix(1, 0).UTC(), Until: time.Unix(9, 0).UTC()}}}
	for i := range plan.Backups {
		plan.Backups[i] = domain.BackupTime{Begun: plan.Backups[i].Begun.UTC(), Until: plan.Backups[i].Until.UTC()}
	}
	if !reflect.DeepEqual(plan, want) {
		t.Errorf("the plan is\n%+v, want\n%+v", plan, want)
	}
	if refs, err := p.all(); err != nil || len(refs) != 0 {
		t.Errorf("a plan has asked for %v, %v", refs, err)
	}
	found := p.request(t, subject)
	if !reflect.DeepEqual(found.Matters, []domain.MatterID{"m_1", "m_2"}) || !reflect.DeepEqual(found.Clients, []domain.ClientID{"c_r"}) {
		t.Errorf("erased are %v and %v", found.Matters, found.Clients)
	}
	if _, err := p.runner.Plan(t.Context(), "f_other", subject); err == nil {
		t.Error("another firm reads the plan")
	}
	p.matter(t, "m_4", "Four", rivera)
	if later, err := p.runner.Plan(t.Context(), firm, subject); err != nil || later.Digest() == plan.Digest() {
		t.Errorf("a plan with one matter more has the same digest, %v", err)
	}
}

// TestAClientGoesWithTheLastMatter: matters that were erased before hold nobody back.
func TestAClientGoesWithTheLastMatter(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "One", rivera)
	p.matter(t, "m_2", "Two", rivera)
	if found := p.request(t, domain.EraseSubject{Matter: "m_1"}); len(found.Clients) != 0 {
		t.Fatalf("with the first go %v", found.Clients)
	}
	if _, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil {
		t.Fatal(err)
	}
	if found := p.request(t, domain.EraseSubject{Matter: "m_2"}); !reflect.DeepEqual(found.Clients, []domain.ClientID{"c_r"}) {
		t.Errorf("with the last go %v", found.Clients)
	}
}

func TestWhatNobodyKnowsIsNotErased(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "One", rivera)
	for _, s := range []domain.EraseSubject{{Matter: "m_2"}, {Client: "c_nobody"}} {
		var rejected *domain.Rejection
		if _, _, _, err := p.runner.Request(t.Context(), admin(), s); !errors.As(err, &rejected) || rejected.Reason != domain.Unknown {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// TestADeadLetterGoesWithWhomItTellsOf: by an id as a word of its own, or by who is named.
func TestADeadLetterGoesWithWhomItTellsOf(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	for body, goes := range map[string]bool{`{"matter_id":"m_1"}`: true, `{"matter_id":"m_11"}`: false, `{"email":"maria@example.com"}`: true, `{"first_name":"Maria","last_name":"Rivera"}`: true,
		`{"last_name":"Rivera"}`: false, `{"title":"Rivera v. Apex"}`: true, `{"title":"Rivera v. Apexion"}`: false,
		`{"matter_id":"m_2","case_type":"Rivera v. Apex"}`: false, `{"matter_id": "m_2", "client":{"client_id":"c_r"}}`: true,
		`{"file_name":"Signed retainer.pdf"}`: false, `{}`: false} {
		d := domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Body: []byte(body)}
		p.append(t, domain.DeadLetterStream(firm, d.ID()), d)
		found := p.request(t, domain.EraseSubject{Matter: domain.MatterID("m_1")})
		if got := slices.Contains(found.Streams, domain.DeadLetterStream(firm, d.ID()).String()); got != goes {
			t.Errorf("%s goes: %v", body, got)
		}
		p = newPlace(t)
		p.matter(t, "m_1", "Rivera v. Apex", rivera)
		p.append(t, domain.MatterStream(firm, "m_1"), domain.DocumentApproved{Document: domain.DocumentData{ID: "d_1", FileName: "Signed retainer.pdf"}})
	}
}

// TestDocumentsOfOtherMattersStay: a message of another matter may have the name of a file, or the title,
// in common with those whose data go.
func TestDocumentsOfOtherMattersStay(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.append(t, domain.MatterStream(firm, "m_1"), domain.DocumentApproved{Document: domain.DocumentData{ID: "d_1", FileName: "Signed retainer.pdf"}})
	kept := `{"matter_id":"m_2","file_name":"Signed retainer.pdf","content":{"object":"casehug-documents/d_2"}}`
	p.messages = []string{kept, `{"matter_id":"m_2","file_name":"Rivera v. Apex.pdf","content":{"object":"casehug-documents/d_3"}}`,
		`{"matter_id":"m_1","content":{"object":"casehug-documents/late"}}`}
	p.request(t, domain.EraseSubject{Matter: "m_1"})
	if _, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p.objects, []string{"casehug-documents/late"}) || !reflect.DeepEqual(p.messages, []string{kept}) {
		t.Errorf("destroyed are %v; messages %v", p.objects, p.messages)
	}
}

// TestADocumentThatAnotherMatterApprovedStays: the same object may belong to several matters.
func TestADocumentThatAnotherMatterApprovedStays(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.matter(t, "m_2", "Oakenfield v. Zenith", oak)
	for m, objects := range map[domain.MatterID][]string{"m_1": {"own", "shared"}, "m_2": {"shared"}} {
		for _, o := range objects {
			p.append(t, domain.MatterStream(firm, m), domain.DocumentApproved{Document: domain.DocumentData{ID: domain.DocumentID("d_" + o), Content: domain.Content{Object: "casehug-documents/" + o}}})
		}
	}
	p.messages = []string{`{"matter_id":"m_1","content":{"object":"casehug-documents/shared"}}`}
	p.request(t, domain.EraseSubject{Matter: "m_1"})
	if _, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p.objects, []string{"casehug-documents/own"}) {
		t.Errorf("destroyed are %v", p.objects)
	}
}

// TestAnErasedMatterTakesNoOtherWithIt: its client, whom no other matter named, may come to another one.
func TestAnErasedMatterTakesNoOtherWithIt(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.matter(t, "m_2", "Oakenfield v. Zenith", oak)
	if found := p.request(t, domain.EraseSubject{Matter: "m_1"}); !reflect.DeepEqual(found.Clients, []domain.ClientID{"c_r"}) {
		t.Fatalf("with the matter go %v", found.Clients)
	}
	w := newWatch(p.runner)
	for range 3 {
		if _, err := p.runner.round(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		p.append(t, domain.MatterStream(firm, "m_2"), domain.MatterUpdated{Matter: domain.MatterData{ID: "m_2", Version: 2, Client: oak, OtherClients: []domain.ClientData{rivera}}})
	}
	if slices.Contains(p.destroyed, "matter.f_1.m_2") {
		t.Error("the other matter is erased")
	}
}

// TestEachStepIsRepeatedUntilItIsDone: whichever part fails, and however often, the erasure ends, and
// each step is recorded after it was done.
func TestEachStepIsRepeatedUntilItIsDone(t *testing.T) {
	for _, part := range []string{"objects", "messages", "keys", "views", "published"} {
		p := newPlace(t)
		p.matter(t, "m_1", "Rivera v. Apex", rivera)
		p.append(t, domain.MatterStream(firm, "m_1"), domain.DocumentApproved{Document: domain.DocumentData{ID: "d_1", Content: domain.Content{Object: "casehug-documents/d_1"}}})
		p.messages = []string{`{"matter_id":"m_1"}`, `{"matter_id":"m_2"}`, `{"email":"maria@example.com"}`}
		p.request(t, domain.EraseSubject{Matter: "m_1"})
		p.fail[part] = 2
		rounds := 0
		for open := true; open; rounds++ {
			var err error
			if open, err = p.runner.round(t.Context(), newWatch(p.runner)); err != nil && !errors.Is(err, errBroken) {
				t.Fatal(err)
			}
		}
		e, err := p.runner.Erasure(t.Context(), firm, domain.EraseIDOf(firm, domain.EraseSubject{Matter: "m_1"}))
		if err != nil || e.Next() != "" || rounds != 3 {
			t.Errorf("%s fails twice: after %d rounds %+v, %v", part, rounds, e, err)
		}
		if !slices.Contains(p.objects, "casehug-documents/d_1") || p.refolds == 0 || fmt.Sprint(p.messages) != `[{"matter_id":"m_2"}]` {
			t.Errorf("%s fails twice: objects %v, %d refolds, messages %v", part, p.objects, p.refolds, p.messages)
		}
		for _, s := range []string{"matter.f_1.m_1", "client.f_1.c_r"} {
			if !slices.Contains(p.destroyed, s) {
				t.Errorf("%s fails twice: the key of %s is not destroyed: %v", part, s, p.destroyed)
			}
		}
	}
}

// TestWhatComesLaterGoesToo: events about an erased matter, dead letters that name it, and matters
// of an erased client.
func TestWhatComesLaterGoesToo(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.request(t, domain.EraseSubject{Client: "c_r"})
	w := newWatch(p.runner)
	round := func() {
		t.Helper()
		if _, err := p.runner.round(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	round()
	p.messages = []string{`{"matter_id":"m_1","content":{"object":"casehug-documents/late"}}`}
	p.append(t, domain.MatterStream(firm, "m_1"), domain.MatterOutdated{Version: 1})
	d := domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Body: []byte(`{"matter_id":"m_1"}`)}
	p.append(t, domain.DeadLetterStream(firm, d.ID()), d)
	p.matter(t, "m_9", "Rivera v. Zenith", rivera)
	round()
	if len(p.messages) != 0 || !slices.Contains(p.objects, "casehug-documents/late") {
		t.Errorf("messages %v, objects %v", p.messages, p.objects)
	}
	if !slices.Contains(p.destroyed, domain.DeadLetterStream(firm, d.ID()).String()) {
		t.Errorf("the dead letter's key stays: %v", p.destroyed)
	}
	round()
	if !slices.Contains(p.destroyed, "matter.f_1.m_9") {
		t.Errorf("the new matter's key stays: %v", p.destroyed)
	}
}

// TestAnUnsealedLedgerIsNotErased: nothing is said to be erased that stays readable.
func TestAnUnsealedLedgerIsNotErased(t *testing.T) {
	p := newPlace(t)
	p.runner.Holds = func(domain.Event) bool { return true }
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	var rejected *domain.Rejection
	_, _, _, err := p.runner.Request(t.Context(), admin(), domain.EraseSubject{Matter: "m_1"})
	if !errors.As(err, &rejected) || rejected.Failure.Code != domain.CodeLedgerNotSealed || !strings.Contains(rejected.Failure.Remedy, "seal") {
		t.Errorf("it is answered %v", err)
	}
}

// TestWhatAnErasureEndsNamesWhoAsked: the sync that it cancels and the dead letter that it discards say who
// asked for it, with the name that people read.
func TestWhatAnErasureEndsNamesWhoAsked(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.append(t, domain.MatterStream(firm, "m_1"), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual})
	p.append(t, domain.DeadLetterStream(firm, "dl_1"), domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Body: []byte(`{"matter_id":"m_1"}`)})
	by := domain.User{Subject: "u_admin", Name: "Ana Brown", Firm: firm}
	if _, _, _, err := p.runner.Request(t.Context(), by, domain.EraseSubject{Matter: "m_1"}); err != nil {
		t.Fatal(err)
	}
	if open, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil || open {
		t.Fatal(open, err)
	}
	for stream, want := range map[domain.Stream]domain.Event{
		domain.MatterStream(firm, "m_1"):      domain.SyncCancelled{Sync: "s_1", By: "u_admin", ByName: "Ana Brown"},
		domain.DeadLetterStream(firm, "dl_1"): domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_admin", ByName: "Ana Brown"},
	} {
		found := false
		for env, err := range p.ledger.Read(t.Context(), stream) {
			if err != nil {
				t.Fatal(err)
			}
			found = found || reflect.DeepEqual(env.Event, want)
		}
		if !found {
			t.Errorf("%s does not have %+v", stream, want)
		}
	}
}

// TestAStartReadsTheMessagesOfAFirmOnce: an engine that starts does not know what came about those who were
// erased. It looks for all of a firm in one reading, and again until that is done.
func TestAStartReadsTheMessagesOfAFirmOnce(t *testing.T) {
	p := newPlace(t)
	for _, m := range []domain.MatterID{"m_1", "m_2", "m_3"} {
		p.matter(t, m, "One", rivera)
		p.request(t, domain.EraseSubject{Matter: m})
	}
	if _, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil {
		t.Fatal(err)
	}
	came := []string{`{"matter_id":"m_1"}`, `{"matter_id":"m_3"}`, `{"matter_id":"m_4"}`}
	p.messages, p.scans, p.fail = slices.Clone(came), map[domain.FirmID]int{}, map[string]int{"messages": 1}
	next := newWatch(p.runner)
	if more, err := p.runner.round(t.Context(), next); err == nil {
		t.Fatalf("what failed is not said: %t", more)
	}
	p.messages = slices.Clone(came) // as the bus still has them
	for range 2 {                   // the second finds nothing to do
		if more, err := p.runner.round(t.Context(), next); err != nil || more {
			t.Fatal(more, err)
		}
	}
	if p.scans[firm] != 2 || !slices.Equal(p.messages, came[2:]) {
		t.Errorf("%d readings, of which one failed; left are %v", p.scans[firm], p.messages)
	}
}

// TestAMessageGoesAfterItsDocuments: whoever is killed between both, or fails, finds the documents again.
func TestAMessageGoesAfterItsDocuments(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "One", rivera)
	p.request(t, domain.EraseSubject{Matter: "m_1"})
	w := newWatch(p.runner)
	if _, err := p.runner.round(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	p.append(t, domain.MatterStream(firm, "m_1"), domain.MatterOutdated{Version: 1})
	p.messages, p.objects = []string{`{"matter_id":"m_1","content":{"object":"casehug-documents/late"}}`}, nil
	p.fail["objects"] = 1
	if _, err := p.runner.round(t.Context(), w); !errors.Is(err, errBroken) || len(p.messages) != 1 {
		t.Fatalf("%v; left are %v", err, p.messages)
	}
	if _, err := p.runner.round(t.Context(), newWatch(p.runner)); err != nil || len(p.messages) != 0 || len(p.objects) != 2 {
		t.Errorf("%v; left are %v, destroyed %v", err, p.messages, p.objects)
	}
}

// TestWhatComesWhileAnErasureRunsGoesToo: another erasure is done, so the ledger is looked at. A matter of the
// client that CaseHug announces before their own erasure is done is erased when that is.
func TestWhatComesWhileAnErasureRunsGoesToo(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "Rivera v. Apex", rivera)
	p.matter(t, "m_2", "Oakenfield", oak)
	w := newWatch(p.runner)
	p.request(t, domain.EraseSubject{Matter: "m_2"})
	if _, err := p.runner.round(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	p.request(t, domain.EraseSubject{Client: "c_r"})
	p.matter(t, "m_9", "Rivera v. Zenith", rivera)
	p.fail["keys"] = 1
	if _, err := p.runner.round(t.Context(), w); !errors.Is(err, errBroken) {
		t.Fatalf("the erasure is not under way: %v", err)
	}
	for range 2 { // the first finds the matter, the second erases it
		if _, err := p.runner.round(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Contains(p.destroyed, "matter.f_1.m_9") {
		t.Errorf("the key of the new matter stays: %v", p.destroyed)
	}
}
