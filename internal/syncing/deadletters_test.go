package syncing_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

var lara = domain.User{Subject: "u_2", Firm: oak, Role: domain.FirmAdmin, Name: "Lara Oak"}

// desk is where dead letters are settled: an intake into a ledger in memory that refuses
// what it is told to.
type desk struct {
	*testing.T
	ledger *ledger
	syncing.DeadLetters

	mu     sync.Mutex
	refuse error
	bus    map[string]syncing.Message
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t, ledger: newLedger(), bus: map[string]syncing.Message{}}
	intake := syncing.Intake{Ledger: d.ledger, Now: time.Now}
	d.DeadLetters = syncing.DeadLetters{Ledger: d.ledger, Now: time.Now,
		TakeIn: func(ctx context.Context, m syncing.Message) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.refuse != nil {
				return d.refuse
			}
			return intake.TakeIn(ctx, created(accident()))
		},
		Fetch: func(_ context.Context, name string) (syncing.Message, error) {
			m, ok := d.bus[name]
			if !ok {
				return m, syncing.ErrGone
			}
			return m, nil
		}}
	return d
}

// keeps records a dead letter of the firm, as the intake does.
func (d *desk) keeps(change ...func(*domain.DeadLettered)) string {
	d.Helper()
	deadLetter := domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: []byte("{"), Size: 1, Faults: []domain.FieldFault{{Reason: "is no JSON"}}}
	for _, f := range change {
		f(&deadLetter)
	}
	id, err := d.Keep(d.Context(), oak, deadLetter)
	if err != nil {
		d.Fatal(err)
	}
	return id
}

// facts are the names of a stream's events.
func (d *desk) facts(s domain.Stream) (names []string) {
	d.Helper()
	for env, err := range d.ledger.Read(d.Context(), s) {
		if err != nil {
			d.Fatal(err)
		}
		names = append(names, env.Event.EventName())
	}
	return names
}

func (d *desk) state(id string) domain.DeadLetterState {
	d.Helper()
	l, _, err := eventstore.Load[domain.DeadLetter](d.Context(), d.ledger, domain.DeadLetterStream(oak, id))
	if err != nil {
		d.Fatal(err)
	}
	return l.State
}

// refuses requires the error to be a Rejection with the code.
func refuses(t *testing.T, err error, reason domain.Reason, code domain.Code) *domain.Rejection {
	t.Helper()
	r := domain.AsRejection(err)
	if r == nil || r.Reason != reason || r.Failure.Code != code || r.Failure.Remedy == "" {
		t.Fatalf("refused with %v, want reason %d, %s", err, reason, code)
	}
	return r
}

func TestADeadLetterIsKeptOnce(t *testing.T) {
	d := newDesk(t)
	if first, second := d.keeps(), d.keeps(); first != second || d.ledger.size() != 1 {
		t.Errorf("the same event is kept as %s and %s", first, second)
	}
}

func TestRetryTakesInOnce(t *testing.T) {
	d := newDesk(t)
	id := d.keeps()
	var admins sync.WaitGroup
	for range 8 {
		admins.Go(func() {
			if _, err := d.Retry(t.Context(), lara, id); err != nil {
				t.Error(err)
			}
		})
	}
	admins.Wait()
	if got := d.facts(domain.DeadLetterStream(oak, id)); len(got) != 2 || d.state(id) != domain.DeadLetterTakenIn {
		t.Errorf("the letter has %v", got)
	}
	if got := d.facts(domain.MatterStream(oak, "m_accident")); len(got) != 1 {
		t.Errorf("the matter has %v", got)
	}
	_, err := d.Discard(t.Context(), lara, id)
	refuses(t, err, domain.Conflict, domain.CodeTakenIn)
}

// TestRetryGoesOnAfterACrash dies after the event was taken in and before that was said.
func TestRetryGoesOnAfterACrash(t *testing.T) {
	d := newDesk(t)
	id := d.keeps()
	dying, die := context.WithCancel(t.Context())
	takeIn := d.TakeIn
	d.TakeIn = func(ctx context.Context, m syncing.Message) error { defer die(); return takeIn(ctx, m) }
	if _, err := d.Retry(dying, lara, id); !errors.Is(err, context.Canceled) {
		t.Fatalf("the retry ends with %v", err)
	}
	if d.state(id) != domain.DeadLetterOpen {
		t.Fatalf("the letter is %s", d.state(id))
	}
	if _, err := d.Retry(t.Context(), lara, id); err != nil {
		t.Fatal(err)
	}
	if got := d.facts(domain.MatterStream(oak, "m_accident")); len(got) != 1 || d.state(id) != domain.DeadLetterTakenIn {
		t.Errorf("the matter has %v, the letter is %s", got, d.state(id))
	}
}

func TestRetryInVainIsRecorded(t *testing.T) {
	for code, reason := range map[domain.Code]domain.Reason{domain.CodeInvalidEvent: domain.Invalid, domain.CodeEventNotHandled: domain.Conflict} {
		d := newDesk(t)
		id := d.keeps()
		d.refuse = &domain.Unprocessable{Code: code, Faults: []domain.FieldFault{{Field: "/title", Reason: "is missing"}}}
		_, err := d.Retry(t.Context(), lara, id)
		if r := refuses(t, err, reason, code); len(r.Faults) != 1 || r.Faults[0].Field != "/title" {
			t.Errorf("the reasons are %v", r.Faults)
		}
		if got := d.facts(domain.DeadLetterStream(oak, id)); len(got) != 2 || got[1] != "deadletter.retried.v1" || d.state(id) != domain.DeadLetterOpen {
			t.Errorf("the letter has %v", got)
		}
	}
}

func TestTroubleOfTheEngineIsNoAttempt(t *testing.T) {
	d := newDesk(t)
	id := d.keeps()
	d.refuse = errors.New("the disk is full")
	if _, err := d.Retry(t.Context(), lara, id); !errors.Is(err, d.refuse) {
		t.Errorf("the retry ends with %v", err)
	}
	if got := d.facts(domain.DeadLetterStream(oak, id)); len(got) != 1 {
		t.Errorf("the letter has %v", got)
	}
}

func TestDiscardedIsNotTriedAgain(t *testing.T) {
	d := newDesk(t)
	id := d.keeps()
	for range 2 {
		if _, err := d.Discard(t.Context(), lara, id); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.Retry(t.Context(), lara, id)
	refuses(t, err, domain.Conflict, domain.CodeDiscarded)
	if got := d.facts(domain.DeadLetterStream(oak, id)); len(got) != 2 {
		t.Errorf("the letter has %v", got)
	}
}

func TestDeadLettersOfOthersAreUnknown(t *testing.T) {
	d := newDesk(t)
	id := d.keeps()
	stranger := domain.User{Subject: "u_x", Firm: "f_elm"}
	_, err := d.Retry(t.Context(), stranger, id)
	refuses(t, err, domain.Unknown, domain.CodeNotFound)
	_, err = d.Discard(t.Context(), stranger, id)
	refuses(t, err, domain.Unknown, domain.CodeNotFound)
}

// TestRetryOfWhatIsKeptInPart asks the bus for the whole.
func TestRetryOfWhatIsKeptInPart(t *testing.T) {
	whole := []byte("the whole of it")
	sum := sha256.Sum256(whole)
	part := func(l *domain.DeadLettered) {
		l.Body, l.Size, l.SHA256, l.Message = whole[:3], len(whole), hex.EncodeToString(sum[:]), "INBOX 7"
	}
	d := newDesk(t)
	id := d.keeps(part)
	for _, lost := range []map[string]syncing.Message{{}, {"INBOX 7": {Subject: "casehug.f_oak.matter.created", Body: []byte("another")}}} {
		d.bus = lost
		_, err := d.Retry(t.Context(), lara, id)
		refuses(t, err, domain.Conflict, domain.CodeEventGone)
	}
	d.bus = map[string]syncing.Message{"INBOX 7": {Subject: "casehug.f_oak.matter.created", Body: whole}}
	var came []byte
	takeIn := d.TakeIn
	d.TakeIn = func(ctx context.Context, m syncing.Message) error { came = m.Body; return takeIn(ctx, m) }
	if _, err := d.Retry(t.Context(), lara, id); err != nil {
		t.Fatal(err)
	}
	if string(came) != string(whole) {
		t.Errorf("%q was taken in", came)
	}
}
