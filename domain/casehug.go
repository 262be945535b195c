package domain

import "time"

// MatterData is a matter as CaseHug describes it, at one version.
type MatterData struct {
	ID               MatterID     `json:"matter_id"`
	Version          int          `json:"version"`
	Title            string       `json:"title"`
	CaseNumber       string       `json:"case_number,omitempty"`
	CaseType         string       `json:"case_type"`
	PracticeArea     string       `json:"practice_area,omitempty"`
	Jurisdiction     string       `json:"jurisdiction,omitempty"`
	Status           string       `json:"status"` // active, pending or closed
	OpenedAt         *time.Time   `json:"opened_at,omitempty"`
	ClosedAt         *time.Time   `json:"closed_at,omitempty"`
	Client           ClientData   `json:"client"`
	OtherClients     []ClientData `json:"other_clients,omitempty"`
	ResponsibleEmail string       `json:"responsible_email,omitempty"`
	Tags             []string     `json:"tags,omitempty"`
	Cleaned          []string     `json:"cleaned,omitempty"` // fields that characters were taken out of; see Tidy
}

// Clients are the matter's clients, the first one first.
func (m MatterData) Clients() []ClientData {
	return append([]ClientData{m.Client}, m.OtherClients...)
}

// ClientData is a client as CaseHug describes it, at one version: a person (last
// name) or a company (company name).
type ClientData struct {
	ID          ClientID `json:"client_id"`
	Version     int      `json:"version"`
	FirstName   string   `json:"first_name,omitempty"`
	LastName    string   `json:"last_name,omitempty"`
	CompanyName string   `json:"company_name,omitempty"`
	Email       string   `json:"email,omitempty"`
	Phone       string   `json:"phone,omitempty"`
	Cleaned     bool     `json:"cleaned,omitempty"` // characters were taken out of a text; see Tidy
}

// Name is how people call the client.
func (c ClientData) Name() string { return c.Called().String() }

// Called is the client's name: a company's where CaseHug names one, even beside the first and
// last name of somebody there.
func (c ClientData) Called() Name {
	if company := (Name{Company: Text(c.CompanyName)}); company.IsCompany() {
		return company
	}
	return Name{First: Text(c.FirstName), Last: Text(c.LastName)}
}

// DocumentData is an approved document as CaseHug describes it.
type DocumentData struct {
	ID          DocumentID `json:"document_id"`
	Matter      MatterID   `json:"matter_id"`
	FileName    string     `json:"file_name"`
	ContentType string     `json:"content_type,omitempty"`
	SizeBytes   *int64     `json:"size_bytes,omitempty"` // nil: CaseHug did not say
	SHA256      string     `json:"sha256,omitempty"`     // lower-case hex
	ApprovedBy  string     `json:"approved_by,omitempty"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	Content     Content    `json:"content"`
	Folder      string     `json:"folder,omitempty"`
	Cleaned     bool       `json:"cleaned,omitempty"` // characters were taken out of a text; see Tidy
}

// Content says where a document's bytes are: an object of the bus's object store
// (bucket/name) or an https URL. Exactly one is set.
type Content struct {
	Object string `json:"object,omitempty"`
	URL    string `json:"url,omitempty"`
}

// The types of CaseHug's events, as CloudEvents name them.
const (
	TypeMatterCreated       = "com.casehug.matter.created"
	TypeMatterUpdated       = "com.casehug.matter.updated"
	TypeDocumentApproved    = "com.casehug.document.approved"
	TypeClientUpdated       = "com.casehug.client.updated"
	TypeMatterSyncRequested = "com.casehug.matter.sync_requested"
	TypeWebhookReceived     = "com.smokeball.webhook.received"
)

// CaseHugEvent is one valid event of a CaseHug service. Which parts are set
// depends on Type: docs/api.md lists the types.
type CaseHugEvent struct {
	Origin      EventRef
	Type        string
	Firm        FirmID
	Time        time.Time
	Matter      *MatterData    // matter events; with a document event: its matter, if told
	Documents   []DocumentData // the approved document, or those to sync with the matter
	Client      *ClientData
	RequestedBy string
	// RequestedName is how RequestedBy is called, where they asked in person.
	RequestedName string
	Proof         AskProof // of RequestedBy
	// Digest is of what it says, its type and data, whatever else came with it. Empty: it is
	// the engine's own API's, and nobody else can give its id.
	Digest string
	// Vouched says that it came over the bus from a publisher who serves all firms: such a
	// publisher's word says whose an object of the store is.
	Vouched bool
}

// AskProof says how it is known who asked for a sync.
type AskProof string

// The proofs of who asked. Facts older than this distinction have none, and neither have
// those of the API and the console, where everybody is authenticated: their origin tells.
const (
	AskedByToken AskProof = "token" // the event came with the token of who asked
	AskedByWord  AskProof = "word"  // the event's sender says so
)

// Operator is the subject of what an operator of the engine does in a firm's place. It is
// no CaseHug user's.
const Operator = "~operator"

// FieldFault says what is wrong with one field of an event.
type FieldFault struct {
	Field  string `json:"field"` // JSON pointer, "" for the event as a whole
	Reason string `json:"reason"`
}

// Role is what a CaseHug user may do.
type Role string

// The roles of CaseHug's tokens.
const (
	FirmAdmin    Role = "firm_admin" // manages the connection and the settings
	StandardUser Role = "user"       // sees everything of the firm and triggers syncs
	Service      Role = "service"    // a service of CaseHug: posts events and does nothing else
)

// EveryFirm is the firm of a service that posts the events of every firm.
const EveryFirm FirmID = "*"

// User is a signed-in CaseHug user, as CaseHug's token says.
type User struct {
	Subject string    `json:"sub"`
	Firm    FirmID    `json:"firm_id"`
	Role    Role      `json:"role"`
	Name    string    `json:"name,omitempty"`
	Email   string    `json:"email,omitempty"`
	Called  string    `json:"firm_name,omitempty"` // the firm
	Expires time.Time `json:"exp"`
}

// Serves reports whether the token is for the firm.
func (u User) Serves(f FirmID) bool {
	return f == u.Firm || u.Role == Service && u.Firm == EveryFirm && ValidID(string(f))
}
