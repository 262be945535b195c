package syncing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// clients sees to it that each client of the matter has its contact.
func (t *turn) clients(ctx context.Context) error {
	for _, c := range t.m.Data.Clients() {
		if err := t.client(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// client finds, makes or updates the contact of one client and records which it is.
func (t *turn) client(ctx context.Context, told domain.ClientData) error {
	known, _, err := eventstore.Load[domain.Client](ctx, t.Ledger, domain.ClientStream(t.firm, told.ID))
	if err != nil {
		return err
	}
	data := known.Newest(told)
	key := known.Key
	if key == "" {
		if key, err = t.contactKey(data); err != nil {
			return err
		}
	}
	w := &contactWork{turn: t, data: data, draft: data.ContactDraft(), stream: domain.ContactStream(t.firm, key), start: t.Now()}
	release, err := t.Contacts.acquire(ctx, w.stream)
	if err != nil {
		return errHandedBack
	}
	defer release()
	if err := w.do(ctx); err != nil {
		return err
	}
	if _, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ClientStream(t.firm, told.ID), func(c domain.Client) ([]domain.Event, error) {
		return c.Link(domain.ClientLinked{Matter: t.id, Contact: w.c.ID, Key: key}), nil
	}); err != nil {
		return err
	}
	if w.outcome == domain.OutcomeUnchanged && slices.Contains(t.m.Current.Resolved, told.ID) {
		return nil // an earlier attempt of this sync told how
	}
	return t.record(ctx, domain.ContactResolved{Sync: t.Sync, Client: told.ID, Contact: w.c.ID, Key: key, Outcome: w.outcome,
		Request: w.request, Pending: !w.c.Confirmed, Warning: w.warning, DurationMS: t.since(w.start)})
}

// contactKey identifies the person or company: by e-mail, else by the client's id.
func (t *turn) contactKey(d domain.ClientData) (domain.ContactKey, error) {
	who := "client " + string(d.ID)
	if email := strings.ToLower(strings.TrimSpace(d.Email)); email != "" {
		who = "e-mail " + email
	}
	name, err := t.Keys.Name(string(t.firm) + "\n" + who)
	return domain.ContactKey(name), err
}

// contactWork finds or makes one contact. While it works nobody else here does.
type contactWork struct {
	*turn
	data    domain.ClientData
	draft   domain.ContactDraft
	stream  domain.Stream
	start   time.Time
	c       domain.Contact
	outcome domain.Outcome
	request domain.RequestID
	warning *domain.Warning
}

func (w *contactWork) do(ctx context.Context) error {
	for {
		var err error
		if w.c, _, err = eventstore.Load[domain.Contact](ctx, w.Ledger, w.stream); err != nil {
			return err
		}
		switch {
		case w.c.ID != "" && w.c.Met(w.data.ID):
			err = w.update(ctx)
		case w.c.ID != "":
			err = w.match(ctx, w.c.ID)
		case w.c.Intent != nil:
			err = w.lookAgain(ctx)
		default:
			err = w.lookThenCreate(ctx)
		}
		if !errors.Is(err, domain.ErrTaken) {
			return err
		}
	}
}

func (w *contactWork) append(ctx context.Context, decide func(domain.Contact) ([]domain.Event, error)) error {
	c, _, err := eventstore.Execute(ctx, w.Ledger, w.Now, w.stream, decide)
	if err == nil {
		w.c = c
	}
	return err
}

func (w *contactWork) note(ctx context.Context, e domain.Event) error {
	return w.append(ctx, func(domain.Contact) ([]domain.Event, error) { return []domain.Event{e}, nil })
}

// match records that the client is a contact which Smokeball already has.
func (w *contactWork) match(ctx context.Context, id domain.SmokeballID) error {
	w.outcome = domain.OutcomeMatched
	return w.note(ctx, domain.ContactMatched{Contact: id, Client: w.data.ID, Known: w.draft})
}

// update writes what CaseHug changed since Smokeball was told; the rest of the
// contact stays as people keep it there.
func (w *contactWork) update(ctx context.Context) error {
	w.outcome = domain.OutcomeUnchanged
	change, any := w.c.Changes(w.data.ID, w.draft)
	if !any {
		return nil
	}
	w.request = w.turn.request("contact", string(w.data.ID), "update")
	changed, err := w.Smokeball.UpdateContact(ctx, w.firm, w.c.ID, change, w.request)
	if domain.IsNotThere(err) && w.c.Confirmed {
		if err := w.note(ctx, domain.ContactLost{Contact: w.c.ID}); err != nil {
			return err
		}
		return domain.ErrTaken // look anew
	}
	if err != nil {
		return notYet(err)
	}
	if changed {
		w.outcome = domain.OutcomeUpdated
	}
	return w.note(ctx, domain.ContactChangeAccepted{Client: w.data.ID, Request: w.request, Sent: w.draft})
}

// lookAgain settles a creation whose answer was lost: it looks until the contact
// shows up or can no longer.
func (w *contactWork) lookAgain(ctx context.Context) error {
	until := w.c.Intent.At.Add(w.Waits.Visible)
	for pause := firstLook; ; pause = min(2*pause, longLook) {
		found, err := w.find(ctx)
		if err != nil {
			return err
		}
		if found != "" {
			w.outcome, w.request = domain.OutcomeAccepted, w.c.Intent.Request
			return w.note(ctx, domain.ContactAccepted{Contact: found, Client: w.data.ID, Request: w.request, Sent: w.draft})
		}
		if !w.Now().Before(until) {
			break
		}
		if err := w.pause(ctx, min(pause, until.Sub(w.Now())+time.Millisecond)); err != nil {
			return err
		}
		c, _, err := eventstore.Load[domain.Contact](ctx, w.Ledger, w.stream)
		if err != nil || c.Intent == nil || *c.Intent != *w.c.Intent {
			return orTaken(err)
		}
	}
	if err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.GiveUp(*w.c.Intent), nil }); err != nil {
		return err
	}
	return domain.ErrTaken // begin anew
}

func orTaken(err error) error {
	if err == nil {
		return domain.ErrTaken
	}
	return err
}

const (
	firstLook = 500 * time.Millisecond
	longLook  = 8 * time.Second
)

func (w *contactWork) lookThenCreate(ctx context.Context) error {
	found, err := w.find(ctx)
	if err != nil {
		return err
	}
	if found != "" {
		return w.match(ctx, found)
	}
	w.request = w.turn.request("contact", string(w.data.ID), w.Now().Format(time.RFC3339Nano))
	if err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Start(w.data.ID, w.request) }); err != nil {
		return err
	}
	id, err := w.Smokeball.CreateContact(ctx, w.firm, w.draft, w.request)
	if err != nil {
		if ce := domain.AsCallError(err); ce != nil && !ce.Unsettled {
			return errors.Join(err, w.note(context.WithoutCancel(ctx), domain.ContactCreationRefused{Request: w.request}))
		}
		return err
	}
	w.outcome = domain.OutcomeAccepted
	return w.note(context.WithoutCancel(ctx), domain.ContactAccepted{Contact: id, Client: w.data.ID, Request: w.request, Sent: w.draft})
}

// find looks for the person or company in Smokeball: by e-mail, else by name and
// phone. Of several it takes one of the same name, else the oldest, and warns.
func (w *contactWork) find(ctx context.Context) (domain.SmokeballID, error) {
	list, err := w.Smokeball.FindContacts(ctx, w.firm, w.query())
	if w.data.Email == "" {
		list = slices.DeleteFunc(list, func(c domain.SmokeballContact) bool { return !w.fits(c) })
	}
	if err != nil || len(list) == 0 {
		return "", err
	}
	chosen := list[0]
	if i := slices.IndexFunc(list, w.sameName); i >= 0 {
		chosen = list[i]
	}
	switch {
	case len(list) > 1:
		w.warning = &domain.Warning{Code: "contact_ambiguous",
			Message: fmt.Sprintf("Smokeball has %d contacts that fit client %s; %s was taken", len(list), w.data.ID, chosen.ID)}
	case w.data.Email == "":
		w.warning = &domain.Warning{Code: "contact_without_email",
			Message: fmt.Sprintf("Client %s has no e-mail; the contact was found by name and phone", w.data.ID)}
	}
	return chosen.ID, nil
}

func (w *contactWork) query() domain.ContactQuery {
	if w.data.Email != "" {
		return domain.ContactQuery{Email: strings.TrimSpace(w.data.Email)}
	}
	return domain.ContactQuery{Name: w.data.Name()}
}

// fits reports whether a contact is a client without e-mail: the one that CaseHug
// made for it, or one of the same name and phone.
func (w *contactWork) fits(c domain.SmokeballContact) bool {
	return (w.draft.ExternalID == c.ExternalID && c.ExternalID != "") ||
		(w.sameName(c) && w.draft.Phone != "" && digits(w.draft.Phone) == digits(c.Phone))
}

func (w *contactWork) sameName(c domain.SmokeballContact) bool {
	return strings.EqualFold(c.FirstName, w.draft.FirstName) && strings.EqualFold(c.LastName, w.draft.LastName) &&
		strings.EqualFold(c.CompanyName, w.draft.CompanyName)
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// notYet makes a 404 of something that was accepted and not seen yet a passing fault.
func notYet(err error) error {
	if ce := domain.AsCallError(err); ce != nil && ce.Class == domain.NotThere {
		again := *ce
		again.Class = domain.Retryable
		return &again
	}
	return err
}

// loseContact records that Smokeball no longer has a client's contact.
func (t *turn) loseContact(ctx context.Context, told domain.ClientData, id domain.SmokeballID) error {
	known, _, err := eventstore.Load[domain.Client](ctx, t.Ledger, domain.ClientStream(t.firm, told.ID))
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ContactStream(t.firm, known.Key),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(id), nil })
	return err
}
