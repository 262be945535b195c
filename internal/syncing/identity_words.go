package syncing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// doubts are what a person should look at about the client and the contact. What was in doubt
// when the contact was found or made is told in the sync that did so.
func (w *contactWork) doubts() []domain.Warning {
	var list []domain.Warning
	if w.known.Contact != w.c.ID {
		if w.c.Doubt.Code != "" {
			list = append(list, doubtful(w.data.ID, w.c.Doubt))
		}
		if len(w.c.Differs) > 0 {
			list = append(list, differs(w.data.ID, w.c.ID, w.c.Differs))
		}
	}
	if email := domain.Text(w.data.Email); email != "" && !domain.ValidEmail(email) {
		list = append(list, domain.Warning{Code: "email_not_valid", Message: fmt.Sprintf(
			"“%s” is not an e-mail address that can be client %s's; it was not sent. Correct it in CaseHug", email, w.data.ID)})
	}
	if phone := domain.Text(w.data.Phone); phone != "" && domain.Digits(phone) == "" {
		list = append(list, domain.Warning{Code: "phone_not_valid", Message: fmt.Sprintf(
			"“%s” is no phone number of client %s, because it has no digit; it was not sent. Correct it in CaseHug", phone, w.data.ID)})
	}
	if person := (domain.Name{First: w.data.FirstName, Last: w.data.LastName}); w.data.Called().IsCompany() && person.String() != "" {
		list = append(list, domain.Warning{Code: "contact_person_not_sent", Message: fmt.Sprintf(
			"Client %s is the company %s; the name of its contact person, %s, was not sent to Smokeball", w.data.ID, w.data.Name(), person)})
	}
	return list
}

// doubtful tells what is in doubt about who a client is.
func doubtful(client domain.ClientID, d domain.Doubt) domain.Warning {
	other := cmp.Or(d.Name, "a contact without a name")
	if d.Contact != "" {
		other = fmt.Sprintf("%s (%s)", other, d.Contact)
	}
	message := "%[2]s"
	switch d.Code {
	case domain.ContactEmailShared:
		message = "Client %s has the e-mail address of %s in Smokeball. The client got a contact of their own; if both are the same, merge the two in Smokeball"
	case domain.ContactMaybeKnown:
		message = "Client %s has no e-mail address in CaseHug, and Smokeball has %s with the same name and phone number. The client got a contact of their own; if both are the same, merge the two in Smokeball"
	case domain.ContactKindChanged:
		message = "Client %s was a person and is a company now, or the reverse. The client got a new contact; %s stays in Smokeball as it is, because Smokeball can't turn one into the other"
	case domain.ContactAmbiguous:
		message = "Several contacts in Smokeball have the e-mail address of client %s; %s was taken, whose name fits"
	case domain.ContactNameDiffers:
		message = "Smokeball has client %s under another form of the name, %s; it was left as it is"
	}
	return domain.Warning{Code: string(d.Code), Message: fmt.Sprintf(message, client, other), Link: d.Link}
}

// differs tells which values of a contact that Smokeball had already are not CaseHug's.
func differs(client domain.ClientID, contact domain.SmokeballID, fields []string) domain.Warning {
	return domain.Warning{Code: "contact_differs", Message: fmt.Sprintf(
		"Smokeball's contact %s has another %s than client %s in CaseHug, or none; it was left as it is", contact, listed(fields), client)}
}

// valuesKept tells which values of a contact CaseHug's change did not reach.
func valuesKept(client domain.ClientID, contact domain.SmokeballID, fields []string) domain.Warning {
	return domain.Warning{Code: "contact_value_kept", Message: fmt.Sprintf(
		"The %s of client %s changed in CaseHug and stays as it is in Smokeball's contact %s: people keep another value there", listed(fields), client, contact)}
}

// notWritten tells which values of a client are not written because the contact is another
// client's.
func notWritten(client domain.ClientID, c domain.Contact, fields []string) domain.Warning {
	return domain.Warning{Code: "contact_not_written", Message: fmt.Sprintf(
		"The %s of client %s was not written: Smokeball's contact %s is client %s's, who has the same name and e-mail address. Change it in Smokeball, or make one client of the two in CaseHug", listed(fields), client, c.ID, c.Owner)}
}

// listed names fields as people do.
func listed(fields []string) string {
	if n := len(fields); n > 1 {
		return strings.Join(slices.Concat(fields[:n-2], []string{fields[n-2] + " and " + fields[n-1]}), ", ")
	}
	return strings.Join(fields, "")
}
