package syncing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// DeadLetters keeps messages that could not be processed, and retries or discards them on
// request.
type DeadLetters struct {
	Ledger eventstore.Store
	Now    func() time.Time
	// TakeIn takes a message in as it would be if it came now. *domain.Unprocessable says that it
	// can't be for a reason of its own. It is called again with the same message.
	TakeIn func(ctx context.Context, m Message) error
	// Fetch is the subject and the body of a message by the name that it was kept with, or
	// ErrGone.
	Fetch func(ctx context.Context, name string) (Message, error)
}

// Message is a message from the bus.
type Message struct {
	Subject string
	Header  domain.Header
	Body    []byte
	Vouched bool // see [domain.CaseHugEvent]
}

// ErrGone says that the bus does not keep the message any more.
var ErrGone = errors.New("the message is gone")

// Keep records an event of the firm that could not be taken in, once. It returns its id.
func (l DeadLetters) Keep(ctx context.Context, f domain.FirmID, d domain.DeadLettered) (string, error) {
	id := d.ID()
	_, _, err := eventstore.Execute(ctx, l.Ledger, l.Now, domain.DeadLetterStream(f, id),
		func(was domain.DeadLetter) ([]domain.Event, error) { return was.Record(d), nil })
	return id, err
}

// Retry takes one of by.Firm's dead letters in again and returns the ledger position that
// includes what became of it. The Rejection of one that still can't be taken in has the
// reasons as they are now; the attempt is recorded. Retrying again, at the same time as
// somebody else, or after a crash, takes the event in once: taking in can be repeated, and
// the letter is settled after it.
func (l DeadLetters) Retry(ctx context.Context, by domain.User, id string) (position uint64, err error) {
	stream := domain.DeadLetterStream(by.Firm, id)
	deadLetter, head, err := eventstore.Load[domain.DeadLetter](ctx, l.Ledger, stream)
	if err != nil {
		return 0, err
	}
	if again, err := deadLetter.Retry(); err != nil || !again {
		return uint64(head.Seq), err
	}
	m, err := l.message(ctx, deadLetter.DeadLetter)
	if err == nil {
		err = l.TakeIn(ctx, m)
	}
	var unprocessable *domain.Unprocessable
	switch {
	case errors.As(err, &unprocessable):
		return l.stillUnprocessable(ctx, by, stream, unprocessable)
	case err != nil:
		return 0, fmt.Errorf("take dead letter %s in: %w", id, err)
	}
	_, head, err = eventstore.Execute(ctx, l.Ledger, l.Now, stream,
		func(d domain.DeadLetter) ([]domain.Event, error) { return d.TakenIn(by), nil })
	return uint64(head.Seq), err
}

// Discard records that one of by.Firm's dead letters is not needed.
func (l DeadLetters) Discard(ctx context.Context, by domain.User, id string) (position uint64, err error) {
	_, head, err := eventstore.Execute(ctx, l.Ledger, l.Now, domain.DeadLetterStream(by.Firm, id),
		func(d domain.DeadLetter) ([]domain.Event, error) { return d.Discard(by) })
	return uint64(head.Seq), err
}

// message returns the whole message.
func (l DeadLetters) message(ctx context.Context, d domain.DeadLettered) (Message, error) {
	m := Message{Subject: d.Subject, Header: d.Header, Body: d.Body, Vouched: d.Vouched}
	if d.Whole() {
		return m, nil
	}
	kept, err := l.Fetch(ctx, d.Message)
	if err != nil && !errors.Is(err, ErrGone) {
		return m, err
	}
	sum := sha256.Sum256(kept.Body)
	if err != nil || kept.Subject != d.Subject || hex.EncodeToString(sum[:]) != d.SHA256 {
		return m, &domain.Unprocessable{Code: domain.CodeEventGone, Err: err, Faults: []domain.FieldFault{
			{Reason: fmt.Sprintf("has %d bytes, of which the first %d are kept here, and the bus does not keep the whole any more", d.Size, len(d.Body))}}}
	}
	m.Body = kept.Body
	return m, nil
}

// stillUnprocessable records a failed retry and returns its reasons.
func (l DeadLetters) stillUnprocessable(ctx context.Context, by domain.User, stream domain.Stream, u *domain.Unprocessable) (uint64, error) {
	tried := domain.DeadLetterRetried{By: by.Subject, ByName: by.Name, Code: u.Code, Faults: u.Faults}
	now, head, err := eventstore.Execute(ctx, l.Ledger, l.Now, stream,
		func(d domain.DeadLetter) ([]domain.Event, error) { return d.StillUnprocessable(tried), nil })
	if err != nil {
		return 0, err
	}
	if now.State == domain.DeadLetterTakenIn {
		return uint64(head.Seq), nil // somebody else's retry did it meanwhile
	}
	reason, message := domain.Conflict, "The event is still not accepted"
	if u.Code == domain.CodeInvalidEvent {
		reason, message = domain.Invalid, "The event is still not valid"
	}
	return uint64(head.Seq), &domain.Rejection{Reason: reason, Faults: u.Faults,
		Failure: domain.Failure{Code: u.Code, Message: message, Remedy: domain.UnprocessableRemedy(u.Code)}}
}
