package syncing

import (
	"cmp"
	"context"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// contactStep gives each client of the matter its contact.
type contactStep struct {
	attempt   *attempt
	grant     *grant
	people    *people
	confirm   *confirmStep
	smokeball Contacts
	look      firstLook
	locks     *keyed.Mutex[domain.Stream]
	rest      func() (goOn func())
}

// do gives each client of the matter its contact, including clients that CaseHug adds meanwhile.
func (s *contactStep) do(ctx context.Context) result {
	if r := s.refused(ctx); r.ends() {
		return r
	}
	settled := map[domain.ClientID]bool{}
	for {
		all := s.attempt.m.Data.Clients()
		i := slices.IndexFunc(all, func(c domain.ClientData) bool { return !settled[c.ID] })
		if i < 0 {
			return done
		}
		r := s.one(ctx, all[i])
		if r.ends() && r.next != repeats {
			return r
		}
		settled[all[i].ID] = !r.ends()
	}
}

// refused settles a webhook that says one of the sync's contacts failed, and that arrived while
// no sync waited for it: reads confirm the failure, which ends the sync, or show the contact.
func (s *contactStep) refused(ctx context.Context) result {
	for _, p := range s.attempt.m.Current.Contacts {
		c, refused, err := s.refusal(ctx, p.Key)
		switch {
		case err != nil:
			return fails(err)
		case !refused || c.ID != p.Contact:
		case c.Confirmed && s.attempt.now().Before(p.Since.Add(s.attempt.waits.Visible)): // the change may still show up; the contact is there
		default:
			if r := s.confirm.contact(ctx, p).or(fails(s.attempt.recordNoted(ctx))); r.ends() {
				return r
			}
		}
	}
	return done
}

// refusal is the contact under the key, and whether Smokeball said that it failed the call
// whose effect is awaited.
func (s *contactStep) refusal(ctx context.Context, key domain.ContactKey) (domain.Contact, bool, error) {
	c, err := s.people.contact(ctx, key)
	if err != nil || c.Awaits() == "" {
		return c, false, err
	}
	n, err := s.attempt.webhooksAbout(ctx, c.ID)
	_, refused := n.Refusal(c.Awaits())
	return c, refused, err
}

// stand fails where the ledger says that a contact of the draft is not in Smokeball: it never
// appeared or was deleted, as another matter's sync found out, or Smokeball said that it failed
// it. The next attempt settles which. No matter is written with such a contact.
func (s *contactStep) stand(ctx context.Context) error {
	for _, d := range s.attempt.m.Data.Clients() {
		id := s.attempt.m.Contacts[d.ID]
		if id == "" {
			continue // CaseHug named the client meanwhile
		}
		known, err := s.people.client(ctx, d.ID)
		if err != nil {
			return err
		}
		c, refused, err := s.refusal(ctx, known.Key)
		switch {
		case err != nil:
			return err
		case c.ID != id, refused && !c.Confirmed:
			return contactGone(id)
		}
	}
	return nil
}

// one finds, makes or updates the contact of one client and records which it is. Before anything is
// done, it is recorded that the attempt has begun. Its result repeats it if CaseHug sent a newer
// version of the client meanwhile.
func (s *contactStep) one(ctx context.Context, told domain.ClientData) result {
	w, err := s.work(ctx, told)
	if err == nil {
		err = s.attempt.recordNoted(ctx)
	}
	if err != nil {
		return fails(err)
	}
	return w.settle(ctx)
}

// work is the work on the contact of the client, as it is known by now.
func (s *contactStep) work(ctx context.Context, told domain.ClientData) (*contactWork, error) {
	known, err := s.people.client(ctx, told.ID)
	if err != nil {
		return nil, err
	}
	key, err := s.people.identify(ctx, known, told)
	return &contactWork{attempt: s.attempt, grant: s.grant, people: s.people, smokeball: s.smokeball, look: s.look, locks: s.locks, rest: s.rest, told: told, data: known.Newest(told), key: key, stream: domain.ContactStream(s.attempt.firm, key), start: s.attempt.now()}, err
}

// there reports the first client's contact that Smokeball does not show, as a passing fault: the
// sync waits for one that was accepted, and creates one that is gone again.
func (s *contactStep) there(ctx context.Context) result {
	for _, c := range s.attempt.m.Data.Clients() {
		id := s.attempt.m.Contacts[c.ID]
		if id == "" {
			continue // CaseHug named the client meanwhile
		}
		shown, err := s.smokeball.Contact(ctx, s.attempt.firm, id)
		switch {
		case passing(err):
			return fails(err) // the read says neither that it is there nor that it is not
		case !isGone(shown, err):
		case err != nil && s.attempt.pending(domain.PendingContact{Contact: id}):
			return s.refused(ctx).or(fails(notYet(err)))
		default:
			return fails(cmp.Or(s.people.lose(ctx, c, id), contactGone(id)))
		}
	}
	return done
}
