package bus

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"

	"github.com/nats-io/nats.go"
)

// The bucket is one namespace for all firms. The gate prefixes the names that a firm's tenant
// uses, so that the names of different firms never collide, and removes the prefix in answers.

// own is the prefix of all names of a firm's tenant in the bucket; "" for the shared tenant.
func (g tenant) own() string {
	if g.firm == "" {
		return ""
	}
	return ownName(g.firm, "")
}

// chunkID is the name of an object's chunks in the store.
func (g tenant) chunkID(nuid string) (string, error) {
	if nuid == "" || strings.ContainsAny(nuid, "~.*> \t\r\n") {
		return "", refusal("the name of the object's chunks is not a NUID; put the object with a NATS client")
	}
	return strings.TrimSuffix(g.own(), "/") + nuid, nil
}

// entrySubject returns the subject under which the store has the entry that the tenant names by
// its own subject.
func (g tenant) entrySubject(subject string) (string, error) {
	token := strings.TrimPrefix(subject, metas)
	name, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(token, "="))
	switch {
	case err != nil:
		return "", refusal("the object's entry is malformed; put it with a NATS client")
	case g.firm == "" && strings.HasPrefix(string(name), "~"):
		return "", refusal("names that begin with ~ are for the tenants of one firm; choose another")
	}
	return entryOf(Documents, g.own()+string(name)), nil
}

// writeOwner sets an entry's name and the id of its chunks to those in the store and, for a
// firm's tenant, records the firm.
func (g tenant) writeOwner(entry fields, header nats.Header, meta objectMeta, id string) {
	entry["name"], entry["nuid"] = encoded(g.own()+meta.Name), encoded(id)
	if g.firm == "" {
		return
	}
	marked := map[string]string{}
	maps.Copy(marked, meta.Metadata)
	marked[firmKey] = g.firm
	entry["metadata"] = encoded(marked)
	header.Set(firmHeader, g.firm)
}

// shown returns an entry with the names that the tenant used.
func (g tenant) shown(stored []byte) []byte {
	var entry fields
	if g.firm == "" || json.Unmarshal(stored, &entry) != nil || entry == nil {
		return stored
	}
	for _, field := range []struct{ name, prefix string }{{"name", g.own()}, {"nuid", strings.TrimSuffix(g.own(), "/")}} {
		if value, ok := strings.CutPrefix(text(entry[field.name]), field.prefix); ok {
			entry[field.name] = encoded(value)
		}
	}
	return encoded(entry)
}
