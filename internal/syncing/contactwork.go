package syncing

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// contactWork finds or makes one contact. The engine runs one contactWork for a contact at a time.
type contactWork struct {
	attempt   *attempt
	grant     *grant
	people    *people
	smokeball Contacts
	look      firstLook
	locks     *keyed.Mutex[domain.Stream]
	rest      func() (goOn func()) // while another worker has the contact

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
	recorded bool // the sync knows the contact since it was made
}

// settle does the work while no other worker of this engine works on the contact.
func (w *contactWork) settle(ctx context.Context) result {
	goOn := w.rest()
	release, err := w.locks.Lock(ctx, w.stream)
	goOn()
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

// resolved records the client's contact: first for the matter, with the doubts that a person
// should check, then for the client, after which the doubts are no longer known.
func (w *contactWork) resolved(ctx context.Context) result {
	if err := w.recordResolved(ctx, w.facts()); err != nil {
		return fails(err)
	}
	now, _, err := eventstore.Execute(ctx, w.attempt.ledger, w.attempt.now, domain.ClientStream(w.attempt.firm, w.data.ID), w.linked)
	if err == nil && now.Newest(w.told) != w.data {
		return again
	}
	return fails(err)
}

// facts are what the matter has not been told of the client's contact.
func (w *contactWork) facts() (facts []domain.Event) {
	told := w.recorded || (w.outcome == domain.OutcomeUnchanged && // by an earlier attempt of this sync
		slices.Contains(w.attempt.m.Current.Resolved, w.data.ID) && w.attempt.m.Contacts[w.data.ID] == w.c.ID)
	if !told {
		facts = append(facts, domain.ContactResolved{Sync: w.attempt.current.Sync, Client: w.data.ID, Contact: w.c.ID, Key: w.key, Outcome: w.outcome,
			Request: w.request, Pending: !w.c.Settled(), DurationMS: w.attempt.since(w.start)})
	}
	for _, warning := range append(w.doubts(), w.warnings...) {
		if !domain.WarnedOf(w.attempt.m.Current.Warnings, warning) {
			facts = append(facts, domain.SyncWarned{Sync: w.attempt.current.Sync, Warning: warning})
		}
	}
	return facts
}

func (w *contactWork) linked(c domain.Client) ([]domain.Event, error) {
	return c.Link(domain.ClientLinked{Matter: w.attempt.id, Contact: w.c.ID, Key: w.key}), nil
}

// recordResolved records the facts for the matter. Without warnings that the client's new contact
// would make unknown, it records that contact in the same append.
func (w *contactWork) recordResolved(ctx context.Context, facts []domain.Event) error {
	switch {
	case len(facts) == 0:
		return nil
	case len(facts) > 1:
		return w.attempt.record(ctx, facts...)
	}
	return w.attempt.decideAfter(ctx, w.attempt.ofAttempt(facts), w.linkedBefore())
}

func (w *contactWork) linkedBefore() before {
	return commitTo(w.attempt.ledger, domain.ClientStream(w.attempt.firm, w.data.ID), w.linked)
}

// do looks at the facts and does what is missing next.
func (w *contactWork) do(ctx context.Context) (r result) {
	var err error
	if w.c, _, err = eventstore.Load[domain.Contact](ctx, w.attempt.ledger, w.stream); err != nil {
		return fails(err)
	}
	w.keepEmail()
	w.draft = w.known.WithAccepted(w.draft, w.c.Written(w.data.ID))
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
	if w.attempt.m.Current.Trigger == domain.TriggerManual {
		return true, nil // a person asks: what is there is read before it is said
	}
	n, err := w.attempt.webhooksAbout(ctx, w.c.ID)
	return n.Gone, err
}

// lookWhether reads the contact; one that is gone is looked for again.
func (w *contactWork) lookWhether(ctx context.Context) result {
	w.looked = true
	c, err := w.smokeball.Contact(ctx, w.attempt.firm, w.c.ID)
	if isGone(c, err) {
		err = w.followOrLose(ctx)
	} else if err == nil {
		w.compare(c)
	}
	return fails(err).or(again)
}

// followOrLose goes on with the contact that the one which is gone was merged into, or records
// that it is lost.
func (w *contactWork) followOrLose(ctx context.Context) error {
	gone := w.c.ID
	f := &follower{ledger: w.attempt.ledger, now: w.attempt.now, firm: w.attempt.firm, account: w.grant.account, smokeball: w.look.smokeball, people: w.people}
	err := f.load(ctx, w.data.ID)
	if err == nil && f.known.Contact == gone {
		_, err = f.follow(ctx)
	}
	if err != nil {
		return err
	}
	return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(gone), nil })
}

// compare warns of what people have changed of the client's own contact, where CaseHug has nothing
// new to write.
func (w *contactWork) compare(shown domain.SmokeballContact) {
	if _, news := w.c.Changes(w.data.ID, w.draft); news || !w.c.Met(w.data.ID) || w.c.Owner != w.data.ID {
		return
	}
	if fields := shown.Unlike(w.draft); len(fields) > 0 {
		w.warnings = append(w.warnings, domain.Warning{Code: domain.WarnContactDiffers, About: &domain.About{Client: w.data.ID, Contact: w.c.ID, Fields: fields}})
	}
}

// isGone reports whether the read shows that Smokeball no longer has the contact.
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

// accept records that Smokeball accepted the contact, and the doubts that arose since the call.
func (w *contactWork) accept(ctx context.Context, e domain.ContactAccepted) (err error) {
	if e.Doubt, err = w.crossed(ctx, e.Sent.Email); err != nil {
		return err
	}
	return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Accept(e) })
}

// acceptMade records that Smokeball accepted the contact that was to be made, and in the same append,
// where nothing is to be warned of, that it is the client's and the matter's.
func (w *contactWork) acceptMade(ctx context.Context, e domain.ContactAccepted) (err error) {
	if e.Doubt, err = w.crossed(ctx, e.Sent.Email); err != nil {
		return err
	}
	accepted := func(c domain.Contact) ([]domain.Event, error) { return c.Accept(e) }
	w.c = w.c.Apply(e, w.attempt.now())
	if facts := w.facts(); len(facts) == 1 {
		err := w.attempt.decideAfter(ctx, w.attempt.ofAttempt(facts), inOrder(commitTo(w.attempt.ledger, w.stream, accepted), w.linkedBefore()))
		if w.recorded = err == nil; w.recorded {
			return nil
		}
	}
	return w.append(ctx, accepted) // also of a sync that ended, or that another engine has taken over
}

// match records that the client is a contact which Smokeball already has. What CaseHug
// changed since Smokeball was told of one that is lost is written to it.
func (w *contactWork) match(ctx context.Context, v domain.Verdict, shown domain.SmokeballContact) result {
	if err := w.grant.stands(ctx); err != nil {
		return decided(err)
	}
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
	told, repaired, r := w.toRepair(ctx)
	if r.ends() {
		return r
	}
	change := w.draft.ChangeFrom(told)
	switch {
	case change == (domain.ContactChange{}):
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
	if err := w.intendRepair(ctx, repaired, request); err != nil {
		return fails(err)
	}
	written, kept, err := w.smokeball.UpdateContact(ctx, w.attempt.firm, w.c.ID, w.c.Written(w.data.ID), change, request)
	if domain.IsNotThere(err) && w.c.Confirmed {
		return w.decide(ctx, func(c domain.Contact) ([]domain.Event, error) { return c.Lose(w.c.ID), nil }).or(again)
	}
	if err != nil {
		return fails(notYet(err))
	}
	if written == (domain.ContactChange{}) {
		if err := w.attempt.dropRepairs(ctx, dropAll(w.attempt.current.Sync, repaired, domain.RepairKept)); err != nil {
			return fails(err)
		}
	}
	accepted := domain.ContactChangeAccepted{Client: w.data.ID, Request: request, Sent: w.draft, Change: written}
	if written != (domain.ContactChange{}) {
		accepted.Was = w.c.Written(w.data.ID)
		if w.outcome != domain.OutcomeAccepted {
			w.outcome, w.request = domain.OutcomeUpdated, request
		}
	}
	if len(kept) > 0 {
		w.warnings = append(w.warnings, valuesKept(w.data.ID, w.c.ID, kept))
	}
	return w.decide(context.WithoutCancel(ctx), func(domain.Contact) ([]domain.Event, error) { return []domain.Event{accepted}, nil })
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
			if err := w.grant.stands(ctx); err != nil {
				return decided(err)
			}
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
	if verdict.Contact == "" {
		if shown, err = w.findLost(ctx); err != nil {
			return fails(err)
		}
		verdict.Contact = shown.ID
	}
	if verdict.Contact != "" {
		return w.match(ctx, verdict, shown)
	}
	w.request = w.attempt.request("contact", string(w.data.ID), "create")
	return creation[domain.SmokeballID]{
		intend: func(ctx context.Context) error {
			if err := w.wanted(ctx); err != nil {
				return err
			}
			return w.append(ctx, func(c domain.Contact) ([]domain.Event, error) {
				return c.Start(domain.ContactCreationStarted{Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.grant.account, Doubt: verdict.Doubt})
			})
		},
		call: func(ctx context.Context, intend Intend) (domain.SmokeballID, error) {
			return w.smokeball.CreateContact(ctx, w.attempt.firm, w.draft, w.request, intend)
		},
		made: func(ctx context.Context, id domain.SmokeballID) error {
			w.outcome = domain.OutcomeAccepted
			return w.acceptMade(ctx, domain.ContactAccepted{Contact: id, Client: w.data.ID, Request: w.request, Sent: w.draft, Account: w.grant.account})
		},
		undo: w.undo,
	}.ask(ctx)
}

// wanted fails if nothing is to be created any more: the attempt is over, because the sync was
// cancelled or its matter erased, or the firm has left the account. The contact's own stream does not tell.
func (w *contactWork) wanted(ctx context.Context) error {
	if err := w.attempt.reload(ctx); err != nil {
		return err
	}
	return w.grant.stands(ctx)
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
	return &lookup{firm: w.attempt.firm, people: w.people, look: w.look, data: w.data, known: w.known, draft: w.draft}
}

// findAny finds the contact that the person or company was in this account before the firm
// left it, else one that is the client's.
func (w *contactWork) findAny(ctx context.Context) (domain.Verdict, domain.SmokeballContact, error) {
	if c, ok, err := w.said(ctx); err != nil || ok {
		return domain.Verdict{Contact: c.ID}, c, err
	}
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

// said is the contact that the client is because a person said so when they linked the matter, as
// long as it is there, and nobody else's.
func (w *contactWork) said(ctx context.Context) (c domain.SmokeballContact, ok bool, err error) {
	id := w.attempt.m.Smokeball.Same
	if id == "" || w.data.ID != w.attempt.m.Data.Client.ID {
		return c, false, nil
	}
	c, err = w.smokeball.Contact(ctx, w.attempt.firm, id)
	if ce := domain.AsCallError(err); isGone(c, err) || (ce != nil && ce.Class == domain.NotPermitted) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	look := w.lookup()
	all, err := look.candidates(ctx, []domain.SmokeballContact{c})
	return c, err == nil && look.mayBe(all[0]), err
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

// crossed is the doubt about a client with the same e-mail address whose contact was created at
// the same time, so that neither search could show the other. One warning is enough.
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
