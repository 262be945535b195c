package domain

import (
	"encoding/json"
	"time"
)

// MatterDraft is a matter as it is sent to Smokeball.
type MatterDraft struct {
	ExternalID   string        `json:"external_id"` // CaseHug's matter id
	Number       string        `json:"number,omitempty"`
	Description  string        `json:"description"` // what people call the matter's name
	MatterTypeID string        `json:"matter_type_id"`
	ClientIDs    []SmokeballID `json:"client_ids"`
	ClientRole   string        `json:"client_role,omitempty"` // empty: the type's default
	Status       string        `json:"status"`                // Open, Pending or Closed
	OpenedDate   *time.Time    `json:"opened_date,omitempty"` // whole seconds
	ClosedDate   *time.Time    `json:"closed_date,omitempty"` // whole seconds

	ResponsibleStaffID string `json:"responsible_staff_id,omitempty"`
}

// MatterChange names the fields of a Smokeball matter to write; nil fields stay.
type MatterChange struct {
	Number      *string       `json:"number,omitempty"`
	Description *string       `json:"description,omitempty"`
	Status      *string       `json:"status,omitempty"`
	ClosedDate  *time.Time    `json:"closed_date,omitempty"`
	ClientIDs   []SmokeballID `json:"client_ids,omitempty"`

	ResponsibleStaffID *string `json:"responsible_staff_id,omitempty"` // of "": nobody

	OpenedDate *time.Time `json:"opened_date,omitempty"`
	Reopened   bool       `json:"reopened,omitempty"` // the closed date goes

	MatterTypeID string `json:"matter_type_id,omitempty"`
	ClientRole   string `json:"client_role,omitempty"` // only with another type
}

// Empty reports whether nothing would be written.
func (c MatterChange) Empty() bool {
	return c.Number == nil && c.Description == nil && c.Status == nil && c.ClosedDate == nil && c.ClientIDs == nil && c.ResponsibleStaffID == nil &&
		c.OpenedDate == nil && !c.Reopened && c.MatterTypeID == "" && c.ClientRole == ""
}

// SmokeballMatter is a matter as Smokeball shows it.
type SmokeballMatter struct {
	ID           SmokeballID
	ExternalID   string
	VersionID    string
	Number       string
	Description  string
	Title        string
	Status       string
	ClientIDs    []SmokeballID
	MatterTypeID string
	OpenedDate   *time.Time
	ClosedDate   *time.Time

	ResponsibleStaffID string
	LastUpdated        int64 // .NET ticks, UTC; 0: not told
}

// Gone reports whether people have deleted or cancelled the matter.
func (m SmokeballMatter) Gone() bool { return m.Status == "Deleted" || m.Status == "Cancelled" }

// MatterQuery narrows a search for matters. Smokeball searches Text in clients,
// other sides, description and number; Contact keeps only that client's matters.
// Empty fields do not narrow.
type MatterQuery struct {
	Text    string
	Contact SmokeballID
}

// SmokeballContact is a contact as Smokeball shows it.
type SmokeballContact struct {
	ID          SmokeballID
	Link        string      // where Smokeball has it
	Kind        ContactKind // empty: a group or a trust
	ExternalID  string
	VersionID   string
	FirstName   string
	MiddleName  string
	LastName    string
	NameSuffix  string
	CompanyName string
	Email       string
	Phone       string
	Deleted     bool
	LastUpdated int64 // .NET ticks, UTC
}

// Name is what the contact is called.
func (c SmokeballContact) Name() Name {
	return Name{First: c.FirstName, Middle: c.MiddleName, Last: c.LastName, Suffix: c.NameSuffix, Company: c.CompanyName}
}

// ContactQuery finds contacts that are not deleted. Empty fields do not narrow.
type ContactQuery struct {
	Email string // exact, without regard to case
	Name  string // as Smokeball matches names
	Phone string
}

// MatterPage is a page of the account's matters, those that changed last at its end.
type MatterPage struct {
	Matters []SmokeballMatter
	More    bool // others follow
}

// ContactPage is a page of the account's contacts, those that changed last at its end.
type ContactPage struct {
	Contacts []SmokeballContact
	More     bool // others follow
}

// FileDraft is a file as it is announced to Smokeball before its bytes follow.
type FileDraft struct {
	Name       string            // with extension, at most 256 characters
	Folder     SmokeballID       // empty: see FolderPath
	FolderPath string            // where the folder has no id; empty: the matter's root
	Data       map[string]string // fileAdditionalData: our ids, which reads show again
}

// FileDocumentKey is the key in a file's additional data that holds the CaseHug
// document id; FileDigestKey holds the approved content's SHA-256.
const (
	FileDocumentKey = "casehugDocumentId"
	FileDigestKey   = "casehugSha256"
)

// Upload is where a file's bytes go: a pre-signed URL with an end.
type Upload struct {
	File   SmokeballID
	URL    string
	Expiry time.Time
}

// SmokeballFile is a file as Smokeball shows it.
type SmokeballFile struct {
	ID        SmokeballID
	VersionID string
	Name      string // without extension
	Extension string
	Folder    SmokeballID // empty: the matter's root
	SizeBytes int64
	Uploaded  bool
	Cancelled bool
	Deleted   bool
	Data      map[string]string
	Modified  time.Time // zero: not told
}

// SmokeballFolder is a folder for documents in a Smokeball matter.
type SmokeballFolder struct {
	ID     SmokeballID
	Parent SmokeballID // empty: the matter's root
	Name   string
}

// MatterType is one of the account's matter types.
type MatterType struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Category string   `json:"category"` // the practice area
	Location string   `json:"location,omitempty"`
	Lead     bool     `json:"lead,omitempty"`
	Deleted  bool     `json:"deleted,omitempty"`
	Roles    []string `json:"roles,omitempty"` // representative options
}

// Account is the Smokeball account that a firm is connected to.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Subscription is a firm's webhook subscription in Smokeball.
type Subscription struct {
	ID    string
	Name  string
	URL   string
	Types []string
}

// PlannedCall is a call of Smokeball's API that would be made.
type PlannedCall struct {
	Op     string // such as "create matter"
	Method string
	Path   string          // with its query
	Body   json.RawMessage // nil: none
	// Confirms says that it only looks whether what was accepted is there.
	Confirms bool
}
