package syncing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// clients sees to it that each client of the matter has its contact, those too that
// CaseHug names while it works.
func (t *attempt) clients(ctx context.Context) error {
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

// refusedContacts settles Smokeball's word that it failed one of the sync's contacts, which
// came while no sync waited for it: reads bear it out, which ends the sync, or show the contact.
func (t *attempt) refusedContacts(ctx context.Context) error {
	for _, p := range t.m.Current.Contacts {
		c, refused, err := t.refusal(ctx, p.Key)
		switch {
		case err != nil:
			return err
		case !refused || c.ID != p.Contact:
		case c.Confirmed && t.Now().Before(p.Since.Add(t.Waits.Visible)): // the change may still show up; the contact is there
		default:
			if err := t.confirmContact(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// refusal is the contact under the key, and whether Smokeball said that it failed the call
// whose effect is awaited.
func (t *attempt) refusal(ctx context.Context, key domain.ContactKey) (domain.Contact, bool, error) {
	c, err := t.contact(ctx, key)
	if err != nil || c.Awaits() == "" {
		return c, false, err
	}
	n, err := t.webhooksAbout(ctx, c.ID)
	_, refused := n.Refusal(c.Awaits())
	return c, refused, err
}

// clientsStand fails where the ledger says that a contact of the draft is not in Smokeball: it
// never appeared or was deleted, as another matter's sync found out, or Smokeball said that it
// failed it. The next attempt settles which. No matter is written with such a contact.
func (t *attempt) clientsStand(ctx context.Context) error {
	for _, d := range t.m.Data.Clients() {
		id := t.m.Contacts[d.ID]
		if id == "" {
			continue // CaseHug named the client meanwhile
		}
		known, err := t.knownClient(ctx, d.ID)
		if err != nil {
			return err
		}
		c, refused, err := t.refusal(ctx, known.Key)
		switch {
		case err != nil:
			return err
		case c.ID != id, refused && !c.Confirmed:
			return contactGone(id)
		}
	}
	return nil
}

// client finds, makes or updates the contact of one client and records which it is. Where a
// newer version of the client was told meanwhile that one's turn comes (ErrTaken).
func (t *attempt) client(ctx context.Context, told domain.ClientData) error {
	w, err := t.contactWork(ctx, told)
	if err != nil {
		return err
	}
	return w.settle(ctx)
}

// contactWork is the work on the contact of the client, as it is known by now.
func (t *attempt) contactWork(ctx context.Context, told domain.ClientData) (*contactWork, error) {
	known, err := t.knownClient(ctx, told.ID)
	if err != nil {
		return nil, err
	}
	key, err := t.identify(ctx, known, told)
	return &contactWork{attempt: t, told: told, data: known.Newest(told), key: key, stream: domain.ContactStream(t.firm, key), start: t.Now()}, err
}

func (t *attempt) knownClient(ctx context.Context, id domain.ClientID) (domain.Client, error) {
	c, _, err := eventstore.Load[domain.Client](ctx, t.Ledger, domain.ClientStream(t.firm, id))
	return c, err
}

// settle does the work while no other worker of this engine works on the contact.
func (w *contactWork) settle(ctx context.Context) error {
	release, err := w.Contacts.Lock(ctx, w.stream)
	if err != nil {
		return errStopping
	}
	defer release()
	if w.known, err = w.knownClient(ctx, w.told.ID); err != nil {
		return err
	}
	if w.known.Key != w.key || w.known.Newest(w.told) != w.data {
		return domain.ErrTaken
	}
	w.draft = w.data.ContactDraft()
	if w.known.Contact == "" && w.draft.Email != "" {
		if err := w.enter(ctx, addressText(w.draft.Email), w.data.ID, w.key); err != nil {
			return err
		}
	}
	if err := w.do(ctx); err != nil {
		return err
	}
	return w.resolved(ctx)
}

// resolved records which contact the client is: for the matter, with what a person should look
// at, then for the client, after which that is no longer told.
func (w *contactWork) resolved(ctx context.Context) error {
	var facts []domain.Event
	told := slices.Contains(w.m.Current.Resolved, w.data.ID) && w.m.Contacts[w.data.ID] == w.c.ID // by an earlier attempt of this sync
	if w.outcome != domain.OutcomeUnchanged || !told {
		facts = append(facts, domain.ContactResolved{Sync: w.Sync, Client: w.data.ID, Contact: w.c.ID, Key: w.key, Outcome: w.outcome,
			Request: w.request, Pending: !w.c.Settled(), DurationMS: w.since(w.start)})
	}
	for _, warning := range append(w.doubts(), w.warnings...) {
		if !slices.Contains(w.m.Current.Warnings, warning) {
			facts = append(facts, domain.SyncWarned{Sync: w.Sync, Warning: warning})
		}
	}
	if len(facts) > 0 {
		if err := w.record(ctx, facts...); err != nil {
			return err
		}
	}
	now, _, err := eventstore.Execute(ctx, w.Ledger, w.Now, domain.ClientStream(w.firm, w.data.ID), func(c domain.Client) ([]domain.Event, error) {
		return c.Link(domain.ClientLinked{Matter: w.id, Contact: w.c.ID, Key: w.key}), nil
	})
	if err == nil && now.Newest(w.told) != w.data {
		return domain.ErrTaken
	}
	return err
}

// contactWork finds or makes one contact. While it works nobody else here does.
type contactWork struct {
	*attempt
	told     domain.ClientData // by the matter
	data     domain.ClientData // the newest that is known
	known    domain.Client
	draft    domain.ContactDraft
	key      domain.ContactKey
	stream   domain.Stream
	start    time.Time
	c        domain.Contact
	outcome  domain.Outcome
	request  domain.RequestID
	warnings []domain.Warning
	looked   bool // Smokeball was asked whether it still has the contact
}

func (w *contactWork) do(ctx context.Context) error {
	for {
		var err error
		if w.c, _, err = eventstore.Load[domain.Contact](ctx, w.Ledger, w.stream); err != nil {
			return err
		}
		w.keepEmail()
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
			err = w.share(ctx)
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
	if !w.webhooksActive && w.Now().Sub(w.c.Seen) > fresh {
		_, changes := w.c.Changes(w.data.ID, w.draft)
		return changes || w.m.Smokeball.ID == "", nil
	}
	n, err := w.webhooksAbout(ctx, w.c.ID)
	return n.Gone, err
}

// lookWhether reads the contact; one that is gone is looked for again.
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

// keepEmail keeps the address that was sent to Smokeball if CaseHug's is no longer an address.
func (w *contactWork) keepEmail() {
	if domain.Text(w.data.Email) != "" && !domain.ValidEmail(w.data.Email) {
		w.draft.Email = w.c.Written(w.data.ID).Email
	}
}

// accept records that Smokeball took the contact in, and what came up since it was asked for.
func (w *contactWork) accept(ctx context.Context, e domain.ContactAccepted) (err error) {
	if e.Doubt, err = w.crossed(ctx, e.Sent.Email); err != nil {
		return err
	}
	return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Accept(e) })
}

// match records that the client is a contact which Smokeball already has. What CaseHug
// changed since Smokeball was told of one that is lost is written to it.
func (w *contactWork) match(ctx context.Context, v domain.Verdict, shown domain.SmokeballContact) error {
	if err := w.enter(ctx, contactText(v.Contact), w.data.ID, w.key); err != nil {
		return err
	}
	w.outcome = domain.OutcomeMatched
	known := w.c.Known(w.data.ID, w.draft)
	fact := domain.ContactMatched{Contact: v.Contact, Client: w.data.ID, Known: known, Account: w.account, Owner: v.Owner, Doubt: v.Doubt}
	if known == w.draft {
		fact.Differs = w.differing(v, shown)
	}
	err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Match(fact) })
	if err != nil || known == w.draft {
		return err
	}
	return domain.ErrTaken // go on with what has changed
}

// differing are the values that the contact has otherwise than CaseHug, a name only where
// nothing else that is said of the verdict tells it.
func (w *contactWork) differing(v domain.Verdict, shown domain.SmokeballContact) []string {
	fields := shown.Differing(w.draft)
	if shown.ID != "" && v.Doubt.Code == "" && !shown.Name().Same(w.data.Called()) {
		fields = append([]string{"name"}, fields...)
	}
	return fields
}

// share records that the client is the same person or company as the client whose contact it is.
func (w *contactWork) share(ctx context.Context) error {
	theirs := w.c.Written(w.c.Owner)
	return w.match(ctx, domain.Verdict{Contact: w.c.ID, Owner: w.c.Owner}, domain.SmokeballContact{Email: theirs.Email, Phone: theirs.Phone})
}

// update writes what CaseHug changed since Smokeball was told; the rest of the
// contact stays as people keep it there.
func (w *contactWork) update(ctx context.Context) error {
	if w.outcome == "" {
		w.outcome = domain.OutcomeUnchanged
	}
	change, any := w.c.Changes(w.data.ID, w.draft)
	switch {
	case !any:
		return nil
	case w.c.Owner != w.data.ID:
		w.warnings = append(w.warnings, notWritten(w.data.ID, w.c, change.Fields()))
		return nil
	case change.Email != "":
		if err := w.enter(ctx, addressText(change.Email), w.data.ID, w.key); err != nil {
			return err
		}
	}
	request := w.attempt.request("contact", string(w.data.ID), "update")
	written, kept, err := w.Smokeball.UpdateContact(ctx, w.firm, w.c.ID, w.c.Written(w.data.ID), change, request)
	if domain.IsNotThere(err) && w.c.Confirmed {
		if err := w.note(ctx, domain.ContactLost{Contact: w.c.ID}); err != nil {
			return err
		}
		return domain.ErrTaken // look again
	}
	if err != nil {
		return notYet(err)
	}
	told := domain.ContactChangeAccepted{Client: w.data.ID, Request: request, Sent: w.draft, Change: written}
	if written != (domain.ContactChange{}) {
		told.Was = w.c.Written(w.data.ID)
		if w.outcome != domain.OutcomeAccepted {
			w.outcome, w.request = domain.OutcomeUpdated, request
		}
	}
	if len(kept) > 0 {
		w.warnings = append(w.warnings, valuesKept(w.data.ID, w.c.ID, kept))
	}
	return w.note(context.WithoutCancel(ctx), told)
}

// verify settles a contact that Smokeball accepted long ago and that nobody has seen
// since: it is there, or it is made again.
func (w *contactWork) verify(ctx context.Context) error {
	c, err := w.Smokeball.Contact(ctx, w.firm, w.c.ID)
	switch {
	case domain.IsNotThere(err):
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Miss(w.c.ID), nil })
	case err == nil && c.Deleted:
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil })
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
	for pause := looks.First; ; pause = looks.Next(pause) {
		found, err := w.findOwn(ctx, asked.Sent)
		if err != nil && !w.passesBy(err, until) {
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
	if err := w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
		return c.Abandon(asked.Request, domain.AbandonedNotSeen), nil
	}); err != nil {
		return err
	}
	return domain.ErrTaken // starts over
}

func orTaken(err error) error {
	if err == nil {
		return domain.ErrTaken
	}
	return err
}

// looks is how often something is looked for whose creation is in doubt.
var looks = retry.Backoff{First: 500 * time.Millisecond, Limit: 8 * time.Second}

func (w *contactWork) lookThenCreate(ctx context.Context) error {
	verdict, shown, err := w.findAny(ctx)
	if err != nil {
		return err
	}
	if verdict.Contact != "" {
		return w.match(ctx, verdict, shown)
	}
	w.request = w.attempt.request("contact", string(w.data.ID), "create")
	id, err := w.Smokeball.CreateContact(ctx, w.firm, w.draft, w.request, func(ctx context.Context) error {
		return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
			return c.Start(domain.ContactCreationStarted{Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.account, Doubt: verdict.Doubt})
		})
	})
	if err != nil {
		if ce := domain.AsCallError(err); ce != nil && !ce.Unsettled {
			return errors.Join(err, w.undo(context.WithoutCancel(ctx), ce))
		}
		return err
	}
	w.outcome = domain.OutcomeAccepted
	return w.accept(context.WithoutCancel(ctx), domain.ContactAccepted{Contact: id, Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.account})
}

// undo settles the intent of a call that failed and certainly created nothing.
func (w *contactWork) undo(ctx context.Context, failed *domain.CallError) error {
	return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
		if answered(failed) {
			return c.Undo(w.request), nil
		}
		return c.Abandon(w.request, domain.AbandonedNotSent), nil
	})
}

// findAny finds the contact that the person or company was in this account before the firm
// left it, else one that is the client's.
func (w *contactWork) findAny(ctx context.Context) (domain.Verdict, domain.SmokeballContact, error) {
	id := w.c.Former[w.account]
	if id == "" {
		return w.whoIs(ctx)
	}
	c, err := w.Smokeball.Contact(ctx, w.firm, id)
	if ce := domain.AsCallError(err); isGone(c, err) || (ce != nil && ce.Class == domain.NotPermitted) {
		return w.whoIs(ctx)
	}
	return domain.Verdict{Contact: id}, c, err
}

// findOwn finds the contact that was asked for, which carries the client's id.
func (w *contactWork) findOwn(ctx context.Context, asked domain.ContactDraft) (domain.SmokeballID, error) {
	list, err := w.Smokeball.FindContacts(ctx, w.firm, queryFor(asked))
	for _, c := range list {
		if c.ExternalID == asked.ExternalID && c.Name().IsCompany() == asked.Name().IsCompany() {
			return c.ID, nil
		}
	}
	return "", err
}

// queryFor looks by e-mail address, else by name, which shows the client's own contact and
// those that may be taken for it.
func queryFor(d domain.ContactDraft) domain.ContactQuery {
	if d.Email != "" {
		return domain.ContactQuery{Email: d.Email}
	}
	return domain.ContactQuery{Name: d.Name().String()}
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
func (t *attempt) loseContact(ctx context.Context, told domain.ClientData, id domain.SmokeballID) error {
	known, err := t.knownClient(ctx, told.ID)
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.ContactStream(t.firm, known.Key),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(id), nil })
	return err
}
