package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// The states of a field.
const (
	StateSame     = "same"     // Smokeball was seen to have CaseHug's value
	StateAccepted = "accepted" // Smokeball accepted the value and has not shown it yet
	stateNotSent  = "not_sent" // this value was not sent to Smokeball
	StateLinked   = "linked"   // kept on the linked contact, which a sync compares
	StateEmpty    = "empty"    // CaseHug has no value
)

// fieldBody is one synced field: its value on both sides and where it came from.
type fieldBody struct {
	Field     string      `json:"field"`
	CaseHug   string      `json:"casehug"`
	Smokeball *string     `json:"smokeball" doc:"What Smokeball was last told or had; null where that is not kept."`
	State     string      `json:"state" enum:"same,accepted,not_sent,linked,empty"`
	From      *originBody `json:"from" doc:"The event that gave CaseHug's value."`
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

// fields compares both sides of each synced field of a matter.
func fields(r projections.MatterRow) []fieldBody {
	d, sent := r.Matter.Data, r.Matter.Smokeball.Sent
	values := projections.FieldValues(d)
	list := []fieldBody{
		matterField(r, "status", values, domain.SmokeballStatus(d.Status), sent.Status),
		matterField(r, "title", values, d.Title, sent.Description),
		matterField(r, "case_number", values, d.CaseNumber, sent.Number),
		matterField(r, "case_type", values, r.Matter.TypeID, sent.MatterTypeID),
		contactField(r, "client.name", values),
		contactField(r, "client.email", values),
		contactField(r, "client.phone", values),
	}
	if t := &list[3]; t.Smokeball != nil {
		t.Smokeball = &r.TypeName
	}
	return list
}

// matterField compares what Smokeball should have with what was last sent.
func matterField(r projections.MatterRow, name string, values map[string]string, want, sent string) fieldBody {
	f := field(r, name, values)
	linked := r.Matter.Smokeball
	if linked.ID == "" {
		return f
	}
	f.Smokeball = &sent
	switch {
	case want != sent && f.CaseHug != "":
		f.State = stateNotSent
	case f.CaseHug == "":
	case linked.Confirmed:
		f.State = StateSame
	default:
		f.State = StateAccepted
	}
	return f
}

// contactField says whether the value is kept on the linked contact.
func contactField(r projections.MatterRow, name string, values map[string]string) fieldBody {
	f := field(r, name, values)
	if f.CaseHug != "" && r.Matter.Contacts[r.Matter.Data.Client.ID] != "" {
		f.State = StateLinked
	}
	return f
}

// field is a field with the event that its value came from.
func field(r projections.MatterRow, name string, values map[string]string) fieldBody {
	f := fieldBody{Field: name, CaseHug: values[name], State: stateNotSent}
	if f.CaseHug == "" {
		f.State = StateEmpty
	}
	if o, ok := r.Fields[name]; ok {
		f.From = &originBody{Event: o.Event, Source: o.Ref.Source, ID: o.Ref.ID, Version: o.Version, At: o.At}
	}
	return f
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
