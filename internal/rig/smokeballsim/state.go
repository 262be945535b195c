package smokeballsim

import (
	"slices"
	"time"
)

// State is everything that the server holds and that is visible.
type State struct {
	Accounts []AccountState `json:"accounts"`
}

// AccountState is what one firm holds.
type AccountState struct {
	ID            string              `json:"id"`
	Name          string              `json:"name"`
	Connected     bool                `json:"connected"` // it has a valid refresh token
	Matters       []MatterState       `json:"matters"`
	Contacts      []ContactState      `json:"contacts"`
	Files         []FileState         `json:"files"`
	Subscriptions []SubscriptionState `json:"subscriptions"`
	Tasks         int                 `json:"tasks"`
	Events        int                 `json:"events"`
}

// MatterState is one matter.
type MatterState struct {
	ID               string    `json:"id"`
	ExternalSystemID string    `json:"externalSystemId"`
	Number           string    `json:"number"`
	Title            string    `json:"title"`
	Description      string    `json:"description"`
	Status           string    `json:"status"`
	IsLead           bool      `json:"isLead"`
	MatterTypeID     string    `json:"matterTypeId"`
	MatterType       string    `json:"matterType"`
	ClientIDs        []string  `json:"clientIds"`
	ClientRole       string    `json:"clientRole"`
	Responsible      string    `json:"personResponsibleStaffId"`
	Tags             []string  `json:"tags"`
	OpenedDate       string    `json:"openedDate"`
	ClosedDate       string    `json:"closedDate"`
	Updated          time.Time `json:"updated"`
}

// ContactState is one contact.
type ContactState struct {
	ID               string    `json:"id"`
	ExternalSystemID string    `json:"externalSystemId"`
	Kind             string    `json:"kind"` // Person, Organisation, Trust or GroupOfPeople
	Name             string    `json:"name"`
	Email            string    `json:"email"`
	Phones           []string  `json:"phones"` // in digits, with and without the area code
	IsDeleted        bool      `json:"isDeleted"`
	Updated          time.Time `json:"updated"`
}

// FileState is one file of a matter.
type FileState struct {
	ID             string         `json:"id"`
	MatterID       string         `json:"matterId"`
	Name           string         `json:"name"` // with its extension
	Folder         string         `json:"folder"`
	SizeBytes      int64          `json:"sizeBytes"`
	SHA256         string         `json:"sha256"` // in hex; "": no bytes yet
	Uploads        int            `json:"uploads"`
	AdditionalData map[string]any `json:"additionalData"`
	IsCancelled    bool           `json:"isCancelled"`
	IsDeleted      bool           `json:"isDeleted"`
}

// SubscriptionState is one webhook subscription.
type SubscriptionState struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	EventTypes []string `json:"eventTypes"`
	Signed     bool     `json:"signed"` // it has a key
}

// State is a copy of what the server holds now.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out State
	for _, a := range s.accounts {
		out.Accounts = append(out.Accounts, s.accountState(a))
	}
	return out
}

func (s *Server) accountState(a *account) AccountState {
	out := AccountState{
		ID: a.ID, Name: a.Name, Connected: s.consented(a), Matters: []MatterState{}, Contacts: []ContactState{},
		Files: []FileState{}, Subscriptions: []SubscriptionState{}, Tasks: count(a.Tasks), Events: count(a.Events),
	}
	for k := range a.Contacts.all() {
		out.Contacts = append(out.Contacts, contactState(k))
	}
	for m := range a.Matters.all() {
		out.Matters = append(out.Matters, s.matterState(a, m))
		for f := range m.Files.all() {
			out.Files = append(out.Files, fileState(m, f))
		}
	}
	for h := range a.Hooks.all() {
		out.Subscriptions = append(out.Subscriptions, SubscriptionState{h.ID, h.In.URL, slices.Clone(h.In.EventTypes), h.In.Key != ""})
	}
	return out
}

func count[T any](s *shelf[T]) int { return len(s.where(func(T) bool { return true })) }

func contactState(k *contact) ContactState {
	return ContactState{
		k.ID, k.In.ExternalSystemID, k.In.kind(), k.In.name(), k.In.email(), k.In.phones(), k.In.IsDeleted, k.Updated,
	}
}

func (s *Server) matterState(a *account, m *matter) MatterState {
	t, _ := s.matterType(a, m.In.MatterTypeID)
	tags := []string{}
	for _, tag := range m.Tags {
		tags = append(tags, tag.Name)
	}
	return MatterState{
		ID: m.ID, ExternalSystemID: m.In.ExternalSystemID, Number: m.In.Number, Title: a.title(m.In),
		Description: m.In.Description, Status: m.In.Status, IsLead: m.In.IsLead, MatterTypeID: t.ID, MatterType: t.Name,
		ClientIDs: slices.Clone(m.In.ClientIDs), ClientRole: m.In.ClientRole, Responsible: m.In.PersonResponsible,
		Tags: tags, OpenedDate: string(m.In.OpenedDate), ClosedDate: string(m.In.ClosedDate), Updated: m.Updated,
	}
}

func fileState(m *matter, f *file) FileState {
	folder, _ := m.Folders.get(f.Folder)
	out := FileState{
		ID: f.ID, MatterID: m.ID, Name: f.Name + f.Extension, SizeBytes: f.Current.Size, SHA256: f.Current.SHA256,
		Uploads: len(f.Contents), AdditionalData: f.Additional, IsCancelled: f.Cancelled, IsDeleted: f.Deleted,
	}
	if folder != nil {
		out.Folder = folder.Name
	}
	return out
}
