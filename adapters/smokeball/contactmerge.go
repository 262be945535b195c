package smokeball

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/casehug/smokeball-sync/domain"
)

// shownContact is a contact with all that Smokeball shows, numbers kept as written.
type shownContact map[string]any

// UnmarshalJSON reads the contact without losing digits.
func (s *shownContact) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*map[string]any)(s))
}

func (s *shownContact) check() error {
	if id, _ := (*s)["id"].(string); id == "" {
		return errUnnamed
	}
	return nil
}

// writable is the part of the contact that a write can carry, in the names of a write.
func (s shownContact) writable() map[string]any {
	body, _ := contactShape().keep(map[string]any(s)).(map[string]any)
	carryIDs(s, body, "company", "staff", "staffIds")
	carryIDs(s, body, "company", "directors", "directorIds")
	carryIDs(s, body, "groupOfPeople", "people", "peopleIds")
	carryManagers(body)
	return body
}

// carryIDs turns links that reads show into the ids that writes take.
func carryIDs(shown shownContact, body map[string]any, part, links, ids string) {
	from, _ := shown[part].(map[string]any)
	to, _ := body[part].(map[string]any)
	listed, ok := from[links].([]any)
	if !ok || to == nil || to[ids] != nil {
		return
	}
	carried := []string{}
	for _, l := range listed {
		entry, _ := l.(map[string]any)
		id, _ := entry["id"].(string)
		href, _ := entry["href"].(string)
		if target := (link{ID: id, Href: href}).target(); target != "" {
			carried = append(carried, string(target))
		}
	}
	to[ids] = carried
}

// carryManagers turns the word that reads show into the number that writes take.
func carryManagers(body map[string]any) {
	company, _ := body["company"].(map[string]any)
	switch company["companyManagedBy"] {
	case nil:
	case "Members":
		company["companyManagedBy"] = 0
	case "Managers":
		company["companyManagedBy"] = 1
	default:
		delete(company, "companyManagedBy")
	}
}

// bring writes a change into the body.
func bring(body map[string]any, c domain.ContactChange) {
	set(body, "externalSystemId", c.ExternalID, "")
	if p, ok := body["person"].(map[string]any); ok {
		set(p, "firstName", c.FirstName, c.Removed.FirstName)
		set(p, "lastName", c.LastName, c.Removed.LastName)
		reach(p, c)
	}
	if k, ok := body["company"].(map[string]any); ok {
		set(k, "name", c.CompanyName, c.Removed.CompanyName)
		reach(k, c)
	}
}

// reach writes how the client is reached.
func reach(part map[string]any, c domain.ContactChange) {
	set(part, "email", c.Email, c.Removed.Email)
	switch {
	case c.Phone != "":
		part["phone"] = map[string]any{"number": c.Phone}
	case c.Removed.Phone != "":
		delete(part, "phone")
	}
}

// set writes a value, or takes away what is removed: a write replaces the whole contact.
func set(part map[string]any, field, value, removed string) {
	switch {
	case value != "":
		part[field] = value
	case removed != "":
		delete(part, field)
	}
}

// contact is what CaseHug knows of the contact.
func (s shownContact) contact() (domain.SmokeballContact, error) {
	var c newContact
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	gone, _ := s["isDeleted"].(bool)
	return contact{newContact: c, IsDeleted: gone}.domain(), err
}

// shape names the fields that a write may carry, and the shape of those that are
// objects or lists of objects. A nil shape is a plain value or a list of them.
type shape map[string]shape

// keep is v without what the shape does not name and without nulls.
func (s shape) keep(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return s.keepObject(v)
	case []any:
		return s.keepList(v)
	case string:
		return wholeSeconds(v)
	}
	return v
}

func (s shape) keepObject(v map[string]any) any {
	if s == nil {
		return nil
	}
	kept := map[string]any{}
	for name, inner := range s {
		if value := inner.keep(v[name]); value != nil {
			kept[name] = value
		}
	}
	return kept
}

func (s shape) keepList(v []any) any {
	kept := []any{}
	for _, entry := range v {
		if value := s.keep(entry); value != nil {
			kept = append(kept, value)
		}
	}
	return kept
}

// wholeSeconds drops the fraction of a date-time, which Smokeball shows but refuses.
func wholeSeconds(s string) string {
	if m := fractionalTime.FindStringSubmatch(s); m != nil {
		return m[1] + m[2]
	}
	return s
}

var fractionalTime = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(Z|[+-]\d\d:\d\d|)$`)
