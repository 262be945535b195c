package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// DriftBody is a field of a linked matter, or of its first client, that both sides have otherwise.
type DriftBody struct {
	Matter      domain.MatterID        `json:"matter_id"`
	Title       string                 `json:"title" doc:"Of the matter."`
	Client      *domain.ClientID       `json:"client_id" doc:"Whose field it is; null: the matter's."`
	Field       string                 `json:"field"`
	CaseHug     string                 `json:"casehug"`
	Smokeball   string                 `json:"smokeball" doc:"What Smokeball was last seen to have."`
	State       projections.FieldState `json:"state" enum:"differs,not_sent,changing" doc:"not_sent: Smokeball was not told CaseHug's value. changing: it is being repaired, and read before that."`
	ChangedAt   *time.Time             `json:"changed_there_at" doc:"When people changed it in Smokeball, as far as it is known."`
	Since       time.Time              `json:"since" doc:"Since when it is known to differ."`
	LastChanged *lastChangedBody       `json:"last_changed" doc:"Who changed it last, and when; null: not known."`
	KnownBy     *domain.Proof          `json:"known_by" enum:"webhook,read,sweep"`
	KnownAt     *time.Time             `json:"known_at"`
	Owner       domain.FieldOwner      `json:"owner" enum:"casehug,smokeball,ask" doc:"Whose value counts, by the firm's table."`
	Repairing   *domain.SyncID         `json:"repairing" doc:"The sync that is to write CaseHug's value: the field stays in the list until Smokeball has taken it in, or the sync has ended otherwise. Null: none is."`
}

type lastChangedBody struct {
	_  struct{}            `nullable:"true"`
	By projections.Changer `json:"by" enum:"casehug,smokeball"`
	At *time.Time          `json:"at"`
}

// Drift is a part of a firm's differences, and the cursor of the rest.
func Drift(rows ports.Drift, firm domain.FirmID, q projections.DriftQuery, owners domain.FieldOwners) ([]DriftBody, uint64, error) {
	list, next, err := rows.Drift(firm, q)
	bodies := make([]DriftBody, 0, len(list))
	for _, d := range list {
		bodies = append(bodies, driftBody(d, owners))
	}
	return bodies, next, err
}

func driftBody(d projections.Drift, owners domain.FieldOwners) DriftBody {
	b := DriftBody{Matter: d.Matter, Title: d.Title, Client: Known(d.Client), Field: d.Name, CaseHug: d.CaseHug, State: d.State, Since: d.Since,
		KnownBy: Known(d.KnownBy), KnownAt: Known(d.KnownAt), Owner: owners.Of(d.Name), Repairing: Known(d.Repairing)}
	if d.Smokeball != nil {
		b.Smokeball = *d.Smokeball
	}
	if d.By == projections.ChangedBySmokeball {
		b.ChangedAt = Known(d.At)
	}
	if d.By != "" {
		b.LastChanged = &lastChangedBody{By: d.By, At: Known(d.At)}
	}
	return b
}
