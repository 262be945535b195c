package syncing

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// identify settles under which key the client's contact is kept, before anything is asked for
// under it, and records a newer version of the client.
func (t *attempt) identify(ctx context.Context, known domain.Client, told domain.ClientData) (domain.ContactKey, error) {
	key, err := t.keyOf(ctx, known, known.Newest(told))
	if err != nil || (key == known.Key && len(known.Learn(t.id, told)) == 0) {
		return key, err
	}
	now, _, err := eventstore.Execute(ctx, t.Ledger, t.Now, domain.ClientStream(t.firm, told.ID),
		func(c domain.Client) ([]domain.Event, error) {
			return append(c.Learn(t.id, told), c.Identify(t.id, known.Key, key)...), nil
		})
	return now.Key, err
}

// keyOf is the key under which the client's contact is, or another where that contact is
// not, or no longer, the client.
func (t *attempt) keyOf(ctx context.Context, known domain.Client, d domain.ClientData) (domain.ContactKey, error) {
	if known.Key == "" {
		return t.freeKey(ctx, d)
	}
	c, err := t.contact(ctx, known.Key)
	if err != nil {
		return "", err
	}
	keeps, err := t.keeps(ctx, c, d)
	if err != nil || keeps {
		return known.Key, err
	}
	return t.freeKey(ctx, d)
}

// keeps reports whether the client goes on with the contact under the name that it has now.
func (t *attempt) keeps(ctx context.Context, c domain.Contact, d domain.ClientData) (bool, error) {
	name := d.Called()
	if c.Owner == d.ID {
		return t.keepsOwn(ctx, c, d.ID, name)
	}
	owner, err := t.knownClient(ctx, c.Owner)
	if err != nil || owner.Contact != c.ID { // they have left it
		return c.Keeps(d.ID, name, domain.Name{}), err
	}
	return c.Keeps(d.ID, name, owner.Data.Called()), nil
}

// keepsOwn reports whether a client's own contact stays theirs. After a new name it does not
// where another client is the same contact, whom that name does not fit.
func (t *attempt) keepsOwn(ctx context.Context, c domain.Contact, id domain.ClientID, name domain.Name) (bool, error) {
	if !c.Keeps(id, name, domain.Name{}) {
		return false, nil
	}
	if c.ID == "" || c.Name(id).Same(name) {
		return true, nil
	}
	others, err := t.entered(ctx, contactText(c.ID))
	for _, o := range others {
		k, err := t.contact(ctx, o.Key)
		if err != nil || (o.Client != id && k.ID == c.ID && !k.Name(o.Client).Fits(name)) {
			return false, err
		}
	}
	return true, err
}

// freeKey is the first key of the person or company under which no other one is kept.
func (t *attempt) freeKey(ctx context.Context, d domain.ClientData) (domain.ContactKey, error) {
	for n := 0; ; n++ {
		who, old := keyTexts(d, n)
		key, err := t.named(who)
		if err != nil {
			return "", err
		}
		c, err := t.contact(ctx, key)
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
func (t *attempt) named(text string) (domain.ContactKey, error) {
	name, err := t.Keys.Name(string(t.firm) + "\n" + text)
	return domain.ContactKey(name), err
}

// enter notes that the client goes by the e-mail address, or is the Smokeball contact, that
// text names.
func (t *attempt) enter(ctx context.Context, text string, id domain.ClientID, key domain.ContactKey) error {
	name, err := t.named(text)
	if err != nil {
		return err
	}
	_, _, err = eventstore.Execute(ctx, t.Ledger, t.Now, domain.RegisterStream(t.firm, name),
		func(r domain.Register) ([]domain.Event, error) { return r.Enter(id, key), nil })
	return err
}

func addressText(email string) string               { return "address " + domain.Fold(email) }
func contactText(contact domain.SmokeballID) string { return "contact " + string(contact) }

// entered are the clients of whom enter noted it.
func (t *attempt) entered(ctx context.Context, text string) ([]domain.ClientRegistered, error) {
	name, err := t.named(text)
	if err != nil {
		return nil, err
	}
	r, _, err := eventstore.Load[domain.Register](ctx, t.Ledger, domain.RegisterStream(t.firm, name))
	return r.Clients, err
}

// whoIs looks for the client in Smokeball, and decides who it is.
func (w *contactWork) whoIs(ctx context.Context) (v domain.Verdict, shown domain.SmokeballContact, err error) {
	list, err := w.Smokeball.FindContacts(ctx, w.firm, queryFor(w.draft))
	if err != nil {
		return v, shown, err
	}
	all, err := w.candidates(ctx, list)
	if err != nil {
		return v, shown, err
	}
	name := w.data.Called()
	v = domain.Identify(domain.Claimant{Client: w.data.ID, Name: name, Email: w.draft.Email, Phone: w.draft.Phone,
		Before: slices.DeleteFunc(slices.Clone(w.known.Names), name.Same)}, all)
	if v.Doubt.Code == "" {
		v.Doubt = w.known.Turned()
	}
	if i := slices.IndexFunc(list, func(c domain.SmokeballContact) bool { return c.ID == v.Contact }); i >= 0 {
		shown = list[i]
	}
	return v, shown, nil
}

// candidates are the contacts that Smokeball shows, with the clients whose they are, and those
// of the same e-mail address that it does not show yet.
func (w *contactWork) candidates(ctx context.Context, shown []domain.SmokeballContact) ([]domain.Candidate, error) {
	all := make([]domain.Candidate, 0, len(shown))
	for _, c := range shown {
		k := domain.Candidate{SmokeballContact: c}
		if err := w.addMaker(ctx, &k); err != nil {
			return nil, err
		}
		others, err := w.entered(ctx, contactText(c.ID))
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if err := w.addOwner(ctx, &k, o); err != nil {
				return nil, err
			}
		}
		all = append(all, k)
	}
	if w.draft.Email == "" {
		return all, nil
	}
	return w.neighbours(ctx, all)
}

// addMaker notes the client for whom the engine made the contact. An id that it does not know is
// another system's.
func (w *contactWork) addMaker(ctx context.Context, k *domain.Candidate) error {
	id := domain.ClientID(k.ExternalID)
	if id == w.data.ID || !domain.ValidID(k.ExternalID) {
		return nil
	}
	c, err := w.knownClient(ctx, id)
	if err == nil && c.Key != "" && (c.Contact == "" || c.Contact == k.ID) {
		k.Owners = append(k.Owners, domain.Owner{Client: id, Name: c.Data.Called()})
	}
	return err
}

// addOwner notes that the contact is a registered client's, if it still is.
func (w *contactWork) addOwner(ctx context.Context, k *domain.Candidate, o domain.ClientRegistered) error {
	c, err := w.contact(ctx, o.Key)
	if err != nil || c.ID != k.ID || slices.ContainsFunc(k.Owners, func(other domain.Owner) bool { return other.Client == o.Client }) {
		return err
	}
	k.Owners = append(k.Owners, domain.Owner{Client: o.Client, Name: c.Name(o.Client)})
	return nil
}

// neighbours adds what is known of the other clients with the e-mail address: whose contact is
// whose, and whose is still on its way.
func (w *contactWork) neighbours(ctx context.Context, all []domain.Candidate) ([]domain.Candidate, error) {
	others, err := w.sharers(ctx, w.draft.Email)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		c, err := w.contact(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(k domain.Candidate) bool { return k.ID == c.ID && c.ID != "" })
		name := c.Name(o.Client)
		switch {
		case i >= 0:
			if err := w.addOwner(ctx, &all[i], o); err != nil {
				return nil, err
			}
		case c.Owner != "" && !c.Confirmed && name.String() != "":
			all = append(all, domain.Candidate{Unseen: true, Owners: []domain.Owner{{Client: o.Client, Name: name}},
				SmokeballContact: domain.SmokeballContact{ID: c.ID, FirstName: name.First, LastName: name.Last, CompanyName: name.Company, Email: w.draft.Email}})
		}
	}
	return all, nil
}

// crossed is the doubt about a client of the same e-mail address whose contact was asked for at
// the same time: neither client's look showed the other. One that warns of it already is enough.
func (w *contactWork) crossed(ctx context.Context, email string) (domain.Doubt, error) {
	if email == "" || w.c.Intent == nil || w.c.Doubt.Code != "" {
		return domain.Doubt{}, nil
	}
	others, err := w.sharers(ctx, email)
	if err != nil {
		return domain.Doubt{}, err
	}
	for _, o := range others {
		c, err := w.contact(ctx, o.Key)
		if err != nil {
			return domain.Doubt{}, err
		}
		if o.Key != w.key && c.Owner == o.Client && c.Doubt.Code == "" && c.MadeAround(w.c.Intent.At, email) {
			return domain.Doubt{Code: domain.ContactEmailShared, Contact: c.ID, Name: c.Name(o.Client).String()}, nil
		}
	}
	return domain.Doubt{}, nil
}

// sharers are the other clients who go by the e-mail address, those too whom a ledger
// of old knows by it.
func (w *contactWork) sharers(ctx context.Context, email string) ([]domain.ClientRegistered, error) {
	list, err := w.entered(ctx, addressText(email))
	if err != nil {
		return nil, err
	}
	old, err := w.named(oldKeyText(email))
	if err != nil {
		return nil, err
	}
	c, err := w.contact(ctx, old)
	for _, id := range c.Clients() {
		list = append(list, domain.ClientRegistered{Client: id, Key: old})
	}
	return slices.DeleteFunc(slices.Clone(list), func(o domain.ClientRegistered) bool { return o.Client == w.data.ID }), err
}
