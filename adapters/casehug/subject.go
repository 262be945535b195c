package casehug

import (
	"encoding/json"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

const typePrefix = "com.casehug."

// address is what a subject says about the event on it.
type address struct {
	firm      domain.FirmID // "" if it names none
	eventType string        // "" if it names none that CaseHug sends
}

// parseSubject reads casehug.{firm}.{entity}.{action}.
func parseSubject(subject string) (address, []domain.FieldFault) {
	parts := strings.Split(subject, ".")
	if len(parts) != 4 || parts[0] != "casehug" {
		return address{}, []domain.FieldFault{{Reason: "is on a wrong subject; publish it on casehug.{firm}.{entity}.{action}"}}
	}
	var a address
	var faults []domain.FieldFault
	if domain.ValidID(parts[1]) {
		a.firm = domain.FirmID(parts[1])
	} else {
		faults = append(faults, domain.FieldFault{Reason: "is on a subject whose firm is not 1 to 64 of the characters A-Z a-z 0-9 _ -"})
	}
	if t := typePrefix + parts[2] + "." + parts[3]; fromCaseHug(t) {
		a.eventType = t
	} else {
		faults = append(faults, domain.FieldFault{Reason: "is on a subject that belongs to no event of CaseHug; see the bus's table of subjects"})
	}
	return a, faults
}

// fromCaseHug reports whether CaseHug sends events of the type.
func fromCaseHug(eventType string) bool {
	switch eventType {
	case domain.TypeMatterCreated, domain.TypeMatterUpdated, domain.TypeMatterSyncRequested,
		domain.TypeDocumentApproved, domain.TypeClientUpdated:
		return true
	}
	return false
}

// Address says where an event that came over HTTP for a firm is published: its
// subject, and the message id ({source}/{id}) by which the bus knows it again. It
// looks at the envelope only; Decode judges the rest. The error is *InvalidEvent.
func Address(firm domain.FirmID, header map[string]string, body []byte) (subject, msgID string, err error) {
	env, faults := unwrap(header, body)
	subject = "casehug." + string(firm) + "." + strings.TrimPrefix(env.attributes["type"], typePrefix)
	if len(faults) == 0 {
		faults = env.faults()
	}
	if len(faults) == 0 && !fromCaseHug(env.attributes["type"]) {
		faults = oneFault("/type", "is no event of CaseHug; see the bus's table of types")
	}
	if len(faults) == 0 {
		_, faults = parseSubject(subject) // the firm is the caller's
	}
	if len(faults) > 0 {
		return "", "", env.invalid(firm, subject, faults)
	}
	return subject, messageID(env.origin()), nil
}

// messageID is what the bus knows a CloudEvent by.
func messageID(e domain.EventRef) string { return e.Source + "/" + e.ID }

// RouteKey names what an event is about, so that events about one matter or one
// client can be handled in order: the stream of the matter, or of the client for a
// client's event. It looks no further than the ids, judges nothing, and gives the
// subject where it finds none.
func RouteKey(subject string, header map[string]string, body []byte) string {
	a, faults := parseSubject(subject)
	if len(faults) > 0 || len(body) > MaxEventBytes {
		return subject
	}
	ids := peek(header, body)
	if a.eventType == domain.TypeClientUpdated {
		if id := firstID(ids.Client.ClientID, ids.ClientID); id != "" {
			return domain.ClientStream(a.firm, domain.ClientID(id)).String()
		}
		return subject
	}
	if id := firstID(ids.Matter.MatterID, ids.Document.MatterID, ids.MatterID); id != "" {
		return domain.MatterStream(a.firm, domain.MatterID(id)).String()
	}
	return subject
}

// peeked are the ids in an event's data, in each of the shapes that Decode takes.
type peeked struct {
	MatterID string `json:"matter_id"`
	ClientID string `json:"client_id"`
	Matter   struct {
		MatterID string `json:"matter_id"`
	} `json:"matter"`
	Document struct {
		MatterID string `json:"matter_id"`
	} `json:"document"`
	Client struct {
		ClientID string `json:"client_id"`
	} `json:"client"`
}

// peek reads what ids it can; an error means that there are none.
func peek(header map[string]string, body []byte) peeked {
	body = withoutBOM(body)
	if modeOf(header) == binary {
		var ids peeked
		_ = json.Unmarshal(body, &ids)
		return ids
	}
	var event struct {
		Data peeked `json:"data"`
	}
	_ = json.Unmarshal(body, &event)
	return event.Data
}

func firstID(ids ...string) string {
	for _, id := range ids {
		if domain.ValidID(id) {
			return id
		}
	}
	return ""
}
