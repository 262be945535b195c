package wording

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// Warning is the sentence of a warning.
func Warning(w domain.Warning) string {
	if w.Message != "" {
		return w.Message // of an older engine
	}
	sentence, ok := warnings[w.Code]
	switch {
	case !ok:
		return unknownWarning
	case w.About == nil:
		return sentence(domain.About{})
	}
	return sentence(*w.About)
}

// unknownWarning words a code of a newer engine.
const unknownWarning = "The engine warns of something that this version has no sentence for"

// warnings has the sentence of each code. It is only read.
var warnings = map[domain.WarningCode]func(domain.About) string{
	domain.ContactEmailShared: func(a domain.About) string {
		return fmt.Sprintf("Client %s has the e-mail address of %s in Smokeball. The client got a contact of their own; if both are the same, merge the two in Smokeball", a.Client, contact(a))
	},
	domain.ContactMaybeKnown: func(a domain.About) string {
		return fmt.Sprintf("Client %s has no e-mail address in CaseHug, and Smokeball has %s with the same name and phone number. The client got a contact of their own; if both are the same, merge the two in Smokeball", a.Client, contact(a))
	},
	domain.ContactKindChanged: func(a domain.About) string {
		return fmt.Sprintf("Client %s was a person and is a company now, or the reverse. The client got a new contact; %s stays in Smokeball as it is, because Smokeball can’t turn one into the other", a.Client, contact(a))
	},
	domain.ContactAmbiguous: func(a domain.About) string {
		return fmt.Sprintf("Several contacts in Smokeball have the e-mail address of client %s; %s was taken, whose name fits", a.Client, contact(a))
	},
	domain.ContactNameDiffers: func(a domain.About) string {
		return fmt.Sprintf("Smokeball has client %s under another form of the name, %s; it was left as it is", a.Client, contact(a))
	},
	domain.WarnEmailInvalid: func(a domain.About) string {
		return fmt.Sprintf("“%s” is not an e-mail address that can be client %s’s; it was not sent. Correct it in CaseHug", a.Value, a.Client)
	},
	domain.WarnPhoneInvalid: func(a domain.About) string {
		return fmt.Sprintf("“%s” is no phone number of client %s, because it has no digit; it was not sent. Correct it in CaseHug", a.Value, a.Client)
	},
	domain.WarnPersonNotSent: func(a domain.About) string {
		return fmt.Sprintf("Client %s is the company %s; the name of its contact person, %s, was not sent to Smokeball", a.Client, a.Name, a.Value)
	},
	domain.WarnContactDiffers: func(a domain.About) string {
		return fmt.Sprintf("Smokeball’s contact %s has another %s than client %s in CaseHug, or none; it was left as it is", a.Contact, listed(a.Fields), a.Client)
	},
	domain.WarnContactKept: func(a domain.About) string {
		return fmt.Sprintf("The %s of client %s changed in CaseHug and stays as it is in Smokeball’s contact %s: people keep another value there", listed(a.Fields), a.Client, a.Contact)
	},
	domain.WarnContactUnwritten: func(a domain.About) string {
		return fmt.Sprintf("The %s of client %s was not written: Smokeball’s contact %s is client %s’s, who has the same name and e-mail address. Change it in Smokeball, or make one client of the two in CaseHug", listed(a.Fields), a.Client, a.Contact, a.Owner)
	},

	domain.WarnTextCleaned: textCleaned,
	domain.WarnTypeNormalised: func(a domain.About) string {
		return fmt.Sprintf("Case type “%s” was matched to Smokeball’s matter type “%s”", a.Value, a.Was)
	},
	domain.WarnTypeKept: typeKept,
	domain.WarnRoleKept: func(a domain.About) string {
		return fmt.Sprintf("The mapping for %s gives the client the role “%s” now. The matter in Smokeball keeps “%s”: it can’t be changed from here. Change it in Smokeball, if the matter needs the other role",
			a.Name, cmp.Or(a.Value, "by default"), cmp.Or(a.Was, "by default"))
	},
	domain.WarnNotRepaired: func(a domain.About) string {
		return fmt.Sprintf("CaseHug’s %s was not written to Smokeball: %s. Look at what Smokeball has now, and decide again", listed(a.Fields), notRepaired[domain.RepairRefuse(a.Why)])
	},
	domain.WarnNumberKept: func(a domain.About) string {
		return valueKept(fmt.Sprintf("the case number “%s”", a.Was), "it gives matters without a number one of its own")
	},
	domain.WarnOpenedKept: func(domain.About) string { return valueKept("an opened date", "a matter there was opened on some day") },
	domain.WarnClosedKept: func(domain.About) string { return valueKept("a closed date", "the matter is still closed") },
	domain.WarnMatterDiffers: func(a domain.About) string {
		return fmt.Sprintf("Smokeball had matter %s already, and it was linked as it is. It has another %s than CaseHug. Correct it where it is wrong; what changes in CaseHug from now on is written",
			a.Name, strings.Join(values(a.Values), ", another "))
	},
	domain.WarnResponsibleNotFound: func(a domain.About) string {
		if a.Cause != nil {
			return "Smokeball refused to say who has the e-mail address " + a.Value + ": " + why(a) + "; nobody was set as responsible"
		}
		return "Smokeball has no staff member with the e-mail address " + a.Value + ", or that person is disabled there; nobody was set as responsible"
	},
	domain.WarnResponsibleRefused: trimmed("responsible person"),
	domain.WarnRoleRefused:        trimmed("client’s role"),
	domain.WarnTypeRefused:        trimmed("matter type"),
	domain.WarnOpenedRefused:      trimmed("opened date"),
	domain.WarnClosedRefused:      trimmed("closed date"),
	domain.WarnTagsRefused: func(a domain.About) string {
		return fmt.Sprintf("Smokeball refused the tags %s; everything else was sent. It said: %s", strings.Join(a.Fields, ", "), why(a))
	},

	domain.WarnDocumentNotSent: func(a domain.About) string {
		return fmt.Sprintf("“%s” is still not in Smokeball: %s. Put it right, then click “Sync to Smokeball” on the matter, or approve the document again in CaseHug. Any CaseHug user of the firm can do it", a.File, why(a))
	},
	domain.WarnDocumentRemoved: func(a domain.About) string {
		return fmt.Sprintf("“%s” was removed in Smokeball on %s and is not uploaded again by itself. If it belongs there, approve it again in CaseHug, or put it back in Smokeball", a.File, a.Since.UTC().Format("January 2, 2006"))
	},
	domain.WarnDocumentNotCompared: func(a domain.About) string {
		return fmt.Sprintf("“%s” was approved again without a digest (sha256) and its object is no longer in the object store, so Smokeball keeps the content that it has. If another one was approved, whoever runs the service that sends documents puts it and sends the approval again", a.File)
	},
	domain.WarnFileNameChanged: func(a domain.About) string {
		return fmt.Sprintf("“%s” is “%s” in Smokeball, because Windows and Smokeball take no other name", a.File, a.Was)
	},
	domain.WarnFileNotRenamed: func(a domain.About) string {
		return fmt.Sprintf("“%s” is still called “%s” in Smokeball: %s. Rename it in Smokeball, or click “Sync to Smokeball” on the matter to try it again", a.File, a.Was, why(a))
	},
	domain.WarnFolderRefused: func(a domain.About) string {
		return fmt.Sprintf("“%s” is in the matter in Smokeball, but not in the folder “%s”. It said: %s. Move it there, or name another folder under Settings → Integrations → Smokeball", a.File, a.Value, why(a))
	},
	domain.WarnFolderKept: func(a domain.About) string {
		return fmt.Sprintf("“%s” was approved again for the folder “%s”, and was sent for “/%s” before. Its file stays in the folder where it lies in Smokeball. Move it there, if it belongs in the other one", a.File, a.Value, a.Was)
	},
}

// contact is the contact that a warning about who is who names.
func contact(a domain.About) string {
	name := cmp.Or(a.Name, "a contact without a name")
	if a.Contact == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, a.Contact)
}

func textCleaned(a domain.About) string {
	var fields []string
	for _, f := range a.Fields {
		fields = append(fields, cmp.Or(fieldNames[f], f))
	}
	for _, id := range a.Clients {
		fields = append(fields, fmt.Sprintf("client %s", id))
	}
	return fmt.Sprintf("CaseHug’s %s held characters that can’t be seen, or line breaks. They were taken out before it was sent to Smokeball; correct it in CaseHug, so that both show the same", listed(fields))
}

// fieldNames are what people call the fields of a matter. It is only read.
var fieldNames = map[string]string{
	"case_number": "case number", "case_type": "case type", "practice_area": "practice area", "responsible_email": "responsible person’s e-mail address",
}

func typeKept(a domain.About) string {
	const stays = "it can’t be changed from here. Change it in Smokeball, if the matter needs the other type. Anybody who may edit the matter there can do it"
	if a.Name != "" {
		return fmt.Sprintf("The case is %s now. The matter in Smokeball keeps the type that was chosen for %s: "+stays, a.Name, a.Was)
	}
	return fmt.Sprintf("The case type is “%s” now. The matter in Smokeball keeps the type “%s”: "+stays, a.Value, a.Was)
}

func valueKept(what, why string) string {
	return fmt.Sprintf("CaseHug’s matter no longer has %s. Smokeball keeps it: %s. Remove it in Smokeball, if it is wrong there", what, why)
}

// values are fields with the values that Smokeball has in them.
func values(list []domain.FieldValue) (words []string) {
	for _, v := range list {
		if v.Value == "" {
			words = append(words, v.Field)
			continue
		}
		words = append(words, fmt.Sprintf("%s (“%s”)", v.Field, v.Value))
	}
	return words
}

// trimmed words that Smokeball took the matter without one of its fields.
func trimmed(what string) func(domain.About) string {
	return func(a domain.About) string {
		return fmt.Sprintf("Smokeball refused the %s; everything else was sent. It said: %s. Set it in Smokeball, or correct it and click “Sync to Smokeball” on the matter", what, why(a))
	}
}

// why is the reason within a sentence.
func why(a domain.About) string {
	switch {
	case a.Cause != nil:
		message, _ := Failure(*a.Cause)
		return strings.TrimSuffix(message, ".")
	case a.Why == domain.WhyDeleted:
		return "the file was deleted there"
	case a.Why == domain.WhyRefusedBefore:
		return "it was refused before, and nobody has asked to try it again"
	}
	return "it gave no reason"
}

// listed names fields as people do.
func listed(fields []string) string {
	if n := len(fields); n > 1 {
		return strings.Join(slices.Concat(fields[:n-2], []string{fields[n-2] + " and " + fields[n-1]}), ", ")
	}
	return strings.Join(fields, "")
}

// notRepaired says why a field was not written.
var notRepaired = map[domain.RepairRefuse]string{
	domain.RepairChanged:  "people changed it there after it was decided on",
	domain.RepairAccepted: "somebody took Smokeball’s value for right meanwhile",
	domain.RepairShared:   "the contact is other clients', too",
	domain.RepairKept:     "the contact is another person, or of another kind, by now",
}
