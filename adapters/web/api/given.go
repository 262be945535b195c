package api

import (
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// syncMatterInput asks for a sync; the body is optional.
type syncMatterInput struct {
	FirmPath
	Matter string `path:"matter" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"The matter's id in CaseHug."`
	Body   *syncRequestBody
}

// syncRequestBody has no other members: a misspelt one would sync less than was meant. What is
// within matter and documents may have more, as in events.
type syncRequestBody struct {
	Matter    *matterGiven    `json:"matter,omitempty" doc:"The matter as CaseHug has it now."`
	Documents []documentGiven `json:"documents,omitempty" maxItems:"1000" doc:"Approved documents to sync with it."`
}

// matterGiven is a matter as CaseHug describes it: what the outside contract requires is
// required, and unknown members are ignored.
type matterGiven struct {
	_                struct{}      `nullable:"true" additionalProperties:"true"`
	ID               string        `json:"matter_id" pattern:"^[A-Za-z0-9_-]{1,64}$"`
	Version          int           `json:"version,omitempty" minimum:"0"`
	Title            string        `json:"title" pattern:"\\S" maxLength:"1000"`
	CaseNumber       *string       `json:"case_number,omitempty" nullable:"true" maxLength:"200"`
	CaseType         string        `json:"case_type" pattern:"\\S" maxLength:"1000"`
	PracticeArea     *string       `json:"practice_area,omitempty" nullable:"true" maxLength:"1000"`
	Jurisdiction     *string       `json:"jurisdiction,omitempty" nullable:"true" maxLength:"1000"`
	Status           string        `json:"status" enum:"active,pending,closed"`
	OpenedAt         *instant      `json:"opened_at,omitempty"`
	ClosedAt         *instant      `json:"closed_at,omitempty"`
	Client           clientGiven   `json:"client"`
	OtherClients     []clientGiven `json:"other_clients,omitempty" maxItems:"100"`
	ResponsibleEmail *string       `json:"responsible_email,omitempty" nullable:"true" maxLength:"320"`
	Tags             []string      `json:"tags,omitempty" maxItems:"200"`
}

type clientGiven struct {
	_           struct{} `additionalProperties:"true"`
	ID          string   `json:"client_id" pattern:"^[A-Za-z0-9_-]{1,64}$"`
	Version     int      `json:"version,omitempty" minimum:"0"`
	FirstName   *string  `json:"first_name,omitempty" nullable:"true" maxLength:"1000"`
	LastName    *string  `json:"last_name,omitempty" nullable:"true" maxLength:"1000"`
	CompanyName *string  `json:"company_name,omitempty" nullable:"true" maxLength:"1000"`
	Email       *string  `json:"email,omitempty" nullable:"true" maxLength:"320"`
	Phone       *string  `json:"phone,omitempty" nullable:"true" maxLength:"100"`
}

type documentGiven struct {
	_           struct{}     `additionalProperties:"true"`
	ID          string       `json:"document_id" pattern:"^[A-Za-z0-9_-]{1,64}$"`
	Matter      string       `json:"matter_id" pattern:"^[A-Za-z0-9_-]{1,64}$"`
	FileName    string       `json:"file_name" pattern:"\\S" maxLength:"256"`
	ContentType *string      `json:"content_type,omitempty" nullable:"true" maxLength:"255"`
	SizeBytes   *int64       `json:"size_bytes,omitempty" nullable:"true" minimum:"0"`
	SHA256      *string      `json:"sha256,omitempty" nullable:"true" pattern:"^([0-9A-Fa-f]{64})?$"`
	ApprovedBy  *string      `json:"approved_by,omitempty" nullable:"true" maxLength:"1000"`
	ApprovedAt  *instant     `json:"approved_at,omitempty"`
	Content     contentGiven `json:"content"`
	Folder      *string      `json:"folder,omitempty" nullable:"true" maxLength:"1000"`
}

type contentGiven struct {
	_      struct{} `additionalProperties:"true"`
	Object *string  `json:"object,omitempty" nullable:"true" pattern:"^(casehug-documents/.+)?$" maxLength:"1000"`
	URL    *string  `json:"url,omitempty" nullable:"true" maxLength:"8192"`
}

// request checks what a schema cannot express: everything is about the matter of the path,
// clients have a name, and documents name where their bytes are.
func (in syncMatterInput) request() (ports.SyncRequest, error) {
	var r ports.SyncRequest
	if in.Body == nil {
		return r, nil
	}
	if faults := in.Body.faults(in.Matter); len(faults) > 0 {
		p := problem.Invalid("", "")
		p.Errors = faults
		return r, p
	}
	if m := in.Body.Matter; m != nil {
		d := m.data()
		r.Matter = &d
	}
	for _, d := range in.Body.Documents {
		r.Documents = append(r.Documents, d.data())
	}
	return r, nil
}

const foreign = "must be the matter of the address"

func (b syncRequestBody) faults(matter string) []problem.Fault {
	var list []problem.Fault
	if m := b.Matter; m != nil {
		if m.ID != matter {
			list = append(list, problem.Fault{Field: "/matter/matter_id", Message: foreign})
		}
		list = append(list, blank("/matter/title", m.Title)...)
		list = append(list, blank("/matter/case_type", m.CaseType)...)
		list = append(list, m.Client.faults("/matter/client")...)
		for i, c := range m.OtherClients {
			list = append(list, c.faults(fmt.Sprintf("/matter/other_clients/%d", i))...)
		}
	}
	for i, d := range b.Documents {
		if d.Matter != matter {
			list = append(list, problem.Fault{Field: fmt.Sprintf("/documents/%d/matter_id", i), Message: foreign})
		}
		list = append(list, blank(fmt.Sprintf("/documents/%d/file_name", i), d.FileName)...)
		list = append(list, d.Content.faults(fmt.Sprintf("/documents/%d/content", i))...)
	}
	return list
}

func (c clientGiven) faults(at string) []problem.Fault {
	if domain.Text(text(c.LastName)+text(c.CompanyName)) == "" {
		return []problem.Fault{{Field: at + "/last_name", Message: "is missing; a person needs last_name, a company company_name"}}
	}
	return nil
}

// blank reports a text without a visible character.
func blank(at, s string) []problem.Fault {
	if domain.Text(s) == "" {
		return []problem.Fault{{Field: at, Message: "must be a text that is not blank"}}
	}
	return nil
}

func (c contentGiven) faults(at string) []problem.Fault {
	object, url := text(c.Object) != "", text(c.URL) != ""
	if object == url {
		return []problem.Fault{{Field: at, Message: "needs either object or url"}}
	}
	return nil
}

func (m matterGiven) data() domain.MatterData {
	d := domain.MatterData{
		ID: domain.MatterID(m.ID), Version: m.Version, Title: m.Title, CaseNumber: text(m.CaseNumber), CaseType: m.CaseType,
		PracticeArea: text(m.PracticeArea), Jurisdiction: text(m.Jurisdiction), Status: m.Status, OpenedAt: m.OpenedAt.time(), ClosedAt: m.ClosedAt.time(),
		Client: m.Client.data(), ResponsibleEmail: text(m.ResponsibleEmail), Tags: m.Tags,
	}
	for _, c := range m.OtherClients {
		d.OtherClients = append(d.OtherClients, c.data())
	}
	return d
}

func (c clientGiven) data() domain.ClientData {
	return domain.ClientData{ID: domain.ClientID(c.ID), Version: c.Version, FirstName: text(c.FirstName), LastName: text(c.LastName),
		CompanyName: text(c.CompanyName), Email: text(c.Email), Phone: text(c.Phone)}
}

func (d documentGiven) data() domain.DocumentData {
	return domain.DocumentData{ID: domain.DocumentID(d.ID), Matter: domain.MatterID(d.Matter), FileName: d.FileName, ContentType: text(d.ContentType),
		SizeBytes: d.SizeBytes, SHA256: strings.ToLower(text(d.SHA256)), ApprovedBy: text(d.ApprovedBy), ApprovedAt: d.ApprovedAt.time(),
		Content: domain.Content{Object: text(d.Content.Object), URL: text(d.Content.URL)}, Folder: text(d.Folder)}
}
