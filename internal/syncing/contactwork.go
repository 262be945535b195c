package syncing

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// contactWork finds or makes one contact. While it works nobody else here does.
type contactWork struct {
	attempt   *attempt
	grant     *grant
	people    *people
	smokeball Contacts
	locks     *keyed.Mutex[domain.Stream]

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

// settle does the work while no other worker of this engine works on the contact.
func (w *contactWork) settle(ctx context.Context) result {
	release, err := w.locks.Lock(ctx, w.stream)
	if err != nil {
		return fails(errStopping)
	}
	defer release()
	if w.known, err = w.people.client(ctx, w.told.ID); err != nil {
		return fails(err)
	}
	if w.known.Key != w.key || w.known.Newest(w.told) != w.data {
		return again
	}
	w.draft = w.data.ContactDraft()
	if w.known.Contact == "" && w.draft.Email != "" {
		if err := w.people.enter(ctx, addressText(w.draft.Email), w.data.ID, w.key); err != nil {
			return fails(err)
		}
	}
	if r := repeat(func() result { return w.do(ctx) }); r.ends() {
		return r
	}
	return w.resolved(ctx)
}

// resolved records which contact the client is: for the matter, with what a person should look
// at, then for the client, after which that is no longer told.
func (w *contactWork) resolved(ctx context.Context) result {
	var facts []domain.Event
	told := slices.Contains(w.attempt.m.Current.Resolved, w.data.ID) && w.attempt.m.Contacts[w.data.ID] == w.c.ID // by an earlier attempt of this sync
	if w.outcome != domain.OutcomeUnchanged || !told {
		facts = append(facts, domain.ContactResolved{Sync: w.attempt.current.Sync, Client: w.data.ID, Contact: w.c.ID, Key: w.key, Outcome: w.outcome,
			Request: w.request, Pending: !w.c.Settled(), DurationMS: w.attempt.since(w.start)})
	}
	for _, warning := range append(w.doubts(), w.warnings...) {
		if !domain.WarnedOf(w.attempt.m.Current.Warnings, warning) {
			facts = append(facts, domain.SyncWarned{Sync: w.attempt.current.Sync, Warning: warning})
		}
	}
	if len(facts) > 0 {
		if err := w.attempt.record(ctx, facts...); err != nil {
			return fails(err)
		}
	}
	now, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, domain.ClientStream(w.attempt.firm, w.data.ID), func(c domain.Client) ([]domain.Event, error) {
		return c.Link(domain.ClientLinked{Matter: w.attempt.id, Contact: w.c.ID, Key: w.key}), nil
	})
	if err == nil && now.Newest(w.told) != w.data {
		return again
	}
	return fails(err)
}

// do looks at the facts and does what is missing next.
func (w *contactWork) do(ctx context.Context) (r result) {
	var err error
	if w.c, _, err = eventstore.Load[domain.Contact](ctx, w.attempt.ledger, w.stream); err != nil {
		return fails(err)
	}
	w.keepEmail()
	doubtful, err := w.doubtful(ctx)
	switch {
	case err != nil:
		return fails(err)
	case w.c.Leave(w.grant.account) != nil:
		return w.decide(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Leave(w.grant.account), nil }).or(again)
	case doubtful:
		return w.lookWhether(ctx)
	case w.c.ID != "" && !w.c.Confirmed && w.attempt.now().Sub(w.c.Accepted) > w.attempt.waits.Confirm:
		return w.verify(ctx)
	case w.c.ID != "" && w.c.Met(w.data.ID):
		return w.update(ctx)
	case w.c.ID != "":
		return w.share(ctx)
	case w.c.Intent != nil:
		return w.lookAgain(ctx)
	}
	return w.lookThenCreate(ctx)
}

// fresh is how long a contact that Smokeball showed counts as there if no webhook would
// report its deletion.
const fresh = 15 * time.Minute

// doubtful reports whether the contact may have been deleted: a webhook said so, or no webhook
// would have and the sync is about to rely on the contact.
func (w *contactWork) doubtful(ctx context.Context) (bool, error) {
	if w.looked || !w.c.Confirmed || w.c.Leave(w.grant.account) != nil {
		return false, nil
	}
	if !w.grant.webhooks && w.attempt.now().Sub(w.c.Seen) > fresh {
		_, changes := w.c.Changes(w.data.ID, w.draft)
		return changes || w.attempt.m.Smokeball.ID == "", nil
	}
	n, err := w.attempt.webhooksAbout(ctx, w.c.ID)
	return n.Gone, err
}

// lookWhether reads the contact; one that is gone is looked for again.
func (w *contactWork) lookWhether(ctx context.Context) result {
	w.looked = true
	c, err := w.smokeball.Contact(ctx, w.attempt.firm, w.c.ID)
	if isGone(c, err) {
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil })
	}
	return fails(err).or(again)
}

// isGone reports of what was read whether Smokeball no longer has the contact.
func isGone(c domain.SmokeballContact, err error) bool {
	return domain.IsNotThere(err) || (err == nil && c.Deleted)
}

func (w *contactWork) append(ctx context.Context, decide func(domain.Contact) ([]domain.Event, error)) error {
	c, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, w.stream, decide)
	if err == nil {
		w.c = c
	}
	return err
}

// decide appends what is decided, unless somebody else decided first.
func (w *contactWork) decide(ctx context.Context, f func(domain.Contact) ([]domain.Event, error)) result {
	return decided(w.append(ctx, f))
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
func (w *contactWork) match(ctx context.Context, v domain.Verdict, shown domain.SmokeballContact) result {
	if err := w.people.enter(ctx, contactText(v.Contact), w.data.ID, w.key); err != nil {
		return fails(err)
	}
	w.outcome = domain.OutcomeMatched
	known := w.c.Known(w.data.ID, w.draft)
	fact := domain.ContactMatched{Contact: v.Contact, Client: w.data.ID, Known: known, Account: w.grant.account, Owner: v.Owner, Doubt: v.Doubt}
	if known == w.draft {
		fact.Differs = w.differing(v, shown)
	}
	r := w.decide(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Match(fact) })
	if known == w.draft {
		return r
	}
	return r.or(again) // with what has changed
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
func (w *contactWork) share(ctx context.Context) result {
	theirs := w.c.Written(w.c.Owner)
	return w.match(ctx, domain.Verdict{Contact: w.c.ID, Owner: w.c.Owner}, domain.SmokeballContact{Email: theirs.Email, Phone: theirs.Phone})
}

// update writes what CaseHug changed since the last write; the rest of the
// contact stays as people keep it there.
func (w *contactWork) update(ctx context.Context) result {
	if w.outcome == "" {
		w.outcome = domain.OutcomeUnchanged
	}
	change, any := w.c.Changes(w.data.ID, w.draft)
	switch {
	case !any:
		return done
	case w.c.Owner != w.data.ID:
		w.warnings = append(w.warnings, notWritten(w.data.ID, w.c, change.Fields()))
		return done
	case change.Email != "":
		if err := w.people.enter(ctx, addressText(change.Email), w.data.ID, w.key); err != nil {
			return fails(err)
		}
	}
	request := w.attempt.request("contact", string(w.data.ID), "update")
	written, kept, err := w.smokeball.UpdateContact(ctx, w.attempt.firm, w.c.ID, w.c.Written(w.data.ID), change, request)
	if domain.IsNotThere(err) && w.c.Confirmed {
		return w.decide(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil }).or(again)
	}
	if err != nil {
		return fails(notYet(err))
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
	return w.decide(context.WithoutCancel(ctx), func(domain.Contact) ([]domain.Event, error) { return []domain.Event{told}, nil })
}

// verify settles a contact that Smokeball accepted long ago and that nobody has seen
// since: it is there, or it is made again.
func (w *contactWork) verify(ctx context.Context) result {
	c, err := w.smokeball.Contact(ctx, w.attempt.firm, w.c.ID)
	switch {
	case domain.IsNotThere(err):
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Miss(w.c.ID), nil })
	case err == nil && c.Deleted:
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil })
	case err == nil:
		err = w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(w.c.ID, domain.ByRead), nil })
	}
	return fails(err).or(again)
}

// lookAgain settles a creation whose answer was lost. It looks for what was asked for then,
// which CaseHug may have changed since.
func (w *contactWork) lookAgain(ctx context.Context) result {
	intent, asked := *w.c.Intent, w.c.Asked
	return search[domain.SmokeballID]{
		attempt: w.attempt,
		look:    func(ctx context.Context) (domain.SmokeballID, bool, error) { return w.findOwn(ctx, asked.Sent) },
		open: func(ctx context.Context) (bool, error) {
			c, _, err := eventstore.Load[domain.Contact](ctx, w.attempt.ledger, w.stream)
			return c.Intent != nil && *c.Intent == intent, err
		},
		found: func(ctx context.Context, id domain.SmokeballID) result {
			w.outcome, w.request = domain.OutcomeAccepted, asked.Request
			return decided(w.accept(ctx, domain.ContactAccepted{Contact: id, Client: asked.Client, Request: asked.Request, Sent: asked.Sent, Account: w.grant.account})).or(again)
		},
		abandon: func(ctx context.Context) error {
			return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
				return c.Abandon(asked.Request, domain.AbandonedNotSeen), nil
			})
		},
	}.run(ctx)
}

// lookThenCreate takes a contact that Smokeball has already for the client, or creates one.
func (w *contactWork) lookThenCreate(ctx context.Context) result {
	verdict, shown, err := w.findAny(ctx)
	if err != nil {
		return fails(err)
	}
	if verdict.Contact != "" {
		return w.match(ctx, verdict, shown)
	}
	w.request = w.attempt.request("contact", string(w.data.ID), "create")
	return creation[domain.SmokeballID]{
		intend: func(ctx context.Context) error {
			return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
				return c.Start(domain.ContactCreationStarted{Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.grant.account, Doubt: verdict.Doubt})
			})
		},
		call: func(ctx context.Context, intend Intend) (domain.SmokeballID, error) {
			return w.smokeball.CreateContact(ctx, w.attempt.firm, w.draft, w.request, intend)
		},
		made: func(ctx context.Context, id domain.SmokeballID) error {
			w.outcome = domain.OutcomeAccepted
			return w.accept(ctx, domain.ContactAccepted{Contact: id, Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.grant.account})
		},
		undo: w.undo,
	}.ask(ctx)
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

func (w *contactWork) lookup() *lookup {
	return &lookup{firm: w.attempt.firm, people: w.people, smokeball: w.smokeball, data: w.data, known: w.known, draft: w.draft}
}

// findAny finds the contact that the person or company was in this account before the firm
// left it, else one that is the client's.
func (w *contactWork) findAny(ctx context.Context) (domain.Verdict, domain.SmokeballContact, error) {
	id := w.c.Former[w.grant.account]
	if id == "" {
		return w.lookup().whoIs(ctx)
	}
	c, err := w.smokeball.Contact(ctx, w.attempt.firm, id)
	if ce := domain.AsCallError(err); isGone(c, err) || (ce != nil && ce.Class == domain.NotPermitted) {
		return w.lookup().whoIs(ctx)
	}
	return domain.Verdict{Contact: id}, c, err
}

// findOwn finds the contact that was asked for, which carries the client's id.
func (w *contactWork) findOwn(ctx context.Context, asked domain.ContactDraft) (domain.SmokeballID, bool, error) {
	list, err := w.smokeball.FindContacts(ctx, w.attempt.firm, queryFor(asked))
	for _, c := range list {
		if c.ExternalID == asked.ExternalID && c.Name().IsCompany() == asked.Name().IsCompany() {
			return c.ID, true, nil
		}
	}
	return "", false, err
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

// crossed is the doubt about a client of the same e-mail address whose contact was asked for at
// the same time: neither client's look showed the other. One that warns of it already is enough.
func (w *contactWork) crossed(ctx context.Context, email string) (domain.Doubt, error) {
	if email == "" || w.c.Intent == nil || w.c.Doubt.Code != "" {
		return domain.Doubt{}, nil
	}
	others, err := w.people.sharers(ctx, email, w.data.ID)
	if err != nil {
		return domain.Doubt{}, err
	}
	for _, o := range others {
		c, err := w.people.contact(ctx, o.Key)
		if err != nil {
			return domain.Doubt{}, err
		}
		if o.Key != w.key && c.Owner == o.Client && c.Doubt.Code == "" && c.MadeAround(w.c.Intent.At, email) {
			return domain.Doubt{Code: domain.ContactEmailShared, Contact: c.ID, Name: c.Name(o.Client).String()}, nil
		}
	}
	return domain.Doubt{}, nil
}
