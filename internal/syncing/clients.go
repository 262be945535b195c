package syncing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// clients sees to it that each client of the matter has its contact, those too that
// CaseHug names while it works.
func (t *turn) clients(ctx context.Context) error {
	if err := t.refusedContacts(ctx); err != nil {
		return err
	}
	done := map[domain.ClientID]bool{}
	for {
		all := t.m.Data.Clients()
		i := slices.IndexFunc(all, func(c domain.ClientData) bool { return !done[c.ID] })
		if i < 0 {
			return nil
		}
		err := t.client(ctx, all[i])
		if err != nil && !errors.Is(err, domain.ErrTaken) {
			return err
		}
		done[all[i].ID] = err == nil
	}
}

// refusedContacts ends the sync where Smokeball's word that it failed one of its contacts
// came while nobody waited for it.
func (t *turn) refusedContacts(ctx context.Context) error {
	for _, p := range t.m.Current.Contacts {
		c, err := t.contact(ctx, p.Key)
		if err != nil {
			return err
		}
		n, err := t.heard(ctx, p.Contact)
		if err != nil {
			return err
		}
		if message, failed := n.Refusal(c.Awaits()); failed && c.ID == p.Contact {
			w := &contactWait{turn: t, p: p, request: c.Awaits()}
			return w.refused(ctx, message)
		}
	}
	return nil
}

// client finds, makes or updates the contact of one client and records which it is. Where a
// newer version of the client was told meanwhile that one's turn comes (ErrTaken).
func (t *turn) client(ctx context.Context, told domain.ClientData) error {
	known, _, err := eventstore.Load[domain.Client](ctx, t.Ledger, domain.ClientStream(t.firm, told.ID))
	if err != nil {
		return err
	}
	key, err := t.identify(ctx, known, told)
	if err != nil {
		return err
	}
	w := &contactWork{turn: t, stream: domain.ContactStream(t.firm, key), start: t.Now()}
	release, err := t.Contacts.acquire(ctx, w.stream)
	if err != nil {
		return errHandedBack
	}
	defer release()
	if known, _, err = eventstore.Load[domain.Client](ctx, t.Ledger, domain.ClientStream(t.firm, told.ID)); err != nil {
		return err // what another matter told while this one waited counts too
	}
	w.data = known.Newest(told)
	w.draft = w.data.ContactDraft()
	if err := w.do(ctx); err != nil {
		return err
	}
	if known, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ClientStream(t.firm, told.ID), func(c domain.Client) ([]domain.Event, error) {
		return c.Link(domain.ClientLinked{Matter: t.id, Contact: w.c.ID, Key: key}), nil
	}); err != nil {
		return err
	}
	if known.Newest(told) != w.data {
		return domain.ErrTaken
	}
	if w.outcome == domain.OutcomeUnchanged && slices.Contains(t.m.Current.Resolved, told.ID) {
		return nil // an earlier attempt of this sync told how
	}
	return t.record(ctx, domain.ContactResolved{Sync: t.Sync, Client: told.ID, Contact: w.c.ID, Key: key, Outcome: w.outcome,
		Request: w.request, Pending: !w.c.Settled(), Warning: w.warning, DurationMS: t.since(w.start)})
}

// identify settles under which key the client's contact is kept, before anything is
// asked for under it, and notes a newer version of the client.
func (t *turn) identify(ctx context.Context, known domain.Client, told domain.ClientData) (key domain.ContactKey, err error) {
	switch {
	case known.Key == "":
		if key, err = t.freeKey(ctx, known.Newest(told)); err != nil {
			return "", err
		}
	case len(known.Learn(t.id, told)) == 0:
		return known.Key, nil
	}
	known, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ClientStream(t.firm, told.ID),
		func(c domain.Client) ([]domain.Event, error) {
			return append(c.Learn(t.id, told), c.Identify(t.id, key)...), nil
		})
	return known.Key, err
}

// freeKey is the key of the person or company. Where the contact that is kept under it
// has another e-mail address by now, it is somebody else's, and a key of its own follows.
func (t *turn) freeKey(ctx context.Context, d domain.ClientData) (domain.ContactKey, error) {
	key, err := t.contactKey(d)
	for err == nil {
		var c domain.Contact
		c, _, err = eventstore.Load[domain.Contact](ctx, t.Ledger, domain.ContactStream(t.firm, key))
		if err != nil || !c.Confirmed || d.Email == "" || c.Leave(t.account) != nil {
			break
		}
		var gone bool
		if gone, err = t.movedOn(ctx, key, c.ID, d); err != nil || !gone {
			break
		}
		var next string
		next, err = t.Keys.Name(string(key) + " without " + string(c.ID))
		key = domain.ContactKey(next)
	}
	return key, err
}

// movedOn reports whether the contact has another e-mail address than the client. One
// that Smokeball no longer has is forgotten.
func (t *turn) movedOn(ctx context.Context, key domain.ContactKey, id domain.SmokeballID, d domain.ClientData) (bool, error) {
	c, err := t.Smokeball.Contact(ctx, t.firm, id)
	if isGone(c, err) {
		_, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ContactStream(t.firm, key),
			func(c domain.Contact) ([]domain.Event, error) { return c.Lose(id), nil })
		return false, err
	}
	return err == nil && !strings.EqualFold(strings.TrimSpace(c.Email), strings.TrimSpace(d.Email)) && c.ExternalID != string(d.ID), err
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
	looked  bool // Smokeball was asked whether it still has the contact
}

func (w *contactWork) do(ctx context.Context) error {
	for {
		var err error
		if w.c, _, err = eventstore.Load[domain.Contact](ctx, w.Ledger, w.stream); err != nil {
			return err
		}
		doubtful, err := w.doubtful(ctx)
		switch {
		case err != nil:
		case w.c.Leave(w.account) != nil:
			err = orTaken(w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Leave(w.account), nil }))
		case doubtful:
			err = w.lookWhether(ctx)
		case w.c.ID != "" && !w.c.Confirmed && w.Now().Sub(w.c.Accepted) > w.Waits.Confirm:
			err = w.verify(ctx)
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

// fresh is how long a contact that Smokeball showed counts as there where no webhook would
// tell of its deletion.
const fresh = 15 * time.Minute

// doubtful reports whether the contact may have been deleted: a webhook said so, or nobody
// would have told and it is about to be relied on.
func (w *contactWork) doubtful(ctx context.Context) (bool, error) {
	if w.looked || !w.c.Confirmed || w.c.Leave(w.account) != nil {
		return false, nil
	}
	if !w.hooked && w.Now().Sub(w.c.Seen) > fresh {
		_, changes := w.c.Changes(w.data.ID, w.draft)
		return changes || w.m.Smokeball.ID == "", nil
	}
	n, err := w.heard(ctx, w.c.ID)
	return n.Gone, err
}

// lookWhether reads the contact; one that is gone is looked for anew.
func (w *contactWork) lookWhether(ctx context.Context) error {
	w.looked = true
	c, err := w.Smokeball.Contact(ctx, w.firm, w.c.ID)
	if isGone(c, err) {
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil })
	}
	return orTaken(err)
}

// isGone reports of what was read whether Smokeball no longer has the contact.
func isGone(c domain.SmokeballContact, err error) bool {
	return domain.IsNotThere(err) || (err == nil && c.Deleted)
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

func (w *contactWork) accept(ctx context.Context, e domain.ContactAccepted) error {
	return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Accept(e) })
}

// match records that the client is a contact which Smokeball already has. What CaseHug
// changed since Smokeball was told of one that is lost is written to it.
func (w *contactWork) match(ctx context.Context, id domain.SmokeballID) error {
	w.outcome = domain.OutcomeMatched
	known := w.c.Known(w.data.ID, w.draft)
	matched := domain.ContactMatched{Contact: id, Client: w.data.ID, Known: known, Account: w.account}
	err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Match(matched) })
	if err != nil || known == w.draft {
		return err
	}
	return domain.ErrTaken // go on with what has changed
}

// update writes what CaseHug changed since Smokeball was told; the rest of the
// contact stays as people keep it there.
func (w *contactWork) update(ctx context.Context) error {
	if w.outcome == "" {
		w.outcome = domain.OutcomeUnchanged
	}
	change, any := w.c.Changes(w.data.ID, w.draft)
	if !any {
		return nil
	}
	request := w.turn.request("contact", string(w.data.ID), "update")
	changed, err := w.Smokeball.UpdateContact(ctx, w.firm, w.c.ID, change, request)
	if domain.IsNotThere(err) && w.c.Confirmed {
		if err := w.note(ctx, domain.ContactLost{Contact: w.c.ID}); err != nil {
			return err
		}
		return domain.ErrTaken // look anew
	}
	if err != nil {
		return notYet(err)
	}
	if changed && w.outcome != domain.OutcomeAccepted {
		w.outcome, w.request = domain.OutcomeUpdated, request
	}
	told := domain.ContactChangeAccepted{Client: w.data.ID, Request: request, Sent: w.draft}
	if changed {
		told.Change, told.Was = change, w.c.Written(w.data.ID)
	}
	return w.note(context.WithoutCancel(ctx), told)
}

// verify settles a contact that Smokeball accepted long ago and that nobody has seen
// since: it is there, or it is made anew.
func (w *contactWork) verify(ctx context.Context) error {
	c, err := w.Smokeball.Contact(ctx, w.firm, w.c.ID)
	switch {
	case isGone(c, err):
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Refuse(w.c.ID), nil })
	case err == nil:
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(w.c.ID, domain.ByRead), nil })
	}
	return orTaken(err)
}

// lookAgain settles a creation whose answer was lost: it looks until the contact
// shows up or can no longer. It looks for what was asked for then, which CaseHug may
// have changed since.
func (w *contactWork) lookAgain(ctx context.Context) error {
	asked := w.c.Asked
	until := w.lookUntil()
	for pause := firstLook; ; pause = min(2*pause, longLook) {
		found, err := w.find(ctx, asked.Sent)
		if err != nil && !w.bridged(err, until) {
			return err
		}
		if found != "" {
			w.outcome, w.request = domain.OutcomeAccepted, asked.Request
			return orTaken(w.accept(ctx, domain.ContactAccepted{Contact: found, Client: asked.Client, Request: asked.Request, Sent: asked.Sent, Account: w.account}))
		}
		if err == nil && !w.Now().Before(until) {
			break
		}
		if err := w.pause(ctx, w.nextLook(pause, until)); err != nil {
			return err
		}
		c, _, err := eventstore.Load[domain.Contact](ctx, w.Ledger, w.stream)
		if err != nil || c.Intent == nil || *c.Intent != *w.c.Intent {
			return orTaken(err)
		}
	}
	if err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Undo(asked.Request), nil }); err != nil {
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
	found, err := w.findAny(ctx)
	if err != nil {
		return err
	}
	if found != "" {
		return w.match(ctx, found)
	}
	w.request = w.turn.request("contact", string(w.data.ID), "create")
	id, err := w.Smokeball.CreateContact(ctx, w.firm, w.draft, w.request, func(ctx context.Context) error {
		return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
			return c.Start(w.data.ID, w.request, w.account, w.draft)
		})
	})
	if err != nil {
		if ce := domain.AsCallError(err); ce != nil && !ce.Unsettled {
			return errors.Join(err, w.append(context.WithoutCancel(ctx), func(c domain.Contact) ([]domain.Event, error) { return c.Undo(w.request), nil }))
		}
		return err
	}
	w.outcome = domain.OutcomeAccepted
	return w.accept(context.WithoutCancel(ctx), domain.ContactAccepted{Contact: id, Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.account})
}

// findAny finds the contact that the person or company was in this account before the firm
// left it, else one that fits.
func (w *contactWork) findAny(ctx context.Context) (domain.SmokeballID, error) {
	id := w.c.Former[w.account]
	if id == "" {
		return w.find(ctx, w.draft)
	}
	c, err := w.Smokeball.Contact(ctx, w.firm, id)
	if ce := domain.AsCallError(err); isGone(c, err) || (ce != nil && ce.Class == domain.NotPermitted) {
		return w.find(ctx, w.draft)
	}
	return id, err
}

// find looks for the person or company in Smokeball: by e-mail, else by name and
// phone. Of several it takes one of the same name, else the oldest, and warns.
func (w *contactWork) find(ctx context.Context, d domain.ContactDraft) (domain.SmokeballID, error) {
	list, err := w.Smokeball.FindContacts(ctx, w.firm, queryFor(d))
	if d.Email == "" {
		list = slices.DeleteFunc(list, func(c domain.SmokeballContact) bool { return !fits(d, c) })
	}
	if err != nil || len(list) == 0 {
		return "", err
	}
	chosen := list[0]
	if i := slices.IndexFunc(list, func(c domain.SmokeballContact) bool { return sameName(d, c) }); i >= 0 {
		chosen = list[i]
	}
	switch {
	case len(list) > 1:
		w.warning = &domain.Warning{Code: "contact_ambiguous",
			Message: fmt.Sprintf("Smokeball has %d contacts that fit client %s; %s was taken", len(list), w.data.ID, chosen.ID)}
	case d.Email != "" && !sameName(d, chosen):
		w.warning = &domain.Warning{Code: "contact_name_differs",
			Message: fmt.Sprintf("Smokeball's contact %s has the e-mail address of client %s and another name; it was taken", chosen.ID, w.data.ID)}
	case d.Email == "":
		w.warning = &domain.Warning{Code: "contact_without_email",
			Message: fmt.Sprintf("Client %s has no e-mail; the contact was found by name and phone", w.data.ID)}
	}
	return chosen.ID, nil
}

func queryFor(d domain.ContactDraft) domain.ContactQuery {
	if d.Email != "" {
		return domain.ContactQuery{Email: strings.TrimSpace(d.Email)}
	}
	return domain.ContactQuery{Name: cmp.Or(d.CompanyName, strings.TrimSpace(d.FirstName+" "+d.LastName))}
}

// fits reports whether a contact is a client without e-mail: the one that CaseHug
// made for it, or one of the same name and phone.
func fits(d domain.ContactDraft, c domain.SmokeballContact) bool {
	return (d.ExternalID == c.ExternalID && c.ExternalID != "") ||
		(sameName(d, c) && d.Phone != "" && domain.SamePhone(d.Phone, c.Phone))
}

func sameName(d domain.ContactDraft, c domain.SmokeballContact) bool {
	return strings.EqualFold(c.FirstName, d.FirstName) && strings.EqualFold(c.LastName, d.LastName) &&
		strings.EqualFold(c.CompanyName, d.CompanyName)
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
