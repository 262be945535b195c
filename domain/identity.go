package domain

import "slices"

// Claimant is a CaseHug client whose contact is looked for.
type Claimant struct {
	Client ClientID
	Name   Name
	Before []Name // that the same client carried before
	Email  string // "": none that tells who somebody is
	Phone  string
}

// Candidate is a contact that Smokeball shows, with the CaseHug clients whose it is.
type Candidate struct {
	SmokeballContact
	Owners []Owner // whose it is first, then those who share it
	Unseen bool    // known, and not shown yet: it can be named, and not be taken
}

// Owner is a CaseHug client whose contact is known.
type Owner struct {
	Client ClientID
	Name   Name // as it is now; zero: unknown
}

// Verdict says which contact a client is. Without a contact it is a new one; with a doubt and
// without a contact a person has to decide, and until then the client has a contact of their own.
type Verdict struct {
	Contact SmokeballID
	Owner   ClientID // another client whose contact it is: nothing is written to it; "": nobody else's
	Doubt   Doubt
}

// Doubt is what a person should look at before trusting a verdict. The zero value is none.
type Doubt struct {
	Code    WarningCode `json:"code"`
	Contact SmokeballID `json:"contact,omitempty"` // that it is about; empty: it is still being made
	Name    string      `json:"name,omitempty"`
	Link    string      `json:"link,omitempty"` // where Smokeball has it
}

// crowd is how many different persons and companies an e-mail address may belong to and still
// tell who somebody is. What more have is an office's address.
const crowd = 5

// Identify decides whether one of the contacts that Smokeball shows, oldest first, is the client.
// It is where it was made for the client, or where e-mail and name both fit. In doubt it is not:
// two contacts of one person can be merged, two persons in one can't be told apart again.
func Identify(c Claimant, shown []Candidate) Verdict {
	if i := slices.IndexFunc(shown, func(k Candidate) bool { return !k.Unseen && c.isOwn(k) }); i >= 0 {
		return Verdict{Contact: shown[i].ID}
	}
	if c.Email == "" {
		return c.byIDOnly(shown)
	}
	reached := where(shown, func(k Candidate) bool { return SameText(k.Email, c.Email) })
	if len(reached) == 0 {
		return Verdict{}
	}
	if chosen, ok := c.choose(reached); ok {
		return c.taken(chosen, reached)
	}
	return c.apart(reached[0], ContactEmailShared)
}

// isOwn reports whether the contact was made for the client, or is theirs since. One of the
// other kind is not: a company and a person are never one contact. Nor is one that is also
// another's by now, whom the client's name does not fit.
func (c Claimant) isOwn(k Candidate) bool {
	return c.had(k) && k.Name().IsCompany() == c.Name.IsCompany() && c.fitsOwners(k)
}

func (c Claimant) fitsOwners(k Candidate) bool {
	return !slices.ContainsFunc(k.Owners, func(o Owner) bool { return o.Client != c.Client && !o.Name.Fits(c.Name) })
}

func (c Claimant) had(k Candidate) bool {
	return k.ExternalID == string(c.Client) || (len(k.Owners) > 0 && k.Owners[0].Client == c.Client)
}

// byIDOnly is the verdict for a client whom no e-mail address identifies: name and phone are
// no proof.
func (c Claimant) byIDOnly(shown []Candidate) Verdict {
	for _, k := range shown {
		if c.had(k) || (c.Phone != "" && SamePhone(k.Phone, c.Phone) && k.Name().Fits(c.Name)) {
			return c.apart(k, ContactMaybeKnown)
		}
	}
	return Verdict{}
}

// choose picks, of those with the client's e-mail address, the one whose name is the client's. A
// name that only fits counts where nobody else's comes into question.
func (c Claimant) choose(reached []Candidate) (chosen Candidate, ok bool) {
	alike := where(reached, func(k Candidate) bool { return k.Name().IsCompany() == c.Name.IsCompany() })
	fit := where(alike, func(k Candidate) bool { return !k.Unseen && c.fits(k) })
	switch exact := where(fit, c.carries); {
	case isCrowd(reached):
	case len(exact) > 0:
		free := slices.IndexFunc(exact, func(k Candidate) bool { return len(k.Owners) == 0 })
		return exact[max(free, 0)], true
	case len(fit) > 0 && len(fit) == len(alike) && allFit(fit):
		return fit[0], true
	}
	return chosen, false
}

// fits reports whether the contact's name may be the client's, and the client may be all those
// whose contact it is.
func (c Claimant) fits(k Candidate) bool {
	return c.fitsOwners(k) && (k.Name().Fits(c.Name) || c.carries(k))
}

// carries reports whether the client has, or had, the contact's very name.
func (c Claimant) carries(k Candidate) bool {
	return k.Name().Same(c.Name) || slices.ContainsFunc(c.Before, k.Name().Same)
}

// taken is the verdict that the contact is the client.
func (c Claimant) taken(k Candidate, reached []Candidate) Verdict {
	v := Verdict{Contact: k.ID}
	if len(k.Owners) > 0 {
		v.Owner = k.Owners[0].Client
	}
	switch {
	case len(reached) > 1:
		v.Doubt = k.doubt(ContactAmbiguous)
	case !k.Name().Same(c.Name):
		v.Doubt = k.doubt(ContactNameDiffers)
	}
	return v
}

// apart is the verdict that the client gets a contact of their own beside k.
func (c Claimant) apart(k Candidate, why WarningCode) Verdict {
	if c.had(k) && k.Name().IsCompany() != c.Name.IsCompany() {
		why = ContactKindChanged
	}
	return Verdict{Doubt: k.doubt(why)}
}

func (k Candidate) doubt(why WarningCode) Doubt {
	return Doubt{Code: why, Contact: k.ID, Name: k.Name().String(), Link: k.Link}
}

// isCrowd reports whether more persons and companies have an address than it can identify.
func isCrowd(reached []Candidate) bool {
	var different []Candidate
	for _, k := range reached {
		if !slices.ContainsFunc(different, func(d Candidate) bool { return d.Name().Fits(k.Name()) }) {
			different = append(different, k)
		}
	}
	return len(different) > crowd
}

func allFit(list []Candidate) bool {
	for i, a := range list {
		for _, b := range list[:i] {
			if !a.Name().Fits(b.Name()) {
				return false
			}
		}
	}
	return true
}

func where(list []Candidate, keep func(Candidate) bool) []Candidate {
	var kept []Candidate
	for _, k := range list {
		if keep(k) {
			kept = append(kept, k)
		}
	}
	return kept
}
