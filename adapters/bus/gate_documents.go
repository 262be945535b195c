package bus

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// firmHeader marks an object's entry with the firm whose guest put it.
const firmHeader = "Engine-Firm"

const foreign = refusal("another firm's document has that name; choose another")

// objectMeta is what the gate reads of an object's entry in the store.
type objectMeta struct {
	Name    string `json:"name"`
	Bucket  string `json:"bucket"`
	Deleted bool   `json:"deleted"`
	Options struct {
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
		return g.entryByBody(c, g.relay)
	case request == "DIRECT.GET."+documentsOf:
		return g.entryByBody(c, g.pass)
	case strings.HasPrefix(request, "DIRECT.GET."+documentsOf+"."):
		if err := g.mayRead(c.guest, strings.TrimPrefix(request, "DIRECT.GET."+documentsOf+".")); err != nil {
			return err
		}
		return g.pass(c, nil)
	}
	return noAccess
}

// purge lets go of one object's chunks, never of entries or of the whole bucket.
func (g *gate) purge(c call) error {
	var ask fields
	if err := json.Unmarshal(c.msg.Data, &ask); err != nil || len(ask) != 1 || !oneToken(text(ask["filter"]), chunks) {
		return refusal("guests can only remove the chunks of one object; filter by them")
	}
	return g.relay(c, encoded(ask))
}

func (g *gate) entryByBody(c call, send func(call, []byte) error) error {
	var ask fields
	if err := json.Unmarshal(c.msg.Data, &ask); err != nil || len(ask) != 1 {
		return refusal("guests can only look an object's entry up by its subject")
	}
	if err := g.mayRead(c.guest, text(ask["last_by_subj"])); err != nil {
		return err
	}
	return send(c, encoded(ask))
}

func (g *gate) pass(c call, data []byte) error { return g.forward(c, nil, data) }

func (g *gate) mayRead(who guest, subject string) error {
	if !oneToken(subject, metas) {
		return refusal("guests can only look an object's entry up, not read the document")
	}
	return g.mayName(who, subject)
}

// object passes a chunk or an entry on to the object store.
func (g *gate) object(c call) error {
	if oneToken(c.subject, chunks) {
		header, err := storable(c.msg.Header, false)
		if err != nil {
			return err
		}
		return g.forward(c, header, c.msg.Data)
	}
	if !oneToken(c.subject, metas) {
		return noAccess
	}
	return g.putEntry(c)
}

func (g *gate) putEntry(c call) error {
	if err := checkEntry(strings.TrimPrefix(c.subject, metas), c.msg.Data); err != nil {
		return err
	}
	if err := g.mayName(c.guest, c.subject); err != nil {
		return err
	}
	header, err := storable(c.msg.Header, true)
	if err != nil {
		return err
	}
	if c.guest.firm != "" {
		header.Set(firmHeader, c.guest.firm)
	}
	return g.forward(c, header, c.msg.Data)
}

// checkEntry wants an entry of this bucket under its own name that is neither a deletion
// nor a link, which would make the engine read elsewhere.
func checkEntry(token string, data []byte) error {
	var meta objectMeta
	name, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(token, "="))
	if err != nil || json.Unmarshal(data, &meta) != nil {
		return refusal("the object's entry is malformed; put it with a NATS client")
	}
	if meta.Name != string(name) || meta.Bucket != Documents {
		return refusal("the object's entry names another object")
	}
	if meta.Deleted || (len(meta.Options.Link) > 0 && string(meta.Options.Link) != "null") {
		return refusal("guests put documents; they cannot delete or link them")
	}
	return nil
}

// storable are the headers that the object store needs. The rollup of one entry replaces
// it; any other rollup would empty the bucket.
func storable(in nats.Header, entry bool) (nats.Header, error) {
	out := nats.Header{}
	for name, values := range in {
		switch lower := strings.ToLower(name); {
		case lower == "nats-rollup" && entry && len(values) == 1 && values[0] == "sub":
			out[jetstream.MsgRollup] = values
		case lower == "nats-msg-id", strings.HasPrefix(lower, "nats-expected-"):
			out[name] = values
		case strings.HasPrefix(lower, "nats-"):
			return nil, refusal("guests cannot send the header " + name + " with documents")
		}
	}
	return out, nil
}

// mayName refuses a firm's guest the name of a document that is not its firm's.
func (g *gate) mayName(who guest, subject string) error {
	if who.firm == "" {
		return nil
	}
	owner, err := g.documentOwner(subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if owner != who.firm {
		return foreign
	}
	return nil
}

func (g *gate) documentOwner(subject string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gateTimeout)
	defer cancel()
	return ownerOf(ctx, g.js, documentsOf, subject)
}

// ownerOf is the firm whose guest put the object with that entry, "" where none did.
func ownerOf(ctx context.Context, js jetstream.JetStream, stream, subject string) (string, error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return "", err
	}
	entry, err := s.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return "", err
	}
	return entry.Header.Get(firmHeader), nil
}

// oneToken says whether subject is prefix and one literal token more.
func oneToken(subject, prefix string) bool {
	token, ok := strings.CutPrefix(subject, prefix)
	return ok && token != "" && !strings.ContainsAny(token, ".*> \t\r\n")
}
