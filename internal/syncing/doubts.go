package syncing

import "github.com/casehug/smokeball-sync/domain"

// doubts are what a person should check about the client and the contact. Doubts that arose when
// the contact was found or made are warnings of the sync that did so.
func (w *contactWork) doubts() []domain.Warning {
	var list []domain.Warning
	warn := func(code domain.WarningCode, about domain.About) {
		about.Client = w.data.ID
		list = append(list, domain.Warning{Code: code, About: &about})
	}
	if w.known.Contact != w.c.ID {
		if d := w.c.Doubt; d.Code != "" {
			warn(d.Code, domain.About{Contact: d.Contact, Name: d.Name})
			list[0].Link = d.Link
		}
		if len(w.c.Differs) > 0 {
			warn(domain.WarnContactDiffers, domain.About{Contact: w.c.ID, Fields: w.c.Differs})
		}
	}
	if email := domain.Text(w.data.Email); email != "" && !domain.ValidEmail(email) {
		warn(domain.WarnEmailInvalid, domain.About{Value: email})
	}
	if phone := domain.Text(w.data.Phone); phone != "" && domain.Digits(phone) == "" {
		warn(domain.WarnPhoneInvalid, domain.About{Value: phone})
	}
	if person := (domain.Name{First: w.data.FirstName, Last: w.data.LastName}); w.data.Called().IsCompany() && person.String() != "" {
		warn(domain.WarnPersonNotSent, domain.About{Name: w.data.Name(), Value: person.String()})
	}
	return list
}

// valuesKept warns of values of a contact that CaseHug's change did not reach.
func valuesKept(client domain.ClientID, contact domain.SmokeballID, fields []string) domain.Warning {
	return domain.Warning{Code: domain.WarnContactKept, About: &domain.About{Client: client, Contact: contact, Fields: fields}}
}

// notWritten warns of values of a client that are not written because the contact is another
// client's.
func notWritten(client domain.ClientID, c domain.Contact, fields []string) domain.Warning {
	return domain.Warning{Code: domain.WarnContactUnwritten, About: &domain.About{Client: client, Owner: c.Owner, Contact: c.ID, Fields: fields}}
}
