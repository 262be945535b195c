package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// fieldBody is one synced field: its value on both sides, how each is known and since when.
type fieldBody struct {
	Field     string                 `json:"field"`
	CaseHug   string                 `json:"casehug"`
	Smokeball *string                `json:"smokeball" doc:"What Smokeball was last seen to have; null where nothing is known."`
	State     projections.FieldState `json:"state" enum:"same,differs,accepted,not_sent,changing,unknown,empty" doc:"same and differs are said of what was read, or written and confirmed, after the last webhook about it; changing: it may have changed in Smokeball and is being read."`
	KnownBy   *domain.Proof          `json:"known_by" enum:"webhook,read,sweep" doc:"What showed Smokeball's value."`
	KnownAt   *time.Time             `json:"known_at" doc:"When that was recorded."`
	ChangedAt *time.Time             `json:"changed_there_at" doc:"When people changed the matter or the contact in Smokeball last, as far as it is known."`
	From      *originBody            `json:"from" doc:"The event that gave CaseHug's value."`
}

// originBody is the event that a value came from.
type originBody struct {
	_       struct{}  `nullable:"true"`
	Event   string    `json:"event"`
	Source  string    `json:"source"`
	ID      string    `json:"id"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

// fieldBodies are the fields of a matter as the API shows them.
func fieldBodies(list []projections.Field) []fieldBody {
	bodies := make([]fieldBody, 0, len(list))
	for _, f := range list {
		b := fieldBody{Field: f.Name, CaseHug: f.CaseHug, Smokeball: f.Smokeball, State: f.State,
			KnownBy: Known(f.KnownBy), KnownAt: Known(f.KnownAt), ChangedAt: Known(f.ChangedAt)}
		if o := f.From; o != nil {
			b.From = &originBody{Event: o.Event, Source: o.Ref.Source, ID: o.Ref.ID, Version: o.Version, At: o.At}
		}
		bodies = append(bodies, b)
	}
	return bodies
}

// The states of a document.
const (
	documentWaits     = "waiting"   // approved, nothing of it is in Smokeball
	DocumentAnnounced = "announced" // Smokeball expects its bytes
	DocumentUploaded  = "uploaded"  // all bytes are sent
	DocumentConfirmed = "confirmed" // Smokeball shows the file
	DocumentFailed    = "failed"    // the last attempt did not send it
)

func documentState(d domain.Document) string {
	switch {
	case d.Confirmed:
		return DocumentConfirmed
	case d.Failure != nil:
		return DocumentFailed
	case d.Uploaded:
		return DocumentUploaded
	case d.File != "":
		return DocumentAnnounced
	}
	return documentWaits
}
