package domain

import (
	"reflect"
	"time"
)

// Warning is something that went well enough but should be looked at. A fact holds its code and
// what it is about; the sentence is made of them where people read it. Facts of older ledgers
// hold the sentence.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message,omitempty"`
	Link    string      `json:"link,omitempty"` // where Smokeball has what it is about
	About   *About      `json:"about,omitempty"`
}

// About is what a warning or a failure is about. Each code, and each fault, has its own fields.
type About struct {
	Client  ClientID     `json:"client,omitempty"`
	Owner   ClientID     `json:"owner,omitempty"` // another client, whose contact it is
	Clients []ClientID   `json:"clients,omitempty"`
	Contact SmokeballID  `json:"contact,omitempty"`
	Name    string       `json:"name,omitempty"`  // of a person, a company, a matter type or a mapping
	File    string       `json:"file,omitempty"`  // the name of a document
	Value   string       `json:"value,omitempty"` // that CaseHug has now
	Was     string       `json:"was,omitempty"`   // that stays in Smokeball
	Fields  []string     `json:"fields,omitempty"`
	Values  []FieldValue `json:"values,omitempty"` // that Smokeball has otherwise
	Why     Why          `json:"why,omitempty"`
	Cause   *Failure     `json:"cause,omitempty"` // what Smokeball, or a source of documents, said

	// Of failures.
	Op           string      `json:"op,omitempty"`      // the call, such as create_matter
	Thing        Thing       `json:"thing,omitempty"`   // that Smokeball refused late, or did not show
	Setting      string      `json:"setting,omitempty"` // the engine's, that operators correct
	Status       int         `json:"status,omitempty"`  // of an HTTP answer
	Resource     SmokeballID `json:"resource,omitempty"`
	Mapping      MappingID   `json:"mapping,omitempty"`
	Nearest      []string    `json:"nearest,omitempty"` // matter types with a like name
	Size         int64       `json:"size,omitempty"`    // in bytes
	Limit        int64       `json:"limit,omitempty"`   // in bytes: that was expected, or is allowed
	Seconds      int64       `json:"seconds,omitempty"` // that the engine waited
	Since        time.Time   `json:"since,omitzero"`
	Until        time.Time   `json:"until,omitzero"`
	StoppedAfter int64       `json:"stopped_after,omitempty"` // seconds of trying, after which the engine stopped; 0: it goes on
	Reference    string      `json:"reference,omitempty"`     // to the log, where operators must act
}

// Thing is what Smokeball took in and then refused, or did not show.
type Thing string

// The things.
const (
	ThingMatter  Thing = "matter"
	ThingContact Thing = "contact"
	ThingFile    Thing = "file"
	ThingName    Thing = "name" // of a file
)

// FieldValue is a field and the value that Smokeball has in it; empty: it tells nothing.
type FieldValue struct {
	Field string `json:"field"`
	Value string `json:"value,omitempty"`
}

// Why is why something is not done, where no call said so.
type Why string

// The reasons.
const (
	WhyRefusedBefore Why = "refused_before" // and nobody has asked to try it again
	WhyDeleted       Why = "deleted"        // people deleted it in Smokeball
	WhyUnknown       Why = "unknown"        // Smokeball has nobody of that address who works there
)

// Is reports whether both warnings say the same.
func (w Warning) Is(o Warning) bool { return reflect.DeepEqual(w, o) }

// WarnedOf reports whether the list holds the warning.
func WarnedOf(list []Warning, w Warning) bool {
	for _, old := range list {
		if old.Is(w) {
			return true
		}
	}
	return false
}

// WarningCode is the stable word of a warning.
type WarningCode string

// The warnings about who is who.
const (
	ContactEmailShared WarningCode = "contact_email_shared" // the address is another's; the client got a contact of their own
	ContactMaybeKnown  WarningCode = "contact_maybe_known"  // somebody of that name and phone is there; the client got a contact of their own
	ContactKindChanged WarningCode = "contact_kind_changed" // the client was a person, or a company, until now
	ContactAmbiguous   WarningCode = "contact_ambiguous"    // several have the address; the one of the name was taken
	ContactNameDiffers WarningCode = "contact_name_differs" // the name fits, and is written otherwise
)

// The warnings about a client and its contact.
const (
	WarnEmailInvalid     WarningCode = "email_not_valid"         // Client, Value
	WarnPhoneInvalid     WarningCode = "phone_not_valid"         // Client, Value
	WarnPersonNotSent    WarningCode = "contact_person_not_sent" // Client, Name, Value: the person of a company
	WarnContactDiffers   WarningCode = "contact_differs"         // Client, Contact, Fields
	WarnContactKept      WarningCode = "contact_value_kept"      // Client, Contact, Fields
	WarnContactUnwritten WarningCode = "contact_not_written"     // Client, Owner, Contact, Fields
)

// The warnings about a matter.
const (
	WarnTextCleaned         WarningCode = "text_cleaned"           // Fields, Clients
	WarnTypeNormalised      WarningCode = "matter_type_normalised" // Value, Was: the matter type
	WarnTypeKept            WarningCode = "matter_type_kept"       // Value, Was: case type and matter type; or Name, Was: cases with their places
	WarnRoleKept            WarningCode = "client_role_kept"       // Name, Value, Was
	WarnNumberKept          WarningCode = "case_number_kept"       // Was
	WarnOpenedKept          WarningCode = "opened_date_kept"
	WarnClosedKept          WarningCode = "closed_date_kept"
	WarnMatterDiffers       WarningCode = "matter_differs"        // Name: its number, Values
	WarnResponsibleNotFound WarningCode = "responsible_not_found" // Value, Why or Cause
	WarnResponsibleRefused  WarningCode = "responsible_refused"   // Why or Cause
	WarnRoleRefused         WarningCode = "client_role_refused"   // Why or Cause
	WarnTypeRefused         WarningCode = "matter_type_refused"   // Why or Cause
	WarnOpenedRefused       WarningCode = "opened_at_refused"     // Why or Cause
	WarnClosedRefused       WarningCode = "closed_at_refused"     // Why or Cause
	WarnTagsRefused         WarningCode = "tags_refused"          // Fields: the tags, Cause
	WarnNotRepaired         WarningCode = "not_repaired"          // Fields: the field, Value: Smokeball's, Why: a RepairRefuse
)

// The warnings about a document. Each has File.
const (
	WarnDocumentNotSent     WarningCode = "document_not_sent"     // Cause
	WarnDocumentRemoved     WarningCode = "document_removed"      // File, Since: people removed it in Smokeball
	WarnDocumentNotCompared WarningCode = "document_not_compared" //
	WarnFileNameChanged     WarningCode = "file_name_changed"     // Was: the name in Smokeball
	WarnFileNotRenamed      WarningCode = "file_not_renamed"      // Was, Why or Cause
	WarnFolderRefused       WarningCode = "folder_refused"        // Value: the folder, Cause
	WarnFolderKept          WarningCode = "document_folder_kept"  // Value, Was: folders
)
