package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Links link matters by hand.
type Links struct {
	Rows        ports.Matters
	Links       ports.Links
	Progress    reading.Progress
	Provenances reading.Provenances
}

type searchInput struct {
	Reading
	Text string `query:"q" maxLength:"200" doc:"As Smokeball searches: in number, name, clients and other sides. Empty: any matter."`
}

// foundMatters is what a search found.
type foundMatters struct {
	Items []reading.FoundMatter `json:"items"`
	More  bool                  `json:"more" doc:"There are others: search for more of the name or number."`
}

// Search finds matters that Smokeball has.
func (l Links) Search(ctx context.Context, in *searchInput) (*answer[foundMatters], error) {
	found, more, err := l.Links.SearchMatters(ctx, in.firm(), in.Text)
	if err != nil {
		return nil, err
	}
	return &answer[foundMatters]{Body: foundMatters{Items: reading.FoundMatters(found), More: more}}, nil
}

// linkRequest is the matter that a person chose.
type linkRequest struct {
	Matter  domain.SmokeballID  `json:"smokeball_matter_id" minLength:"1" maxLength:"200" doc:"One of Smokeball's, as GET …/smokeball/matters shows it."`
	Client  domain.ClientChoice `json:"client,omitempty" enum:"keep,add,same" doc:"What a firm admin decided where the client of Smokeball's matter is not the contact that CaseHug's client is known to be (client_choice_required): keep the clients there, add CaseHug's beside them, or say that the contact is the same person."`
	Contact domain.SmokeballID  `json:"contact_id,omitempty" maxLength:"200" doc:"With same, the contact; it may be left out where only one can be it."`
}

type linkInput struct {
	FirmPath
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
	Body   linkRequest
}

// Link links the matter to one of Smokeball's.
func (l Links) Link(ctx context.Context, in *linkInput) (*change[reading.MatterBody], error) {
	b := in.Body
	position, err := l.Links.LinkMatter(ctx, auth.Actor(ctx, in.firm()), domain.MatterID(in.Matter), ports.LinkChoice{Matter: b.Matter, Client: b.Client, Contact: b.Contact})
	return l.after(ctx, in.firm(), in.Matter, position, err)
}

type unlinkInput struct {
	FirmPath
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
}

// Unlink takes the matter's link back.
func (l Links) Unlink(ctx context.Context, in *unlinkInput) (*change[reading.MatterBody], error) {
	position, err := l.Links.UnlinkMatter(ctx, auth.Actor(ctx, in.firm()), domain.MatterID(in.Matter))
	return l.after(ctx, in.firm(), in.Matter, position, err)
}

// after is the matter after its link has changed.
func (l Links) after(ctx context.Context, firm domain.FirmID, id string, position uint64, err error) (*change[reading.MatterBody], error) {
	if err == nil {
		err = l.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	row, err := reading.Matter(l.Rows, firm, domain.MatterID(id))
	if err != nil {
		return nil, err
	}
	body, err := l.Provenances.Matter(ctx, row)
	return changed(position, body), err
}
