package syncing

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Followers finds out which contacts clients are whose own were merged into others: the link goes
// on to the surviving one. It makes and changes nothing in Smokeball. It runs on the engine that
// holds the lease of the allowance.
type Followers struct {
	Ledger eventstore.Store
	Views  interface {
		GoneContacts() ([]domain.GoneContact, error)
		Changes() (position uint64, moved <-chan struct{})
		Wait(ctx context.Context, position uint64) error
	}
	Smokeball interface {
		Contacts
		Matters
	}
	Keys ContactKeys
	// Attempt marks a firm's calls as background work; nil: they are not marked.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Now     func() time.Time
	Log     *slog.Logger
}

// Run follows until ctx ends, and returns nil then.
func (w Followers) Run(ctx context.Context) error {
	tried := map[domain.GoneContact]domain.SmokeballID{} // the contact that stood in its place then
	resting := map[domain.FirmID]time.Time{}
	for ctx.Err() == nil {
		_, moved := w.Views.Changes()
		list, err := w.Views.GoneContacts()
		if err != nil {
			return err
		}
		for _, g := range list {
			if w.Now().Before(resting[g.Firm]) {
				continue
			}
			if err := w.try(ctx, g, tried); err != nil && ctx.Err() == nil {
				resting[g.Firm] = w.Now().Add(rest)
				w.Log.Info("which contact a client is now can't be found out; retrying", "firm", g.Firm, "client", g.Client, "err", err)
			}
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// try follows a client's contact, unless nothing of it is new.
func (w Followers) try(ctx context.Context, g domain.GoneContact, tried map[domain.GoneContact]domain.SmokeballID) error {
	c, _, err := eventstore.Load[domain.Connection](ctx, w.Ledger, domain.ConnectionStream(g.Firm))
	if err != nil || !c.Usable(w.Now()) {
		return err
	}
	f, err := w.follower(ctx, g.Firm, g.Client, c.Account.ID)
	if err != nil || f.known.Contact != g.Contact {
		return err
	}
	before, again := tried[g]
	if now := f.inItsPlace(); again && before == now {
		return nil
	}
	if w.Attempt != nil {
		ctx = w.Attempt(ctx, g.Firm)
	}
	position, err := f.follow(ctx)
	if err == nil {
		tried[g] = f.inItsPlace()
		_ = w.Views.Wait(ctx, position) // ends early with ctx only
	}
	return err
}

func (w Followers) follower(ctx context.Context, firm domain.FirmID, id domain.ClientID, account string) (f follower, err error) {
	f = follower{ledger: w.Ledger, now: w.Now, firm: firm, account: account, smokeball: w.Smokeball,
		people: &people{attempt: &attempt{firm: firm, ledger: w.Ledger, now: w.Now}, keys: w.Keys}}
	return f, f.load(ctx, id)
}

// follower follows one client from a contact that is gone to the one that it was merged into.
type follower struct {
	ledger    eventstore.Store
	now       func() time.Time
	firm      domain.FirmID
	account   string
	smokeball interface {
		Contacts
		Matters
	}
	people *people

	id      domain.ClientID
	known   domain.Client
	matters map[domain.MatterID]domain.Matter // that have the contact
	data    domain.ClientData
}

func (f *follower) load(ctx context.Context, id domain.ClientID) (err error) {
	f.id, f.matters = id, map[domain.MatterID]domain.Matter{}
	if f.known, err = f.people.client(ctx, id); err != nil {
		return err
	}
	f.data = f.known.Data
	for _, matter := range f.known.Matters {
		m, _, err := eventstore.Load[domain.Matter](ctx, f.ledger, domain.MatterStream(f.firm, matter))
		if err != nil {
			return err
		}
		if m.Contacts[id] != f.known.Contact {
			continue
		}
		f.matters[matter] = m
		if i := slices.IndexFunc(m.Data.Clients(), func(c domain.ClientData) bool { return c.ID == id }); i >= 0 {
			f.data = f.known.Newest(m.Data.Clients()[i])
		}
	}
	return nil
}

// inItsPlace is the contact that stands in the place of the one that is gone, on the matters that
// were read; "": none does, or they say different things.
func (f *follower) inItsPlace() (id domain.SmokeballID) {
	for _, m := range f.matters {
		switch is := m.Successor(f.known.Contact); {
		case is == "", is == id:
		case id == "":
			id = is
		default:
			return ""
		}
	}
	return id
}

// follow looks whether the client is another contact by now, and records it; it returns the
// position of what it recorded, 0 where that is nothing.
func (f *follower) follow(ctx context.Context) (uint64, error) {
	look := &lookup{firm: f.firm, people: f.people, data: f.data, known: f.known, draft: f.data.ContactDraft(), look: firstLook{smokeball: f.smokeball}}
	if id := f.inItsPlace(); id != "" {
		shown, err := f.smokeball.Contact(ctx, f.firm, id)
		if isGone(shown, err) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		all, err := look.candidates(ctx, []domain.SmokeballContact{shown})
		if err != nil {
			return 0, err
		}
		if look.claimant().ReplacedBy(all[0]) {
			return f.record(ctx, domain.Verdict{Contact: id}, shown)
		}
		return f.leave(ctx, shown)
	}
	if look.draft.Email == "" {
		return 0, nil
	}
	v, shown, err := look.whoIs(ctx)
	if err != nil || v.Contact == "" || v.Doubt.Code != "" || shown.ID == "" || v.Contact == f.known.Contact {
		return 0, err
	}
	return f.record(ctx, v, shown)
}

// record records that the client is another contact. What is recorded last makes it known as done:
// after a kill it is recorded again.
func (f *follower) record(ctx context.Context, v domain.Verdict, shown domain.SmokeballContact) (position uint64, err error) {
	gone := f.known.Contact
	if err := f.people.enter(ctx, contactText(v.Contact), f.id, f.known.Key); err != nil {
		return 0, err
	}
	match := domain.ContactMatched{Contact: v.Contact, Client: f.id, Account: f.account, Owner: v.Owner}
	_, _, err = eventstore.Execute(ctx, f.ledger, f.now, domain.ContactStream(f.firm, f.known.Key),
		func(c domain.Contact) ([]domain.Event, error) { return c.Succeed(gone, match, f.data.ContactDraft()) })
	if err != nil {
		return 0, ignoreTaken(err)
	}
	first := domain.MatterID("")
	for id := range f.matters {
		followed := domain.ClientFollowed{Client: f.id, From: gone, To: v.Contact, Name: shown.Name().String()}
		_, _, err := eventstore.Execute(ctx, f.ledger, f.now, domain.MatterStream(f.firm, id),
			func(m domain.Matter) ([]domain.Event, error) { return m.Follow(followed), nil })
		if err != nil {
			return 0, err
		}
		first = id
	}
	if first == "" {
		first = f.known.Matters[0]
	}
	_, head, err := eventstore.Execute(ctx, f.ledger, f.now, domain.ClientStream(f.firm, f.id), func(c domain.Client) ([]domain.Event, error) {
		if c.Contact != gone {
			return nil, nil
		}
		return c.Link(domain.ClientLinked{Matter: first, Contact: v.Contact, Key: f.known.Key, Followed: gone}), nil
	})
	return uint64(head.Seq), err
}

// leave records that somebody has to say who stands in the client's place.
func (f *follower) leave(ctx context.Context, shown domain.SmokeballContact) (position uint64, err error) {
	for id, m := range f.matters {
		if m.Successor(f.known.Contact) != shown.ID {
			continue
		}
		unclear := domain.ClientNotFollowed{Client: f.id, From: f.known.Contact, To: shown.ID, Name: shown.Name().String()}
		_, head, err := eventstore.Execute(ctx, f.ledger, f.now, domain.MatterStream(f.firm, id),
			func(m domain.Matter) ([]domain.Event, error) { return m.DontFollow(unclear), nil })
		if err != nil {
			return 0, err
		}
		position = max(position, uint64(head.Seq))
	}
	return position, nil
}

// ignoreTaken is the error of a decision, nil where somebody else decided first.
func ignoreTaken(err error) error {
	if errors.Is(err, domain.ErrTaken) {
		return nil
	}
	return err
}
