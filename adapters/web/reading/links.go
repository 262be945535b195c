package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// FoundMatter is a matter that Smokeball has.
type FoundMatter struct {
	ID       domain.SmokeballID `json:"smokeball_matter_id"`
	Number   string             `json:"number"`
	Name     string             `json:"name" doc:"Smokeball's description, which is where the matter's name is written."`
	Status   string             `json:"status"`
	Clients  []FoundClient      `json:"clients" doc:"The main one first."`
	Opened   *string            `json:"opened_at" doc:"A day."`
	LinkedTo *domain.MatterID   `json:"linked_to" doc:"The matter of this firm in CaseHug that is linked to it; null: none is."`
}

// FoundClient is a client of a matter that Smokeball has.
type FoundClient struct {
	ID   domain.SmokeballID `json:"contact_id"`
	Name *string            `json:"name" doc:"null where Smokeball does not show the contact."`
}

// FoundMatters are the matters as the API shows them.
func FoundMatters(list []domain.FoundMatter) []FoundMatter {
	bodies := make([]FoundMatter, 0, len(list))
	for _, m := range list {
		bodies = append(bodies, Found(m))
	}
	return bodies
}

// Found is the matter as the API shows it.
func Found(m domain.FoundMatter) FoundMatter {
	b := FoundMatter{ID: m.ID, Number: m.Number, Name: m.Description, Status: m.Status, Clients: []FoundClient{}, LinkedTo: Known(m.LinkedTo)}
	if m.OpenedDate != nil {
		day := m.OpenedDate.Format(time.DateOnly)
		b.Opened = &day
	}
	for _, c := range m.People {
		b.Clients = append(b.Clients, FoundClient{ID: c.ID, Name: Known(c.Name)})
	}
	return b
}

// partedBody says that a person unlinked the matter, and that nobody has said since what it is to
// become.
type partedBody struct {
	_    struct{}           `nullable:"true"`
	From domain.SmokeballID `json:"from" doc:"The matter in Smokeball that it was linked to."`
	By   string             `json:"by"`
	At   time.Time          `json:"at"`
}

func parted(m domain.Matter) *partedBody {
	if !m.Held() {
		return nil
	}
	return &partedBody{From: m.Parted.From, By: m.Parted.By, At: m.Parted.At}
}
