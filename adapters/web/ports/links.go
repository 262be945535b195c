package ports

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// Links link matters by hand. A firm that is not connected is a Rejection (Conflict).
type Links interface {
	// SearchMatters finds matters of the firm's Smokeball account by name, number or client;
	// more reports that there are others.
	SearchMatters(ctx context.Context, firm domain.FirmID, text string) (found []domain.FoundMatter, more bool, err error)
	// PlanLink says what a link of the matter to Smokeball's would join. A matter that either side
	// does not have is a Rejection (Unknown), one that is linked to another matter a Conflict.
	PlanLink(ctx context.Context, firm domain.FirmID, m domain.MatterID, to domain.SmokeballID) (domain.LinkPlan, error)
	// LinkMatter links the matter; it rejects what PlanLink does, a link over another one, and one
	// without the decision about the client that the plan requires.
	LinkMatter(ctx context.Context, by domain.User, m domain.MatterID, to LinkChoice) (position uint64, err error)
	// UnlinkMatter takes the matter's link back.
	UnlinkMatter(ctx context.Context, by domain.User, m domain.MatterID) (position uint64, err error)
}

// LinkChoice is the matter of Smokeball's that a person chose, and what they decided of its client.
type LinkChoice struct {
	Matter  domain.SmokeballID
	Client  domain.ClientChoice // "": nothing
	Contact domain.SmokeballID  // that is CaseHug's client; "": the only one that can be
}
