package syncing

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// people knows which client of the firm is which of Smokeball's contacts.
type people struct {
	attempt *attempt
	keys    ContactKeys
}

// identify settles under which key the client's contact is kept, before anything is asked for
// under it, and records a newer version of the client.
func (p *people) identify(ctx context.Context, known domain.Client, told domain.ClientData) (domain.ContactKey, error) {
	if known.Erased {
		return "", &domain.CallError{Op: "identify client", Class: domain.Permanent, Failure: domain.ErasedPerson(told.ID)}
	}
	key, err := p.keyOf(ctx, known, known.Newest(told))
	if err != nil || (key == known.Key && len(known.Learn(p.attempt.id, told)) == 0) {
		return key, err
	}
	first, err := p.addressEntered(known.Newest(told), key)
	if err != nil {
		return "", err
	}
	stream, decide := domain.ClientStream(p.attempt.firm, told.ID), func(c domain.Client) ([]domain.Event, error) {
		return append(c.Learn(p.attempt.id, told), c.Identify(p.attempt.id, known.Key, key)...), nil
	}
	if err := p.attempt.recordNotedAfter(ctx, inOrder(first, commitTo(p.attempt.ledger, stream, decide))); err != nil {
		return "", err
	}
	now, _, err := eventstore.ExecuteAfter(ctx, p.attempt.ledger, p.attempt.now, stream, decide, first) // if nothing was noted
	return now.Key, err
}

// addressEntered is the commit that enters the client's e-mail address, to be written with another
// one. Whoever is about to look for the client's contact enters it if this did not.
func (p *people) addressEntered(d domain.ClientData, key domain.ContactKey) (before, error) {
	email := d.ContactDraft().Email
	if email == "" {
		return nothingBefore, nil
	}
	name, err := p.named(addressText(email))
	return commitTo(p.attempt.ledger, domain.RegisterStream(p.attempt.firm, name),
		func(r domain.Register) ([]domain.Event, error) { return r.Enter(d.ID, key), nil }), err
}

// keyOf is the key under which the client's contact is, or another where that contact is
// not, or no longer, the client.
func (p *people) keyOf(ctx context.Context, known domain.Client, d domain.ClientData) (domain.ContactKey, error) {
	if known.Key == "" {
		return p.freeKey(ctx, d)
	}
	c, err := p.contact(ctx, known.Key)
	if err != nil {
		return "", err
	}
	keeps, err := p.keeps(ctx, c, d)
	if err != nil || keeps {
		return known.Key, err
	}
	return p.freeKey(ctx, d)
}

// keeps reports whether the client goes on with the contact under the name that it has now.
func (p *people) keeps(ctx context.Context, c domain.Contact, d domain.ClientData) (bool, error) {
	name := d.Called()
	if c.Owner == d.ID {
		return p.keepsOwn(ctx, c, d.ID, name)
	}
	owner, err := p.client(ctx, c.Owner)
	if err != nil || owner.Contact != c.ID { // they have left it
		return c.Keeps(d.ID, name, domain.Name{}), err
	}
	return c.Keeps(d.ID, name, owner.Data.Called()), nil
}

// keepsOwn reports whether a client's own contact stays theirs. After a new name it does not
// where another client is the same contact, whom that name does not fit.
func (p *people) keepsOwn(ctx context.Context, c domain.Contact, id domain.ClientID, name domain.Name) (bool, error) {
	if !c.Keeps(id, name, domain.Name{}) {
		return false, nil
	}
	if c.ID == "" || c.Name(id).Same(name) {
		return true, nil
	}
	others, err := p.entered(ctx, contactText(c.ID))
	for _, o := range others {
		k, err := p.contact(ctx, o.Key)
		if err != nil || (o.Client != id && k.ID == c.ID && !k.Name(o.Client).Fits(name)) {
			return false, err
		}
	}
	return true, err
}

// freeKey is the first key of the person or company under which no other one is kept.
func (p *people) freeKey(ctx context.Context, d domain.ClientData) (domain.ContactKey, error) {
	for n := 0; ; n++ {
		who, old := keyTexts(d, n)
		key, err := p.named(who)
		if err != nil {
			return "", err
		}
		c, err := p.contact(ctx, key)
		if err != nil || (c.Takes(d.ID, d.Called()) && (!old || c.Owner != "")) {
			return key, err
		}
	}
}

// keyTexts is what identifies a client, in the order in which it is tried: who came to a contact
// that is being made for the same name and e-mail address shares it, else the client has one of
// their own. Ledgers of old know contacts by the address alone; no new one begins there.
func keyTexts(d domain.ClientData, n int) (who string, old bool) {
	kind, own := "person", "client "+string(d.ID)
	name := d.Called()
	if name.IsCompany() {
		kind = "company"
	}
	texts := []string{own}
	if domain.ValidEmail(d.Email) {
		texts = []string{oldKeyText(d.Email), strings.Join([]string{"e-mail " + domain.Fold(d.Email), kind, domain.Fold(name.First), domain.Fold(name.Last), domain.Fold(name.Company)}, "\n"), own}
	}
	if n < len(texts) {
		return texts[n], len(texts) > 1 && n == 0
	}
	return own + "\n" + kind + " " + strconv.Itoa(n-len(texts)+1), false
}

func oldKeyText(email string) string { return "e-mail " + strings.ToLower(strings.TrimSpace(email)) }

// named is the key, within the firm, of what text describes.
func (p *people) named(text string) (domain.ContactKey, error) {
	name, err := p.keys.Name(string(p.attempt.firm) + "\n" + text)
	return domain.ContactKey(name), err
}

// enter records that the client has the e-mail address, or is the Smokeball contact, that text
// names.
func (p *people) enter(ctx context.Context, text string, id domain.ClientID, key domain.ContactKey) error {
	name, err := p.named(text)
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, p.attempt.ledger, p.attempt.now, domain.RegisterStream(p.attempt.firm, name),
		func(r domain.Register) ([]domain.Event, error) { return r.Enter(id, key), nil })
	return err
}

func addressText(email string) string { return "address " + domain.Fold(email) }

func contactText(contact domain.SmokeballID) string { return "contact " + string(contact) }

// entered returns the clients for whom enter recorded it.
func (p *people) entered(ctx context.Context, text string) ([]domain.ClientRegistered, error) {
	name, err := p.named(text)
	if err != nil {
		return nil, err
	}
	r, _, err := eventstore.Load[domain.Register](ctx, p.attempt.ledger, domain.RegisterStream(p.attempt.firm, name))
	return r.Clients, err
}

// sharers are the clients, apart from one, who go by the e-mail address, those too whom a ledger
// of old knows by it.
func (p *people) sharers(ctx context.Context, email string, of domain.ClientID) ([]domain.ClientRegistered, error) {
	entered, err := p.entered(ctx, addressText(email))
	if err != nil {
		return nil, err
	}
	list := slices.Clone(entered) // the register itself is shared
	old, err := p.named(oldKeyText(email))
	if err != nil {
		return nil, err
	}
	c, err := p.contact(ctx, old)
	for _, id := range c.Clients() {
		list = append(list, domain.ClientRegistered{Client: id, Key: old})
	}
	return slices.DeleteFunc(list, func(o domain.ClientRegistered) bool { return o.Client == of }), err
}

func (p *people) client(ctx context.Context, id domain.ClientID) (domain.Client, error) {
	c, _, err := eventstore.Load[domain.Client](ctx, p.attempt.ledger, domain.ClientStream(p.attempt.firm, id))
	return c, err
}

// lose records that Smokeball no longer has a client's contact.
func (p *people) lose(ctx context.Context, told domain.ClientData, id domain.SmokeballID) error {
	known, err := p.client(ctx, told.ID)
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, p.attempt.ledger, p.attempt.now, domain.ContactStream(p.attempt.firm, known.Key),
		func(c domain.Contact) ([]domain.Event, error) { return c.Lose(id), nil })
	return err
}

func (p *people) contact(ctx context.Context, key domain.ContactKey) (domain.Contact, error) {
	c, _, err := eventstore.Load[domain.Contact](ctx, p.attempt.ledger, domain.ContactStream(p.attempt.firm, key))
	return c, err
}
