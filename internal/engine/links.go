package engine

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// links are what people do about links by hand, as the HTTP side knows it.
type links struct{ *syncing.Links }

// links makes calls that a person waits for.
func (e *Engine) links() *syncing.Links {
	return &syncing.Links{Ledger: e.store.ledger, Smokeball: e.smokeball.client, Views: e.store.views.Routes, Keys: e.smokeball.secrets.Vault, Now: time.Now,
		Priority: func(ctx context.Context, f domain.FirmID) context.Context {
			return priority(ctx, f, domain.TriggerManual)
		}}
}

func (l links) SearchMatters(ctx context.Context, f domain.FirmID, text string) ([]domain.FoundMatter, bool, error) {
	return l.Search(ctx, f, text)
}

func (l links) PlanLink(ctx context.Context, f domain.FirmID, m domain.MatterID, to domain.SmokeballID) (domain.LinkPlan, error) {
	return l.Plan(ctx, f, m, to)
}

func (l links) LinkMatter(ctx context.Context, by domain.User, m domain.MatterID, to ports.LinkChoice) (uint64, error) {
	position, err := l.Link(ctx, by, m, syncing.LinkRequest(to))
	if r := domain.AsRejection(err); r != nil && r.Failure.Code == domain.CodeAlreadyLinked && ports.CallToken(ctx) != "" {
		if at, same, unread := l.Linked(ctx, by.Firm, m, to.Matter); same || unread != nil {
			return at, unread // the same call did it before
		}
	}
	return position, err
}

func (l links) UnlinkMatter(ctx context.Context, by domain.User, m domain.MatterID) (uint64, error) {
	return l.Unlink(ctx, by, m)
}

// noLinks are the links by hand of an engine that does not run.
type noLinks struct{}

func (noLinks) SearchMatters(context.Context, domain.FirmID, string) ([]domain.FoundMatter, bool, error) {
	return nil, false, notRunning("only a running one searches Smokeball")
}

func (noLinks) PlanLink(context.Context, domain.FirmID, domain.MatterID, domain.SmokeballID) (domain.LinkPlan, error) {
	return domain.LinkPlan{}, notRunning("only a running one links matters")
}

func (noLinks) LinkMatter(context.Context, domain.User, domain.MatterID, ports.LinkChoice) (uint64, error) {
	return 0, notRunning("only a running one links matters")
}

func (noLinks) UnlinkMatter(context.Context, domain.User, domain.MatterID) (uint64, error) {
	return 0, notRunning("only a running one unlinks matters")
}
