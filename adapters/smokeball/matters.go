package smokeball

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/casehug/smokeball-sync/domain"
)

// newMatter is the body that creates a matter.
type newMatter struct {
	ExternalSystemID string   `json:"externalSystemId,omitempty"`
	Number           string   `json:"number,omitempty"`
	MatterTypeID     string   `json:"matterTypeId,omitempty"`
	ClientIDs        []string `json:"clientIds"`
	ClientRole       string   `json:"clientRole,omitempty"`
	Description      string   `json:"description,omitempty"`
	Status           string   `json:"status,omitempty"`
	OpenedDate       string   `json:"openedDate,omitempty"`
	ClosedDate       string   `json:"closedDate,omitempty"`
	Responsible      string   `json:"personResponsibleStaffId,omitempty"`
}

// matterPatch is the body that changes a matter: what it leaves out stays.
type matterPatch struct {
	Number      *string  `json:"number,omitempty"`
	Description *string  `json:"description,omitempty"`
	Status      *string  `json:"status,omitempty"`
	OpenedDate  string   `json:"openedDate,omitempty"`
	ClosedDate  any      `json:"closedDate,omitempty"`
	ClientIDs   []string `json:"clientIds,omitempty"`
	Responsible any      `json:"personResponsibleStaffId,omitempty"`

	MatterTypeID string `json:"matterTypeId,omitempty"`
	ClientRole   string `json:"clientRole,omitempty"`
}

// cleared is the value that empties a field: null.
var cleared = json.RawMessage("null")

// matter is a matter as Smokeball shows it.
type matter struct {
	ID               string `json:"id"`
	ExternalSystemID string `json:"externalSystemId"`
	VersionID        string `json:"versionId"`
	Number           string `json:"number"`
	Title            string `json:"title"`
	Description      string `json:"description"`
	Status           string `json:"status"`
	MatterType       link   `json:"matterType"`
	Clients          []link `json:"clients"`
	OpenedDate       moment `json:"openedDate"`
	ClosedDate       moment `json:"closedDate"`
	Responsible      link   `json:"personResponsible"`
}

func (m *matter) check() error {
	if m.ID == "" {
		return errUnnamed
	}
	return nil
}

func (m matter) domain() domain.SmokeballMatter {
	return domain.SmokeballMatter{
		ID:           domain.SmokeballID(m.ID),
		ExternalID:   m.ExternalSystemID,
		VersionID:    m.VersionID,
		Number:       m.Number,
		Description:  m.Description,
		Title:        m.Title,
		Status:       m.Status,
		ClientIDs:    targets(m.Clients),
		MatterTypeID: string(m.MatterType.target()),
		OpenedDate:   m.OpenedDate.pointer(),
		ClosedDate:   m.ClosedDate.pointer(),

		ResponsibleStaffID: string(m.Responsible.target()),
		LastUpdated:        m.lastUpdated(),
	}
}

// lastUpdated is when the matter was changed last: its version counts in ticks.
func (m matter) lastUpdated() int64 {
	n, err := strconv.ParseInt(m.VersionID, 10, 64)
	if err != nil || n < ticksToUnix {
		return 0
	}
	return n
}

// CreateMatter asks for a new matter and returns the id that Smokeball reserved: it is
// accepted, and may take seconds to be there. rid marks what it causes.
func (c *Client) CreateMatter(ctx context.Context, firm domain.FirmID, d domain.MatterDraft, rid domain.RequestID, intend func(context.Context) error) (domain.SmokeballID, error) {
	body := newMatter{
		ExternalSystemID: d.ExternalID,
		Number:           d.Number,
		MatterTypeID:     d.MatterTypeID,
		ClientIDs:        texts(d.ClientIDs),
		ClientRole:       d.ClientRole,
		Description:      d.Description,
		Status:           d.Status,
		OpenedDate:       date(d.OpenedDate),
		ClosedDate:       date(d.ClosedDate),
		Responsible:      d.ResponsibleStaffID,
	}
	var accepted link
	err := c.do(ctx, firm, call{
		op: "create matter", method: http.MethodPost, path: []string{"matters"},
		body: body, request: rid, creates: true, intend: intend,
	}, &accepted)
	if err != nil {
		return "", err
	}
	return accepted.target(), nil
}

// PatchMatter changes what ch names and nothing else. An empty change makes no call.
func (c *Client) PatchMatter(ctx context.Context, firm domain.FirmID, id domain.SmokeballID, ch domain.MatterChange, rid domain.RequestID) error {
	if ch.Empty() {
		return nil
	}
	body := patchOf(ch)
	return c.do(ctx, firm, call{
		op: "update matter", method: http.MethodPatch, path: []string{"matters", string(id)},
		body: body, request: rid,
	}, nil)
}

func patchOf(ch domain.MatterChange) matterPatch {
	p := matterPatch{Number: ch.Number, Description: ch.Description, Status: ch.Status, OpenedDate: date(ch.OpenedDate), ClientIDs: texts(ch.ClientIDs),
		MatterTypeID: ch.MatterTypeID, ClientRole: ch.ClientRole}
	switch {
	case ch.ClosedDate != nil:
		p.ClosedDate = date(ch.ClosedDate)
	case ch.Reopened:
		p.ClosedDate = cleared
	}
	switch id := ch.ResponsibleStaffID; {
	case id == nil:
	case *id == "":
		p.Responsible = cleared
	default:
		p.Responsible = *id
	}
	return p
}

// Matter reads one matter.
func (c *Client) Matter(ctx context.Context, firm domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	var m matter
	if err := c.do(ctx, firm, get("read matter", nil, "matters", string(id)), &m); err != nil {
		return domain.SmokeballMatter{}, err
	}
	return m.domain(), nil
}

// FindMatters are all matters, not leads, that q leaves. Smokeball's search looks into
// several fields: the caller compares number and external id.
func (c *Client) FindMatters(ctx context.Context, firm domain.FirmID, q domain.MatterQuery) ([]domain.SmokeballMatter, error) {
	query := url.Values{}
	if q.Text != "" {
		query.Set("Search", q.Text)
	}
	if q.Contact != "" {
		query.Set("ContactId", string(q.Contact))
	}
	all, err := list(ctx, c.caller, firm, get("find matters", query, "matters"), func(m matter) string { return m.ID })
	if err != nil {
		return nil, err
	}
	found := make([]domain.SmokeballMatter, len(all))
	for i, m := range all {
		found[i] = m.domain()
	}
	return found, nil
}
