package casehug

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Decode reads an event of a CaseHug service: a CloudEvent 1.0 in JSON, structured
// (all in the body, content type application/cloudevents+json or none) or binary
// (ce- headers in any case, the data in the body). The subject says which firm and
// which type the event is for, and the event's type must agree with it.
//
// Senders put a matter, client or document either right into data or into a member
// of its name ("matter", "client", "document"): the contract can be read both ways,
// the schemas tell the two apart without doubt, and refusing either would only lose
// events. For the same reason null stands for a field that is left out, and a
// version left out is 0: a sender that does not count its versions. What a version 0
// means for what is known already is decided where it is known, not here.
//
// Times come out in UTC, the days on which a matter was opened and closed with their offset;
// digests come out in lower case. Time is zero if the event has none.
// The error is *InvalidEvent.
func Decode(subject string, header map[string]string, body []byte) (domain.CaseHugEvent, error) {
	to, faults := parseSubject(subject)
	env, more := unwrap(header, body)
	faults = append(faults, more...)
	if len(more) > 0 {
		return domain.CaseHugEvent{}, env.invalid(to.firm, subject, faults)
	}
	faults = append(faults, env.faults()...)
	faults = append(faults, typeFaults(to, env)...)
	e, more := decodeData(env.attributes["type"], env.data)
	if faults = append(faults, more...); len(faults) > 0 {
		return domain.CaseHugEvent{}, env.invalid(to.firm, subject, faults)
	}
	e.Origin, e.Firm, e.Type = env.origin(), to.firm, to.eventType
	e.Time, _ = env.time()
	return e, nil
}

// typeFaults compares the type with the subject.
func typeFaults(to address, env envelope) []domain.FieldFault {
	told := env.attributes["type"]
	if to.eventType == "" || told == "" || told == to.eventType {
		return nil
	}
	return oneFault("/type", "must be %s on this subject", to.eventType)
}

// decodeData checks the data by its type's schema and reads it. An event whose type
// is missing or unknown has been refused for that already.
func decodeData(eventType string, data []byte) (domain.CaseHugEvent, []domain.FieldFault) {
	if !fromCaseHug(eventType) {
		return domain.CaseHugEvent{}, nil
	}
	if len(data) == 0 {
		return domain.CaseHugEvent{}, oneFault("", "has no data")
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return domain.CaseHugEvent{}, oneFault("", "has data that is not JSON, or a number in it that is too large")
	}
	if err := schemas().events[eventType].rule.Validate(value); err != nil {
		return domain.CaseHugEvent{}, dataFaults(err)
	}
	e, faults := readData(eventType, value.(map[string]any))
	e.Digest = digest(eventType, value)
	return e, faults
}

// digest is of what an event says, the same by whatever transport and in whatever order of
// members it comes, and however often it is sent.
func digest(eventType string, data any) string {
	plain, _ := json.Marshal(data) // was JSON, and is in one order now
	sum := sha256.Sum256(append([]byte(eventType+"\n"), plain...))
	return hex.EncodeToString(sum[:16])
}

// readData reads data that its schema has passed.
func readData(eventType string, data object) (domain.CaseHugEvent, []domain.FieldFault) {
	var e domain.CaseHugEvent
	switch eventType {
	case domain.TypeClientUpdated:
		c := readClient(data.inner("client"))
		e.Client = &c
		return e, nil
	case domain.TypeDocumentApproved:
		return readApproval(data)
	}
	m := readMatter(data.inner("matter"))
	e.Matter = &m
	if eventType != domain.TypeMatterSyncRequested {
		return e, nil
	}
	e.RequestedBy, e.Proof = data.text("requested_by"), domain.AskedByWord
	e.Documents = readEach(data, "documents", readDocument)
	return e, foreignDocuments(e, "/documents")
}

// readApproval reads a document and, if it came along, its matter.
func readApproval(data object) (domain.CaseHugEvent, []domain.FieldFault) {
	e := domain.CaseHugEvent{Documents: []domain.DocumentData{readDocument(data.inner("document"))}}
	if m, ok := data.child("matter"); ok {
		matter := readMatter(m)
		e.Matter = &matter
	}
	if e.Matter == nil || e.Documents[0].Matter == e.Matter.ID {
		return e, nil
	}
	if _, nested := data.child("document"); nested {
		return e, oneFault("/document/matter_id", foreignReason)
	}
	return e, oneFault("/matter_id", foreignReason)
}

const foreignReason = "must be the matter_id of the matter in the same event"

// foreignDocuments finds the documents of other matters in a list of documents.
func foreignDocuments(e domain.CaseHugEvent, at string) []domain.FieldFault {
	var faults []domain.FieldFault
	for i, d := range e.Documents {
		if d.Matter != e.Matter.ID {
			faults = append(faults, oneFault(itemField(at, i, "matter_id"), foreignReason)...)
		}
	}
	return bounded(faults)
}

// invalid is the error for the event in e.
func (e envelope) invalid(firm domain.FirmID, subject string, faults []domain.FieldFault) *InvalidEvent {
	return &InvalidEvent{
		Firm:    firm,
		Origin:  e.origin(),
		Type:    e.typeName(),
		Subject: cut(subject, maxSourceBytes),
		Faults:  faults,
	}
}

// origin is the identity of the event, cut where it is longer than it may be.
func (e envelope) origin() domain.EventRef {
	return domain.EventRef{
		Source: cut(e.attributes["source"], maxSourceBytes),
		ID:     cut(e.attributes["id"], maxIDBytes),
	}
}

// typeName is the type if it looks like one: what else may stand there is not repeated.
func (e envelope) typeName() string {
	t := e.attributes["type"]
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	}
	if len(t) > maxTypeBytes || strings.ContainsFunc(t, odd) {
		return ""
	}
	return t
}

// time is when the event happened; zero if it does not say.
func (e envelope) time() (time.Time, error) {
	text, ok := e.attributes["time"]
	if !ok {
		return time.Time{}, nil
	}
	t, err := domain.ParseMoment(text)
	return t.UTC(), err
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
