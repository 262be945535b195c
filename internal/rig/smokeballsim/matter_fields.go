package smokeballsim

import "encoding/json"

// The shapes of matters, as the vendor's API describes them.

// matterFields can be written when a matter is made, replaced or patched.
type matterFields struct {
	ExternalSystemID        string         `json:"externalSystemId,omitempty"`
	Number                  string         `json:"number,omitempty"`
	MatterTypeID            string         `json:"matterTypeId,omitempty"`
	ClientIDs               []string       `json:"clientIds,omitempty"`
	OtherSideIDs            []string       `json:"otherSideIds,omitempty"`
	BranchID                string         `json:"branchId,omitempty"`
	BranchProviderID        string         `json:"branchProviderId,omitempty"`
	ClientRole              string         `json:"clientRole,omitempty"`
	Description             string         `json:"description,omitempty"`
	Status                  string         `json:"status,omitempty"`
	OpenedDate              dateTime       `json:"openedDate,omitempty"`
	ClosedDate              dateTime       `json:"closedDate,omitempty"`
	LeadOpenedDate          dateTime       `json:"leadOpenedDate,omitempty"`
	LeadClosedDate          dateTime       `json:"leadClosedDate,omitempty"`
	LeadClosedReason        string         `json:"leadClosedReason,omitempty"`
	ReferralType            string         `json:"referralType,omitempty"`
	ReferrerID              string         `json:"referrerId,omitempty"`
	ReferralFeeType         string         `json:"referralAgreementFeeType,omitempty"`
	ReferralFee             *float64       `json:"referralAgreementFee,omitempty"`
	ReferralFeeComment      string         `json:"referralAgreementFeeComment,omitempty"`
	PersonResponsible       string         `json:"personResponsibleStaffId,omitempty"`
	PersonAssisting         string         `json:"personAssistingStaffId,omitempty"`
	PersonsAssisting        []string       `json:"personAssistingStaffIds,omitempty"`
	Originating             string         `json:"originatingStaffId,omitempty"`
	OriginatingMore         []string       `json:"originatingStaffIds,omitempty"`
	SplitOriginatingSetting *splitSettings `json:"splitOriginatingStaffSettings,omitempty"`
	Supervisor              string         `json:"supervisorStaffId,omitempty"`
	ClientCode              string         `json:"clientCode,omitempty"`
	IsLead                  bool           `json:"isLead,omitempty"`
}

type splitSettings struct {
	IsEnabled        bool         `json:"isEnabled,omitempty"`
	Split            []splitStaff `json:"splitMatterStaffs,omitempty"`
	SplitMethod      string       `json:"splitMethod,omitempty"`
	RemainderStaffID string       `json:"remainderStaffId,omitempty"`
}

type splitStaff struct {
	StaffID string `json:"matterStaffId,omitempty"`
	Ratio   int64  `json:"matterStaffRatio,omitempty"`
}

// matterIn is a matter as POST and PUT write it.
type matterIn struct {
	matterFields
	OtherSideRole string `json:"otherSideRole,omitempty"`
}

// matterPatch is what PATCH takes.
type matterPatch struct {
	matterFields
	DateOpened dateTime        `json:"dateOpened,omitempty"` // an older name of openedDate
	Items      json.RawMessage `json:"items,omitempty"`
}

// matterOut is a matter as it is read.
type matterOut struct {
	hyper
	ID                 string         `json:"id"`
	ExternalSystemID   string         `json:"externalSystemId,omitempty"`
	VersionID          string         `json:"versionId"` // .NET ticks
	Number             string         `json:"number,omitempty"`
	Title              string         `json:"title"`
	MatterType         *link          `json:"matterType,omitempty"`
	Clients            []link         `json:"clients"`
	OtherSides         []link         `json:"otherSides"`
	Description        string         `json:"description,omitempty"`
	Status             string         `json:"status"`
	PersonResponsible  *link          `json:"personResponsible,omitempty"`
	PersonAssisting    *link          `json:"personAssisting,omitempty"`
	PersonsAssisting   []link         `json:"personAssistingStaffs"`
	Originating        *link          `json:"originatingStaff,omitempty"`
	OriginatingMore    []link         `json:"originatingStaffs"`
	Split              *splitSettings `json:"splitOriginatingStaffSettings,omitempty"`
	Supervisor         *link          `json:"supervisor,omitempty"`
	ClientCode         string         `json:"clientCode,omitempty"`
	OpenedDate         dateTime       `json:"openedDate,omitempty"`
	ClosedDate         dateTime       `json:"closedDate,omitempty"`
	LeadOpenedDate     dateTime       `json:"leadOpenedDate,omitempty"`
	LeadClosedDate     dateTime       `json:"leadClosedDate,omitempty"`
	LeadClosedReason   string         `json:"leadClosedReason,omitempty"`
	IsLead             bool           `json:"isLead"`
	Branch             *link          `json:"branch,omitempty"`
	BranchProviderID   string         `json:"branchProviderId,omitempty"`
	ReferralType       string         `json:"referralType,omitempty"`
	Referrer           *link          `json:"referrer,omitempty"`
	ReferralFeeType    string         `json:"referralAgreementFeeType,omitempty"`
	ReferralFee        *float64       `json:"referralAgreementFee,omitempty"`
	ReferralFeeComment string         `json:"referralAgreementFeeComment,omitempty"`
	Tags               []matterTag    `json:"tags,omitempty"`
}

type matterTag struct {
	ID    string `json:"id"`
	Type  string `json:"type"` // Custom or Staff
	Name  string `json:"name"`
	Color string `json:"color"`
	Staff *link  `json:"staff,omitempty"`
}

// matterTagIn is a tag as it is written.
type matterTagIn struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
	Type  string `json:"type"`
}
