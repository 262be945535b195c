package bus

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// entryFields are the fields that an object's entry may have.
func entryFields() []string {
	return []string{"name", "description", "headers", "metadata", "options", "bucket", "nuid", "size", "mtime", "chunks", "digest", "deleted"}
}

// objectMeta is what the gate reads of an object's entry in the store.
type objectMeta struct {
	Name     string            `json:"name"`
	Bucket   string            `json:"bucket"`
	NUID     string            `json:"nuid"`
	Size     uint64            `json:"size"`
	Deleted  bool              `json:"deleted"`
	Metadata map[string]string `json:"metadata"`
	Options  struct {
		Link json.RawMessage `json:"link"`
	} `json:"options"`
}

// documents answers the requests that putting an object takes: its present entry, and the
// removal of chunks that no entry names any more.
func (g *gate) documents(c call, request string) error {
	switch {
	case request == "STREAM.PURGE."+documentsOf:
		return g.purge(c)
	case request == "STREAM.MSG.GET."+documentsOf:
		return g.entryByBody(c, g.relayEntry)
	case request == "DIRECT.GET."+documentsOf:
		return g.entryByBody(c, g.passEntry)
	case strings.HasPrefix(request, "DIRECT.GET."+documentsOf+"."):
		subject := strings.TrimPrefix(request, "DIRECT.GET."+documentsOf+".")
		if !oneToken(subject, metas) {
			return entriesOnly
		}
		return g.passEntry(c, subject)
	}
	return noAccess
}

const entriesOnly = refusal("tenants can only look an object's entry up, not read the document")

func (g *gate) entryByBody(c call, answer func(call, string) error) error {
	var ask fields
	if err := json.Unmarshal(c.msg.Data, &ask); err != nil || len(ask) != 1 {
		return refusal("tenants can only look an object's entry up by its subject")
	}
	subject := text(ask["last_by_subj"])
	if !oneToken(subject, metas) {
		return entriesOnly
	}
	return answer(c, subject)
}

// relayEntry answers with the entry in JSON.
func (g *gate) relayEntry(c call, subject string) error {
	stored, err := c.tenant.entrySubject(subject)
	if err != nil {
		return err
	}
	m, err := g.ask(apiPrefix+"STREAM.MSG.GET."+documentsOf, encoded(map[string]string{"last_by_subj": stored}))
	if err != nil {
		return err
	}
	var answer, message fields
	var data []byte
	if json.Unmarshal(m.Data, &answer) == nil && json.Unmarshal(answer["message"], &message) == nil && json.Unmarshal(message["data"], &data) == nil {
		message["subject"], message["data"] = encoded(subject), encoded([]byte(c.tenant.shown(data)))
		answer["message"] = encoded(message)
		m.Data = encoded(answer)
	}
	g.respond(c, nil, m.Data)
	return nil
}

// passEntry answers with the entry as a direct read does.
func (g *gate) passEntry(c call, subject string) error {
	stored, err := c.tenant.entrySubject(subject)
	if err != nil {
		return err
	}
	m, err := g.ask(apiPrefix+"DIRECT.GET."+documentsOf+"."+stored, nil)
	if err != nil {
		return err
	}
	header := nats.Header{}
	for name, values := range m.Header {
		header[name] = values
	}
	header.Del(firmHeader)
	if m.Header.Get(jetstream.SubjectHeader) != "" {
		header.Set(jetstream.SubjectHeader, subject)
	}
	g.respond(c, header, c.tenant.shown(m.Data))
	return nil
}

// purge forwards the removal of chunks that the tenant wrote and no entry names. It refuses to
// remove entries or the whole bucket.
func (g *gate) purge(c call) error {
	var ask fields
	if err := json.Unmarshal(c.msg.Data, &ask); err != nil || len(ask) != 1 || !oneToken(text(ask["filter"]), chunks) {
		return refusal("tenants can only remove the chunks of one object; filter by them")
	}
	id, err := c.tenant.chunkID(strings.TrimPrefix(text(ask["filter"]), chunks))
	if err != nil {
		return err
	}
	if !g.chunkOwners.mayPurge(c.tenant, id) {
		return refusal("tenants can only remove chunks that they wrote and that no object has")
	}
	if err := g.overwrite(id); err != nil {
		return err
	}
	m, err := g.ask(c.subject, encoded(map[string]string{"filter": chunks + id}))
	if err != nil {
		return err
	}
	g.chunkOwners.forget(id)
	g.respond(c, nil, m.Data)
	return nil
}

// overwriteFor is how long a tenant's removal of chunks overwrites them: the tenant waits for its answer.
const overwriteFor = gateTimeout / 2

// overwrite destroys the bytes of chunks on disk, so that they do not stay in free space. What is
// left of a large document after a while is only removed.
func (g *gate) overwrite(id string) error {
	ctx, cancel := context.WithTimeout(g.open, overwriteFor)
	defer cancel()
	err := g.of.eraseIn(ctx, g.js, documentsOf, []string{chunks + id}, all)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// object forwards a chunk or an entry to the object store.
func (g *gate) object(c call) error {
	switch {
	case oneToken(c.subject, chunks):
		return g.putChunk(c)
	case oneToken(c.subject, metas):
		return g.putEntry(c)
	}
	return noAccess
}

func (g *gate) putChunk(c call) error {
	id, err := c.tenant.chunkID(strings.TrimPrefix(c.subject, chunks))
	if err != nil {
		return err
	}
	header, err := storable(c.msg.Header, false)
	if err != nil {
		return err
	}
	if err := g.mayWrite(c.tenant, id); err != nil {
		return err
	}
	c.subject = chunks + id
	return g.forward(c, header, c.msg.Data)
}

// mayWrite refuses chunks of a complete object, or of one that another tenant is writing.
func (g *gate) mayWrite(who tenant, id string) error {
	if known, mine := g.chunkOwners.writes(who, id); known {
		if !mine {
			return notYourChunks
		}
		return nil
	}
	there, err := g.hasChunks(id)
	if err != nil {
		return err
	}
	if there {
		return notYourChunks
	}
	g.chunkOwners.begin(who, id)
	return nil
}

const notYourChunks = refusal("these chunks belong to another object; put the document with a NATS client, which names them at random")

func (g *gate) hasChunks(id string) (bool, error) {
	m, err := g.ask(apiPrefix+"DIRECT.GET."+documentsOf+"."+chunks+id, nil)
	if err != nil {
		return false, err
	}
	return m.Header.Get("Status") != "404", nil
}

func (g *gate) putEntry(c call) error {
	meta, entry, err := checkEntry(strings.TrimPrefix(c.subject, metas), c.msg.Data)
	if err != nil {
		return err
	}
	header, err := storable(c.msg.Header, true)
	if err != nil {
		return err
	}
	id, err := c.tenant.chunkID(meta.NUID)
	if err != nil {
		return err
	}
	stored, err := c.tenant.entrySubject(c.subject)
	if err != nil {
		return err
	}
	was, err := g.chunksOf(stored)
	if err != nil {
		return err
	}
	if _, mine := g.chunkOwners.writes(c.tenant, id); !mine && id != was && meta.Size > 0 {
		return notYourChunks
	}
	c.tenant.writeOwner(entry, header, meta, id)
	ack, err := g.js.PublishMsgAsync(&nats.Msg{Subject: stored, Header: header, Data: encoded(entry)})
	if err != nil {
		return err
	}
	go g.answerStored(c, ack, func() {})
	g.chunkOwners.complete(c.tenant, id, was)
	return nil
}

// chunksOf returns the id of the chunks that the present entry names; "": there is no entry.
func (g *gate) chunksOf(entry string) (string, error) {
	m, err := g.ask(apiPrefix+"DIRECT.GET."+documentsOf+"."+entry, nil)
	if err != nil {
		return "", err
	}
	var meta objectMeta
	if m.Header.Get("Status") != "" || json.Unmarshal(m.Data, &meta) != nil {
		return "", nil
	}
	return meta.NUID, nil
}

// checkEntry requires an entry of this bucket under its own name that is neither a deletion
// nor a link, which would make the engine read elsewhere. Fields that the gate does not know
// are refused: clients match names without regard to case, so one could set a known field.
func checkEntry(token string, data []byte) (objectMeta, fields, error) {
	var meta objectMeta
	var entry fields
	name, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(token, "="))
	if err != nil || json.Unmarshal(data, &meta) != nil || json.Unmarshal(data, &entry) != nil {
		return meta, nil, refusal("the object's entry is malformed; put it with a NATS client")
	}
	for field := range entry {
		if !slices.Contains(entryFields(), field) {
			return meta, nil, refusal("an object's entry cannot hold " + field + "; leave it out")
		}
	}
	if meta.Name != string(name) || meta.Bucket != Documents {
		return meta, nil, refusal("the object's entry names another object")
	}
	if meta.Deleted || (len(meta.Options.Link) > 0 && string(meta.Options.Link) != "null") {
		return meta, nil, refusal("tenants put documents; they cannot delete or link them")
	}
	return meta, entry, nil
}

// storable returns the headers that the object store needs. The rollup of one entry's subject
// replaces the entry; any other rollup would empty the bucket. A message id that a tenant chose
// could make the server drop another tenant's chunk as a duplicate.
func storable(in nats.Header, entry bool) (nats.Header, error) {
	out := nats.Header{}
	for name, values := range in {
		switch lower := strings.ToLower(name); {
		case lower == "nats-rollup" && entry && len(values) == 1 && values[0] == "sub":
			out[jetstream.MsgRollup] = values
		case lower == "nats-msg-id":
		case strings.HasPrefix(lower, "nats-expected-"):
			out[name] = values
		case strings.HasPrefix(lower, "nats-"):
			return nil, refusal("tenants cannot send the header " + name + " with documents")
		}
	}
	return out, nil
}

// oneToken reports whether subject is the prefix and one more literal token.
func oneToken(subject, prefix string) bool {
	token, ok := strings.CutPrefix(subject, prefix)
	return ok && token != "" && !strings.ContainsAny(token, ".*> \t\r\n")
}
