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
	"github.com/casehug/smokeball-sync/projections"
)

func (e *Engine) sights() readback.Sights {
	return readback.Sights{Ledger: e.store.ledger, Smokeball: e.smokeball.client, Now: time.Now}
}

// reader reads what may have changed in Smokeball.
func (e *Engine) reader() *readback.Reader {
	return &readback.Reader{Sights: e.sights(), Views: e.store.views, Attempt: unhurried, Log: e.log}
}

// watched is Smokeball for syncs: what they read of linked matters is recorded.
type watched struct {
	*smokeball.Client
	sights readback.Sights
	views  *projections.Views
}

func (w watched) Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (domain.SmokeballMatter, error) {
	m, err := w.views.MatterOf(f, id)
	if err != nil || m == "" {
		return w.Client.Matter(ctx, f, id)
	}
	return w.sights.Matter(ctx, f, m, id)
}

// changeInSmokeball is what people changed in Smokeball, as CaseHug is told of it.
func changeInSmokeball(env eventstore.Envelope) (json.RawMessage, error) {
	switch e := env.Event.(type) {
	case domain.MatterSeen:
		return json.Marshal(casehug.ChangedMatter(domain.MatterID(env.Stream.ID), e))
	case domain.ClientSeen:
		return json.Marshal(casehug.ChangedContact(e))
	}
	return nil, fmt.Errorf("an event %s tells of no change in Smokeball", env.Event.EventName())
}
