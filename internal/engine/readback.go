package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

func (e *Engine) sights() readback.Sights {
	return readback.Sights{Ledger: e.store.ledger, Smokeball: e.smokeball.client, Now: time.Now}
}

// reader reads what may have changed in Smokeball.
func (e *Engine) reader() *readback.Reader {
	return &readback.Reader{Sights: e.sights(), Views: unreadRows{e.store.views.Progress, e.store.views.Resources}, Attempt: unhurried, Log: e.log}
}

// checks marks what people have read again.
func (e *Engine) checks() readback.Checks {
	return readback.Checks{Ledger: e.store.ledger, Views: checkRows{e.store.views.Progress, e.store.views.Checks, e.store.views.Resources}, Now: time.Now, Log: e.log}
}

// differences carries out what is decided about fields that both sides have otherwise.
func (e *Engine) differences() syncing.Differences {
	return syncing.Differences{Ledger: e.store.ledger, Keys: e.smokeball.secrets.Vault, Now: time.Now, NewID: randomID}
}

// watched is Smokeball for syncs: what they read of linked matters is recorded.
type watched struct {
	*smokeball.Client
	sights    readback.Sights
	routes    projections.RouteRows
	resources projections.ResourceRows
}

func (w watched) Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	m, err := w.routes.MatterOf(f, id)
	if err != nil || m == "" {
		return w.Client.Matter(ctx, f, id)
	}
	return w.sights.Matter(ctx, f, m, id)
}

func (w watched) Contact(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballContact, error) {
	r, err := w.resources.Resource(f, id)
	if err != nil || len(r.Clients) == 0 {
		return w.Client.Contact(ctx, f, id)
	}
	return w.sights.Contact(ctx, f, r.Clients, id)
}

// changeInSmokeball is what people changed in Smokeball, as CaseHug is told of it.
func changeInSmokeball(env eventstore.Envelope) (json.RawMessage, error) {
	switch e := env.Event.(type) {
	case domain.MatterSeen:
		return json.Marshal(casehug.ChangedMatter(domain.MatterID(env.Stream.ID), e))
	case domain.ClientSeen:
		return json.Marshal(casehug.ChangedContact(e))
	case domain.DifferenceAccepted:
		return json.Marshal(casehug.AcceptedMatter(domain.MatterID(env.Stream.ID), e, env.At))
	case domain.ClientDifferenceAccepted:
		return json.Marshal(casehug.AcceptedContact(domain.ClientID(env.Stream.ID), e, env.At))
	}
	return nil, fmt.Errorf("an event %s tells of no change in Smokeball", env.Event.EventName())
}

// noDifferences are the decisions about differences of an engine that does not run.
type noDifferences struct{}

func (noDifferences) Accept(context.Context, domain.User, domain.FieldRef) (uint64, error) {
	return 0, notRunning("only a running one accepts Smokeball's values")
}

func (noDifferences) Repair(context.Context, domain.User, domain.FieldRef) (domain.SyncID, uint64, error) {
	return "", 0, notRunning("only a running one writes to Smokeball")
}

func (noDifferences) Check(context.Context, domain.User, domain.MatterID) (uint64, error) {
	return 0, notRunning("only a running one reads from Smokeball")
}
